//! Sessions, and what the rule writes.

use async_trait::async_trait;
use sqlx::SqliteConnection;

use super::SqliteStore;
use crate::{
    clock::Timestamp,
    session::{EndReason, Session, SessionId},
    store::{
        Event, Rotation, SessionStore, StoreError,
        rows::{EventRow, SessionRow, generation},
        sql,
    },
    user::UserId,
};

const ROTATE: &str = sql::rotate!("min", "max");

/// The number of generations after which old events are deleted.
const TRIMMED_EVERY: u64 = 16;

#[async_trait]
impl SessionStore for SqliteStore {
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

    async fn add_epoch(&self, since: Option<Timestamp>, now: Timestamp) -> Result<u64, StoreError> {
        let (number,): (i64,) = sqlx::query_as(sql::ADD_EPOCH)
            .bind(now.millis())
            .bind(since.map(Timestamp::millis))
            .bind(now.millis().max(1))
            .fetch_one(&self.writer)
            .await?;
        u64::try_from(number).map_err(|_| StoreError::Corrupt("epoch.number"))
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
