//! The store in a `PostgreSQL` database: for several nodes, and for operators who run one already.
//!
//! Each method is one statement, and so one round trip and one transaction: the guarded change and its event stand in
//! one `with`. What a refresh asks goes together with calls of its kind that wait at the same time. At `read committed` a
//! guard that had to wait for another writer is looked at again on the row as that writer left it, so that of any number
//! of callers exactly one succeeds. Triggers tell nodes what they have to learn of, so that they also learn of what an
//! administrator did at a console.
//!
//! Nothing waits without end: connecting, locks and statements end by the server's word after [`PostgresOptions`]'
//! `patience`, and by this process's own clock a third later, because a network that was cut answers nothing at all.
//!
//! Limits: it writes to one server, and knows no replicas. A replica that takes over without having all that was
//! committed leaves browsers ahead of it, and their sessions end (row 4 of the rule): replicate synchronously, and keep
//! `synchronous_commit` on. It needs connections of its own: behind a pooler that deals out transactions, the settings
//! and the feed are lost.

mod account_events;
mod accounts;
mod changes;
mod feed;
mod keys;
mod once;
mod open;
mod overview;
mod prune;
mod sessions;
mod statements;
mod together;
mod wire;

use std::{fmt, sync::LazyLock, time::Duration};

use async_trait::async_trait;
use sqlx::{PgPool, migrate::Migrator, postgres::PgConnectOptions};

use self::{
    together::{
        Together,
        calls::{Acknowledge, ReadOverview, ReadSession, Rotate},
    },
    wire::Wire,
};
use super::{Migrate, Store, StoreError, failure::store_error, migrations::migrations, sql};
use crate::clock::Timestamp;

static MIGRATIONS: LazyLock<Migrator> = migrations!("src/store/postgres/migrations");
/// Those of the releases whose tables had no prefix.
static FORMER: Migrator = sqlx::migrate!("src/store/postgres/legacy");

/// The number of attempts to begin an epoch: administrators begin them.
const EPOCH_ATTEMPTS: usize = 8;

/// The time for which a node waits for another one that is bringing the schema up to date.
const MIGRATION_PATIENCE: &str = "60s";

/// A store in a `PostgreSQL` database.
#[derive(Clone)]
pub struct PostgresStore {
    wire: Wire,
    sessions: Together<ReadSession>,
    overviews: Together<ReadOverview>,
    proofs: Together<Acknowledge>,
    rotations: Together<Rotate>,
    connect: PgConnectOptions,
    options: PostgresOptions,
    pools: Pools,
}

/// The owner of the connections, which closes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pools {
    Own,
    Shared,
}

/// Options of a [`PostgresStore`]. Start from the default and change what differs.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PostgresOptions {
    /// The greatest number of connections; the feed has one more.
    pub max_connections: u32,
    /// The time for which a call waits for a connection, and that for which it waits for its answer; two thirds of it
    /// for a lock. In any case a call ends after four thirds.
    pub patience: Duration,
    /// The time without a message after which the feed asks whether the server still lives: a connection that was cut
    /// is as quiet as one on which nothing happens.
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
    /// [`StoreError::Settings`] if the URL cannot be read, [`StoreError::Unavailable`] if the database cannot be
    /// reached, [`StoreError::Schema`] if it is newer than this program, or older and not to be changed.
    ///
    /// # Security
    /// Over a network, say `?sslmode=verify-full`, with `sslrootcert` for an authority of your own: the default takes
    /// what the server offers, and does not check that it is the server. Give the database to this application alone:
    /// every client that may connect to it may also announce revocations that did not happen.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::connect_with(url, PostgresOptions::default()).await
    }

    /// Connects as [`connect`](Self::connect) does, with other options.
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
        let wire = Wire::open(connect.clone(), options).await.map_err(store_error)?;
        let store = Self::new(wire, connect, options, Pools::Own);
        // A server that may only be read connects like any other; better to be told now than at every sign-in.
        store.ping().await?;
        Ok(store)
    }

    /// Uses the database of a pool that an application has open, and brings the schema of this store's tables up to date.
    /// Their names begin with `coatroom_`, and their migrations are noted in a table of their own: an application's
    /// migrations may run before or after. The pool stays open when this store is closed.
    ///
    /// The feed has one connection more, with the pool's options. [`PostgresOptions::max_connections`] counts for
    /// nothing, and the server's own time-outs are the pool's: set `statement_timeout` and `lock_timeout` there.
    ///
    /// # Errors
    /// [`StoreError::Settings`] if its connections have another isolation level than `read committed`, at which a lost
    /// race would be an error; and as those of [`connect`](Self::connect).
    pub async fn from_pool(pool: PgPool, options: PostgresOptions) -> Result<Self, StoreError> {
        let isolation: String = sqlx::query_scalar("show transaction_isolation")
            .fetch_one(&pool)
            .await
            .map_err(store_error)?;
        if isolation != "read committed" {
            let why = "the pool's connections need the isolation level read committed";
            return Err(StoreError::Settings(why.into()));
        }
        let connect = PgConnectOptions::clone(&pool.connect_options());
        open::migrate(&connect, options).await?;
        let wire = Wire::new(pool, options.patience);
        let store = Self::new(wire, connect, options, Pools::Shared);
        store.ping().await?;
        Ok(store)
    }

    fn new(wire: Wire, connect: PgConnectOptions, options: PostgresOptions, pools: Pools) -> Self {
        Self {
            sessions: Together::new(wire.clone()),
            overviews: Together::new(wire.clone()),
            proofs: Together::new(wire.clone()),
            rotations: Together::new(wire.clone()),
            wire,
            connect,
            options,
            pools,
        }
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
    /// Prints nothing of what it connects with, which holds the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("pool", self.pool()).finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn prune(
        &self,
        now: Timestamp,
        retention: Duration,
        limit: u32,
    ) -> Result<bool, StoreError> {
        prune::prune(&self.wire, now, retention, limit).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let beaten = self.wire.changed(sqlx::query(sql::BEAT)).await.map_err(store_error)?;
        (beaten == 1).then_some(()).ok_or(StoreError::Corrupt("heartbeat"))
    }

    /// Closes the connections, unless an application handed its pool in; feeds end, too.
    async fn close(&self) {
        if self.pools == Pools::Own {
            self.pool().close().await;
        }
    }
}
