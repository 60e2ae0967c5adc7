//! Sessions, and what the rule writes.

use async_trait::async_trait;
use futures::FutureExt as _;
use sqlx::Row as _;

use super::{
    EPOCH_ATTEMPTS, PostgresStore,
    statements::{ADD_SESSION, COUNT_REPLAY, REVOKE, ROTATE, bind_event},
};
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

#[async_trait]
impl SessionStore for PostgresStore {
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
}
