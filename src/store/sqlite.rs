//! The store in an embedded `SQLite` database.
//!
//! WAL, so that readers never wait; every commit reaches the disk before it is answered, because a rotation that a
//! power cut undid would leave the browser ahead of the server, which is signed out (row 4); one connection writes, so
//! that writers queue in this process instead of meeting `SQLITE_BUSY` in the file; and whatever has more than one
//! statement begins as a writer (`begin immediate`), because a reader that turns writer fails at once on a stale
//! snapshot, whatever the time-out.

mod account_events;
mod changes;
mod file;
mod keys;
mod open;
mod prune;

use std::time::Duration;

use async_trait::async_trait;
use sqlx::{SqliteConnection, SqlitePool, migrate::Migrator};

use self::file::File;
pub use self::open::SqliteOptions;
use super::{
    AccountEvent, Cursor, Event, Page, Rotation, Store, StoreError,
    rows::{EventRow, SessionRow, UserRow, generation, millis, schedule},
    sql,
};
use crate::{
    clock::Timestamp,
    keyring::{KeyRecord, Schedule},
    password::PasswordHash,
    session::{EndReason, Session, SessionId},
    user::{Email, Role, User, UserId},
};

static MIGRATIONS: Migrator = sqlx::migrate!("src/store/sqlite/migrations");

/// How long a call waits for a connection or for a lock on the file.
const PATIENCE: Duration = Duration::from_secs(3);

/// A store in a `SQLite` database file.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    readers: SqlitePool,
    writer: SqlitePool,
    file: File,
}

const ROTATE: &str = sql::rotate!("min", "max");

/// In which generations old events are deleted.
const TRIMMED_EVERY: u64 = 16;

#[async_trait]
impl Store for SqliteStore {
    async fn add_user(&self, user: &User, password: &PasswordHash) -> Result<(), StoreError> {
        sqlx::query(sql::ADD_USER)
            .bind(&user.id.as_bytes()[..])
            .bind(user.email.as_str())
            .bind(password.as_str())
            .bind(user.role.as_str())
            .bind(user.authz_version)
            .bind(user.created_at.millis())
            .execute(&self.writer)
            .await
            .map_err(|error| match &error {
                sqlx::Error::Database(cause)
                    if cause.is_unique_violation() && cause.message().contains("account.email") =>
                {
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
        sqlx::query_as::<_, UserRow>(sql::USER_BY_EMAIL)
            .bind(email.as_str())
            .fetch_optional(&self.readers)
            .await?
            .map(TryInto::try_into)
            .transpose()
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let row = sqlx::query_as::<_, UserRow>(sql::USER)
            .bind(&id.as_bytes()[..])
            .fetch_optional(&self.readers)
            .await?;
        row.map(|row| row.try_into().map(|(user, _)| user)).transpose()
    }

    async fn password_hash_near(&self, point: UserId) -> Result<Option<PasswordHash>, StoreError> {
        let hash: Option<String> = sqlx::query_scalar(sql::PASSWORD_HASH_NEAR)
            .bind(&point.as_bytes()[..])
            .fetch_one(&self.readers)
            .await?;
        Ok(hash.map(PasswordHash::from_phc))
    }

    async fn set_password_hash(
        &self,
        id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(sql::SET_PASSWORD_HASH)
            .bind(&id.as_bytes()[..])
            .bind(old.as_str())
            .bind(new.as_str())
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    async fn count_account_events(&self, events: &[AccountEvent]) -> Result<(), StoreError> {
        account_events::count(&self.writer, events).await
    }

    async fn account_events(
        &self,
        user: UserId,
        limit: u32,
    ) -> Result<Vec<AccountEvent>, StoreError> {
        account_events::newest(&self.readers, user, limit).await
    }

    async fn set_role(
        &self,
        id: UserId,
        role: Role,
        now: Timestamp,
    ) -> Result<Option<User>, StoreError> {
        sqlx::query(sql::SET_ROLE)
            .bind(&id.as_bytes()[..])
            .bind(role.as_str())
            .bind(now.millis())
            .execute(&self.writer)
            .await?;
        self.user(id).await
    }

    async fn add_session(&self, session: &Session, event: &Event) -> Result<(), StoreError> {
        let mut tx = self.writer.begin_with("begin immediate").await?;
        sqlx::query(sql::add_session!())
            .bind(&session.id.as_bytes()[..])
            .bind(&session.user_id.as_bytes()[..])
            .bind(session.created_at.millis())
            .bind(session.authenticated_at.millis())
            .bind(&session.nonce.as_bytes()[..])
            .bind(&session.pepper_kid)
            .bind(generation(session.generation))
            .bind(session.rotated_at.millis())
            .bind(session.acknowledged_at.map(Timestamp::millis))
            .bind(session.replays)
            .bind(session.persistence.as_str())
            .bind(session.idle_expires_at.millis())
            .bind(session.absolute_expires_at.millis())
            .bind(&session.client.label)
            .bind(&session.client.user_agent_hash)
            .bind(&session.client.ip_prefix)
            .bind(session.last_seen_at.millis())
            .execute(&mut *tx)
            .await?;
        insert_event(&mut tx, session.id, event).await?;
        Ok(tx.commit().await?)
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let row = sqlx::query_as::<_, SessionRow>(sql::SESSION)
            .bind(&id.as_bytes()[..])
            .fetch_optional(&self.readers)
            .await?;
        row.map(TryInto::try_into).transpose()
    }

    async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        sqlx::query_as::<_, SessionRow>(sql::SESSIONS_OF)
            .bind(&user.as_bytes()[..])
            .fetch_all(&self.readers)
            .await?
            .into_iter()
            .map(TryInto::try_into)
            .collect()
    }

    async fn rotate(
        &self,
        rotation: &Rotation,
        event: &Event,
    ) -> Result<Option<Session>, StoreError> {
        let mut tx = self.writer.begin_with("begin immediate").await?;
        let moved = sqlx::query(ROTATE)
            .bind(&rotation.id.as_bytes()[..])
            .bind(generation(rotation.from))
            .bind(rotation.now.millis())
            .bind(rotation.proven_by().map(Timestamp::millis))
            .bind(rotation.idle_expires_at().millis())
            .execute(&mut *tx)
            .await?;
        if moved.rows_affected() == 0 {
            return Ok(None);
        }
        insert_event(&mut tx, rotation.id, event).await?;
        if event.generation.is_multiple_of(TRIMMED_EVERY) {
            let trimmed = sqlx::query(sql::TRIM_EVENTS).bind(&rotation.id.as_bytes()[..]);
            trimmed.execute(&mut *tx).await?;
        }
        let row = sqlx::query_as::<_, SessionRow>(sql::SESSION)
            .bind(&rotation.id.as_bytes()[..])
            .fetch_one(&mut *tx)
            .await?;
        tx.commit().await?;
        row.try_into().map(Some)
    }

    async fn acknowledge(
        &self,
        id: SessionId,
        seen: u64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(sql::ACKNOWLEDGE)
            .bind(&id.as_bytes()[..])
            .bind(generation(seen))
            .bind(now.millis())
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    async fn count_replay(
        &self,
        id: SessionId,
        current: u64,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let mut tx = self.writer.begin_with("begin immediate").await?;
        let counted = sqlx::query(sql::count_replay!("max"))
            .bind(&id.as_bytes()[..])
            .bind(generation(current))
            .bind(event.at.millis())
            .execute(&mut *tx)
            .await?;
        let did = counted.rows_affected() == 1;
        if did {
            insert(sql::ADD_OR_COUNT, &mut tx, id, event).await?;
        }
        tx.commit().await?;
        Ok(did)
    }

    async fn revoke(
        &self,
        id: SessionId,
        reason: EndReason,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let mut tx = self.writer.begin_with("begin immediate").await?;
        let done = sqlx::query(sql::revoke!())
            .bind(&id.as_bytes()[..])
            .bind(event.at.millis())
            .bind(reason.as_str())
            .execute(&mut *tx)
            .await?;
        let did = done.rows_affected() == 1;
        if did {
            insert_event(&mut tx, id, event).await?;
        }
        tx.commit().await?;
        Ok(did)
    }

    async fn record(&self, id: SessionId, event: &Event) -> Result<(), StoreError> {
        let mut connection = self.writer.acquire().await?;
        insert(sql::ADD_OR_COUNT, &mut connection, id, event).await
    }

    async fn events(&self, id: SessionId, limit: u32) -> Result<Vec<Event>, StoreError> {
        sqlx::query_as::<_, EventRow>(sql::EVENTS)
            .bind(&id.as_bytes()[..])
            .bind(limit)
            .fetch_all(&self.readers)
            .await?
            .into_iter()
            .map(TryInto::try_into)
            .collect()
    }

    async fn keys(&self) -> Result<Vec<KeyRecord>, StoreError> {
        keys::all(&self.readers).await
    }

    async fn replace_keys(
        &self,
        seen: &[KeyRecord],
        keys: &[KeyRecord],
    ) -> Result<bool, StoreError> {
        keys::replace(&self.writer, seen, keys).await
    }

    async fn add_epoch(&self, since: Option<Timestamp>, now: Timestamp) -> Result<u64, StoreError> {
        let (number,): (i64,) = sqlx::query_as(sql::ADD_EPOCH)
            .bind(now.millis())
            .bind(since.map(Timestamp::millis))
            .bind(now.millis().max(1))
            .fetch_one(&self.writer)
            .await?;
        u64::try_from(number).map_err(|_| StoreError::Corrupt("epoch.number"))
    }

    async fn changes(&self, after: Option<&Cursor>, limit: u32) -> Result<Page, StoreError> {
        changes::after(&self.readers, after, limit).await
    }

    async fn prune(
        &self,
        now: Timestamp,
        retention: Duration,
        limit: u32,
    ) -> Result<bool, StoreError> {
        prune::prune(&self.writer, now, retention, limit).await
    }

    async fn schedule(&self) -> Result<Option<Schedule>, StoreError> {
        let figures = sqlx::query_as(sql::SCHEDULE).fetch_optional(&self.readers).await?;
        figures.map(schedule).transpose()
    }

    async fn raise_schedule(&self, at_least: Schedule) -> Result<(), StoreError> {
        sqlx::query(sql::raise_schedule!("max"))
            .bind(millis(at_least.cache))
            .bind(millis(at_least.access_ttl))
            .bind(millis(at_least.clock_skew))
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.file.is_in_its_place()?;
        let beaten = sqlx::query(sql::BEAT).execute(&self.writer).await?;
        (beaten.rows_affected() == 1).then_some(()).ok_or(StoreError::Corrupt("heartbeat"))
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

async fn insert_event(
    connection: &mut SqliteConnection,
    id: SessionId,
    event: &Event,
) -> Result<(), StoreError> {
    insert(sql::ADD_EVENT, connection, id, event).await
}

async fn insert(
    statement: &'static str,
    connection: &mut SqliteConnection,
    id: SessionId,
    event: &Event,
) -> Result<(), StoreError> {
    sqlx::query(statement)
        .bind(&id.as_bytes()[..])
        .bind(event.at.millis())
        .bind(event.kind.as_str())
        .bind(generation(event.generation))
        .bind(event.trigger.as_str())
        .bind(&event.client.label)
        .bind(&event.client.user_agent_hash)
        .bind(&event.client.ip_prefix)
        .execute(connection)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests;
