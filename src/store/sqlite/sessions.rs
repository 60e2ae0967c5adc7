//! Sessions, and what the rule writes.

use async_trait::async_trait;
use sqlx::SqliteConnection;

use super::SqliteStore;
use crate::{
    clock::Timestamp,
    principal::{Authority, Subject},
    session::{EndReason, Session, SessionId},
    store::{
        Denied, Event, Rotation, SessionStore, StoreError, Touch,
        failure::store_error,
        rows::{EventRow, SessionRow, number, version_of},
        sql,
    },
};

const ROTATE: &str = sql::rotate!("min", "max");

/// The number of generations after which old events are deleted.
const TRIMMED_EVERY: u64 = 16;

#[async_trait]
impl SessionStore for SqliteStore {
    async fn add_session(&self, session: &Session, event: &Event) -> Result<(), StoreError> {
        let mut tx = self.writer.begin_with("begin immediate").await.map_err(store_error)?;
        let added = sql::bind_session!(sqlx::query(sql::add_session!()), session);
        added.execute(&mut *tx).await.map_err(store_error)?;
        insert_event(&mut tx, session.id, event).await?;
        tx.commit().await.map_err(store_error)
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let row = sqlx::query_as::<_, SessionRow>(sql::SESSION)
            .bind(&id.as_bytes()[..])
            .fetch_optional(&self.readers)
            .await
            .map_err(store_error)?;
        row.map(TryInto::try_into).transpose()
    }

    async fn sessions_of(&self, subject: &Subject) -> Result<Vec<Session>, StoreError> {
        sqlx::query_as::<_, SessionRow>(sql::SESSIONS_OF)
            .bind(subject.as_str())
            .fetch_all(&self.readers)
            .await
            .map_err(store_error)?
            .into_iter()
            .map(TryInto::try_into)
            .collect()
    }

    async fn rotate(
        &self,
        rotation: &Rotation,
        event: &Event,
    ) -> Result<Option<Session>, StoreError> {
        let mut tx = self.writer.begin_with("begin immediate").await.map_err(store_error)?;
        let moved = sqlx::query(ROTATE)
            .bind(&rotation.id.as_bytes()[..])
            .bind(number(rotation.from))
            .bind(rotation.now.millis())
            .bind(rotation.proven_by().map(Timestamp::millis))
            .bind(rotation.idle_expires_at().millis())
            .bind(rotation.authority.role.as_str())
            .bind(rotation.authority.claims.to_text())
            .bind(number(rotation.authority.version))
            .execute(&mut *tx)
            .await
            .map_err(store_error)?;
        if moved.rows_affected() == 0 {
            return Ok(None);
        }
        insert_event(&mut tx, rotation.id, event).await?;
        if event.generation.is_multiple_of(TRIMMED_EVERY) {
            let trimmed = sqlx::query(sql::TRIM_EVENTS).bind(&rotation.id.as_bytes()[..]);
            trimmed.execute(&mut *tx).await.map_err(store_error)?;
        }
        let row = sqlx::query_as::<_, SessionRow>(sql::SESSION)
            .bind(&rotation.id.as_bytes()[..])
            .fetch_one(&mut *tx)
            .await
            .map_err(store_error)?;
        tx.commit().await.map_err(store_error)?;
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
            .bind(number(seen))
            .bind(now.millis())
            .execute(&self.writer)
            .await
            .map_err(store_error)?;
        Ok(done.rows_affected() == 1)
    }

    async fn touch(&self, touch: &Touch) -> Result<bool, StoreError> {
        let done = sqlx::query(sql::touch!("min"))
            .bind(&touch.id.as_bytes()[..])
            .bind(touch.now.millis())
            .bind(touch.seen_by().map(Timestamp::millis))
            .bind(touch.idle_expires_at().millis())
            .execute(&self.writer)
            .await
            .map_err(store_error)?;
        Ok(done.rows_affected() == 1)
    }

    async fn deny(&self, denied: Denied, at: Timestamp) -> Result<(), StoreError> {
        let (kind, id) = denied.logged();
        let query = sqlx::query(sql::log_denied!()).bind(kind).bind(&id[..]).bind(at.millis());
        query.execute(&self.writer).await.map_err(store_error)?;
        Ok(())
    }

    async fn count_replay(
        &self,
        id: SessionId,
        current: u64,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let mut tx = self.writer.begin_with("begin immediate").await.map_err(store_error)?;
        let counted = sqlx::query(sql::count_replay!("max"))
            .bind(&id.as_bytes()[..])
            .bind(number(current))
            .bind(event.at.millis())
            .execute(&mut *tx)
            .await
            .map_err(store_error)?;
        let did = counted.rows_affected() == 1;
        if did {
            insert(sql::ADD_OR_COUNT, &mut tx, id, event).await?;
        }
        tx.commit().await.map_err(store_error)?;
        Ok(did)
    }

    async fn revoke(
        &self,
        id: SessionId,
        reason: EndReason,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let mut tx = self.writer.begin_with("begin immediate").await.map_err(store_error)?;
        let done = sqlx::query(sql::revoke!())
            .bind(&id.as_bytes()[..])
            .bind(event.at.millis())
            .bind(reason.as_str())
            .execute(&mut *tx)
            .await
            .map_err(store_error)?;
        let did = done.rows_affected() == 1;
        if did {
            insert_event(&mut tx, id, event).await?;
        }
        tx.commit().await.map_err(store_error)?;
        Ok(did)
    }

    async fn record(&self, id: SessionId, event: &Event) -> Result<(), StoreError> {
        let mut connection = self.writer.acquire().await.map_err(store_error)?;
        insert(sql::ADD_OR_COUNT, &mut connection, id, event).await
    }

    async fn events(&self, id: SessionId, limit: u32) -> Result<Vec<Event>, StoreError> {
        sqlx::query_as::<_, EventRow>(sql::EVENTS)
            .bind(&id.as_bytes()[..])
            .bind(limit)
            .fetch_all(&self.readers)
            .await
            .map_err(store_error)?
            .into_iter()
            .map(TryInto::try_into)
            .collect()
    }

    async fn add_epoch(&self, since: Option<Timestamp>, now: Timestamp) -> Result<u64, StoreError> {
        let (number,): (i64,) = sqlx::query_as(sql::ADD_EPOCH)
            .bind(now.millis())
            .bind(since.map(Timestamp::millis))
            .bind(now.millis().max(1))
            .fetch_one(&self.writer)
            .await
            .map_err(store_error)?;
        u64::try_from(number).map_err(|_| StoreError::Corrupt("epoch.number"))
    }

    async fn renew_authority(
        &self,
        id: SessionId,
        authority: &Authority,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(sql::RENEW_AUTHORITY)
            .bind(&id.as_bytes()[..])
            .bind(authority.role.as_str())
            .bind(authority.claims.to_text())
            .bind(number(authority.version))
            .execute(&self.writer)
            .await
            .map_err(store_error)?;
        Ok(done.rows_affected() == 1)
    }

    async fn authority_version(&self, subject: &Subject) -> Result<u64, StoreError> {
        let version: Option<i64> = sqlx::query_scalar(sql::AUTHORITY_VERSION)
            .bind(subject.as_str())
            .fetch_optional(&self.readers)
            .await
            .map_err(store_error)?;
        version_of(version.unwrap_or(0))
    }

    async fn outdate(&self, subject: &Subject, now: Timestamp) -> Result<u64, StoreError> {
        let version: i64 = sqlx::query_scalar(sql::outdate!("max"))
            .bind(subject.as_str())
            .bind(now.millis().max(1))
            .bind(now.millis())
            .fetch_one(&self.writer)
            .await
            .map_err(store_error)?;
        version_of(version)
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
        .bind(number(event.generation))
        .bind(event.trigger.as_str())
        .bind(&event.client.label)
        .bind(&event.client.user_agent_hash)
        .bind(&event.client.ip_prefix)
        .execute(connection)
        .await
        .map_err(store_error)?;
    Ok(())
}
