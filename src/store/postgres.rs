//! The store in a `PostgreSQL` database: for several nodes, and for whoever has one already.
//!
//! Each method is one statement, and so one round trip and one transaction: the guarded change and its event stand in
//! one `with`. At `read committed` a guard that had to wait for another writer is looked at again on the row as that
//! writer left it, so that of any number of callers exactly one succeeds. What nodes have to hear of is told by
//! triggers, so that they also hear of what an administrator did at a console.
//!
//! Nothing waits without end: connecting, locks and statements end by the server's word after [`PostgresOptions`]'
//! `patience`, and by this process's own clock a third later, because a network that was cut answers nothing at all.
//!
//! What it does not do: it writes to one server, and knows no replicas. A replica that takes over without having all
//! that was committed leaves browsers ahead of it, and their sessions end (row 4 of the rule): replicate synchronously,
//! and keep `synchronous_commit` on. It needs connections of its own: behind a pooler that deals out transactions, the
//! settings and the feed are lost.

mod account_events;
mod changes;
mod feed;
mod keys;
mod open;
mod prune;
mod statements;
mod wire;

use std::{fmt, time::Duration};

use async_trait::async_trait;
use futures::FutureExt as _;
use sqlx::{PgPool, Row as _, migrate::Migrator, postgres::PgConnectOptions};

use self::{
    statements::{ADD_SESSION, COUNT_REPLAY, REVOKE, ROTATE, bind_event},
    wire::Wire,
};
use super::{
    AccountEvent, Cursor, Event, Feed, Migrate, Page, Rotation, Store, StoreError,
    rows::{EventRow, KeyRow, SessionRow, UserRow, generation, millis, schedule},
    sql,
};
use crate::{
    clock::Timestamp,
    keyring::{KeyRecord, Schedule},
    password::PasswordHash,
    session::{EndReason, Session, SessionId},
    user::{Email, Role, User, UserId},
};

static MIGRATIONS: Migrator = sqlx::migrate!("src/store/postgres/migrations");

/// The number of attempts to begin an epoch: administrators begin them.
const EPOCH_ATTEMPTS: usize = 8;

/// How long a node waits for another one that is bringing the schema up to date.
const MIGRATION_PATIENCE: &str = "60s";

/// A store in a `PostgreSQL` database.
#[derive(Clone)]
pub struct PostgresStore {
    wire: Wire,
    connect: PgConnectOptions,
    options: PostgresOptions,
}

/// How a [`PostgresStore`] uses its server. Start from the default and change what differs.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PostgresOptions {
    /// How many connections at most; the feed has one more.
    pub max_connections: u32,
    /// How long a call waits for a connection, and how long for its answer; two thirds of it for a lock. Whatever
    /// happens, a call ends after four thirds.
    pub patience: Duration,
    /// After how long without a word the feed asks whether the server still lives: a connection that was cut is as
    /// quiet as one on which nothing happens.
    pub heartbeat: Duration,
    /// Treatment of an older schema. A role that may not change one can serve one that is up to date.
    pub migrate: Migrate,
}

impl Default for PostgresOptions {
    /// Ten connections, a patience of 3 seconds, a heartbeat every 30.
    fn default() -> Self {
        Self {
            max_connections: 10,
            patience: Duration::from_secs(3),
            heartbeat: Duration::from_secs(30),
            migrate: Migrate::Auto,
        }
    }
}

impl PostgresStore {
    /// Connects to the database of a `postgres://` URL, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Settings`] where the URL cannot be read, [`StoreError::Unavailable`] where the database cannot be
    /// reached, [`StoreError::Schema`] where it is newer than this program, or older and not to be changed.
    ///
    /// # Security
    /// Over a network, say `?sslmode=verify-full`, with `sslrootcert` for an authority of your own: the default takes
    /// what the server offers, from whoever says to be it. Give the database to this application alone: whoever may
    /// connect to it may also announce revocations that did not happen.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::connect_with(url, PostgresOptions::default()).await
    }

    /// As [`connect`](Self::connect), in another manner.
    ///
    /// # Errors
    /// As those of [`connect`](Self::connect).
    pub async fn connect_with(url: &str, options: PostgresOptions) -> Result<Self, StoreError> {
        let patience = options.patience.as_millis();
        let connect = open::read(url)?.application_name("coatroom").options([
            // A database may have another default, at which a lost race would be an error.
            ("default_transaction_isolation", "read committed".to_owned()),
            ("statement_timeout", patience.to_string()),
            ("lock_timeout", (patience * 2 / 3).to_string()),
            // Nothing here stays in a transaction; if it ever did, it would hold locks.
            ("idle_in_transaction_session_timeout", patience.to_string()),
        ]);
        open::migrate(&connect, options).await?;
        let wire = Wire::open(connect.clone(), options).await?;
        let store = Self { wire, connect, options };
        // A server that may only be read connects like any other; better to be told now than at every sign-in.
        store.ping().await?;
        Ok(store)
    }

    /// Checks that a URL can be read, without connecting.
    ///
    /// # Errors
    /// [`StoreError::Settings`], which names what is wrong and repeats no password.
    pub fn check_url(url: &str) -> Result<(), StoreError> {
        open::read(url).map(|_| ())
    }

    fn pool(&self) -> &PgPool {
        self.wire.pool()
    }
}

impl fmt::Debug for PostgresStore {
    /// Without what it connects with, which holds the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("pool", self.pool()).finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn add_user(&self, user: &User, password: &PasswordHash) -> Result<(), StoreError> {
        let query = sqlx::query(sql::ADD_USER)
            .bind(&user.id.as_bytes()[..])
            .bind(user.email.as_str())
            .bind(password.as_str())
            .bind(user.role.as_str())
            .bind(i64::from(user.authz_version))
            .bind(user.created_at.millis());
        self.wire.changed(query).await.map_err(|error| match &error {
            sqlx::Error::Database(cause) if cause.constraint() == Some("account_email_key") => {
                StoreError::EmailTaken
            }
            _ => error.into(),
        })?;
        Ok(())
    }

    async fn user_by_email(
        &self,
        email: &Email,
    ) -> Result<Option<(User, PasswordHash)>, StoreError> {
        self.wire.row::<UserRow, _>(sqlx::query(sql::USER_BY_EMAIL).bind(email.as_str())).await
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let query = sqlx::query(sql::USER).bind(&id.as_bytes()[..]);
        let found: Option<(User, PasswordHash)> = self.wire.row::<UserRow, _>(query).await?;
        Ok(found.map(|(user, _)| user))
    }

    async fn password_hash_near(&self, point: UserId) -> Result<Option<PasswordHash>, StoreError> {
        let query = sqlx::query_scalar(sql::PASSWORD_HASH_NEAR).bind(point.as_bytes().to_vec());
        let hash: Option<String> =
            self.wire.ask(|connection| query.fetch_one(connection).boxed()).await?;
        Ok(hash.map(PasswordHash::from_phc))
    }

    async fn set_password_hash(
        &self,
        id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query(sql::SET_PASSWORD_HASH)
            .bind(&id.as_bytes()[..])
            .bind(old.as_str())
            .bind(new.as_str());
        Ok(self.wire.changed(query).await? == 1)
    }

    async fn count_account_events(&self, events: &[AccountEvent]) -> Result<(), StoreError> {
        account_events::count(&self.wire, events).await
    }

    async fn account_events(
        &self,
        user: UserId,
        limit: u32,
    ) -> Result<Vec<AccountEvent>, StoreError> {
        account_events::newest(&self.wire, user, limit).await
    }

    async fn set_role(
        &self,
        id: UserId,
        role: Role,
        now: Timestamp,
    ) -> Result<Option<User>, StoreError> {
        let query = sqlx::query(sql::SET_ROLE)
            .bind(&id.as_bytes()[..])
            .bind(role.as_str())
            .bind(now.millis());
        self.wire.changed(query).await?;
        // A statement of its own: the first one's view of the account is from before it waited for another writer.
        self.user(id).await
    }

    async fn add_session(&self, session: &Session, event: &Event) -> Result<(), StoreError> {
        let query = sqlx::query(ADD_SESSION)
            .bind(&session.id.as_bytes()[..])
            .bind(&session.user_id.as_bytes()[..])
            .bind(session.created_at.millis())
            .bind(session.authenticated_at.millis())
            .bind(&session.nonce.as_bytes()[..])
            .bind(&session.pepper_kid)
            .bind(generation(session.generation))
            .bind(session.rotated_at.millis())
            .bind(session.acknowledged_at.map(Timestamp::millis))
            .bind(i64::from(session.replays))
            .bind(session.persistence.as_str())
            .bind(session.idle_expires_at.millis())
            .bind(session.absolute_expires_at.millis())
            .bind(&session.client.label)
            .bind(&session.client.user_agent_hash)
            .bind(&session.client.ip_prefix)
            .bind(session.last_seen_at.millis());
        self.wire.changed(bind_event(query, event)).await?;
        Ok(())
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let query = sqlx::query(sql::SESSION).bind(&id.as_bytes()[..]);
        self.wire.row::<SessionRow, _>(query).await
    }

    async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        let query = sqlx::query(sql::SESSIONS_OF).bind(&user.as_bytes()[..]);
        self.wire.rows::<SessionRow, _>(query).await
    }

    async fn rotate(
        &self,
        rotation: &Rotation,
        event: &Event,
    ) -> Result<Option<Session>, StoreError> {
        let query = sqlx::query(ROTATE)
            .bind(&rotation.id.as_bytes()[..])
            .bind(generation(rotation.from))
            .bind(rotation.now.millis())
            .bind(rotation.proven_by().map(Timestamp::millis))
            .bind(rotation.idle_expires_at().millis());
        self.wire.row::<SessionRow, _>(bind_event(query, event)).await
    }

    async fn acknowledge(
        &self,
        id: SessionId,
        seen: u64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query(sql::ACKNOWLEDGE)
            .bind(&id.as_bytes()[..])
            .bind(generation(seen))
            .bind(now.millis());
        Ok(self.wire.changed(query).await? == 1)
    }

    async fn count_replay(
        &self,
        id: SessionId,
        current: u64,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query(COUNT_REPLAY).bind(&id.as_bytes()[..]).bind(generation(current));
        Ok(self.wire.changed(bind_event(query, event)).await? == 1)
    }

    async fn revoke(
        &self,
        id: SessionId,
        reason: EndReason,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query(REVOKE)
            .bind(&id.as_bytes()[..])
            .bind(event.at.millis())
            .bind(reason.as_str());
        Ok(self.wire.changed(bind_event(query, event)).await? == 1)
    }

    async fn record(&self, id: SessionId, event: &Event) -> Result<(), StoreError> {
        let query = sqlx::query(sql::ADD_OR_COUNT).bind(&id.as_bytes()[..]);
        self.wire.changed(bind_event(query, event)).await?;
        Ok(())
    }

    async fn events(&self, id: SessionId, limit: u32) -> Result<Vec<Event>, StoreError> {
        let query = sqlx::query(sql::EVENTS).bind(&id.as_bytes()[..]).bind(i64::from(limit));
        self.wire.rows::<EventRow, _>(query).await
    }

    async fn keys(&self) -> Result<Vec<KeyRecord>, StoreError> {
        let keys = self.wire.rows::<KeyRow, Option<KeyRecord>>(sqlx::query(sql::KEYS)).await?;
        Ok(keys.into_iter().flatten().collect())
    }

    async fn replace_keys(
        &self,
        seen: &[KeyRecord],
        keys: &[KeyRecord],
    ) -> Result<bool, StoreError> {
        let (seen, keys) = (seen.to_vec(), keys.to_vec());
        let replaced = self.wire.ask(|connection| keys::replace(connection, seen, keys).boxed());
        Ok(replaced.await?)
    }

    async fn add_epoch(&self, since: Option<Timestamp>, now: Timestamp) -> Result<u64, StoreError> {
        // Two at once would take the same number, and one of them has to wait and look again.
        for _ in 0..EPOCH_ATTEMPTS {
            let query = sqlx::query(sql::ADD_EPOCH)
                .bind(now.millis())
                .bind(since.map(Timestamp::millis))
                .bind(now.millis().max(1));
            match self.wire.ask(|connection| query.fetch_one(connection).boxed()).await {
                Ok(row) => {
                    let number: i64 = row.try_get(0)?;
                    return u64::try_from(number).map_err(|_| StoreError::Corrupt("epoch.number"));
                }
                Err(sqlx::Error::Database(cause)) if cause.is_unique_violation() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Unavailable("another epoch began under every attempt".into()))
    }

    async fn changes(&self, after: Option<&Cursor>, limit: u32) -> Result<Page, StoreError> {
        changes::after(&self.wire, after, limit).await
    }

    async fn prune(
        &self,
        now: Timestamp,
        retention: Duration,
        limit: u32,
    ) -> Result<bool, StoreError> {
        prune::prune(&self.wire, now, retention, limit).await
    }

    async fn schedule(&self) -> Result<Option<Schedule>, StoreError> {
        let figures = self
            .wire
            .ask(|connection| sqlx::query_as(sql::SCHEDULE).fetch_optional(connection).boxed());
        figures.await?.map(schedule).transpose()
    }

    async fn raise_schedule(&self, at_least: Schedule) -> Result<(), StoreError> {
        let query = sqlx::query(sql::raise_schedule!("greatest"))
            .bind(millis(at_least.cache))
            .bind(millis(at_least.access_ttl))
            .bind(millis(at_least.clock_skew));
        self.wire.changed(query).await?;
        Ok(())
    }

    async fn feed(&self) -> Result<Option<Feed>, StoreError> {
        let connect = self.connect.clone().application_name("coatroom feed");
        feed::open(connect, self.options, self.pool().close_event()).await.map(Some)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let beaten = self.wire.changed(sqlx::query(sql::BEAT)).await?;
        (beaten == 1).then_some(()).ok_or(StoreError::Corrupt("heartbeat"))
    }

    /// Feeds end, too.
    async fn close(&self) {
        self.pool().close().await;
    }
}
