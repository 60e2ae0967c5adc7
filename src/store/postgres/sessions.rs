//! Sessions, and what the rule writes.

use async_trait::async_trait;
use futures::FutureExt as _;
use sqlx::Row as _;

use super::{
    EPOCH_ATTEMPTS, PostgresStore,
    statements::{ADD_SESSION, COUNT_REPLAY, DENY, REVOKE, bind_event},
    together::calls::{Acknowledge, ReadSession, Rotate},
};
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

#[async_trait]
impl SessionStore for PostgresStore {
    async fn add_session(&self, session: &Session, event: &Event) -> Result<(), StoreError> {
        let query = sql::bind_session!(sqlx::query(ADD_SESSION), session);
        self.wire.changed(bind_event(query, event)).await.map_err(store_error)?;
        Ok(())
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.sessions.ask(ReadSession(id)).await
    }

    async fn sessions_of(&self, subject: &Subject) -> Result<Vec<Session>, StoreError> {
        let query = sqlx::query(sql::SESSIONS_OF).bind(subject.as_str().to_owned());
        self.wire.rows::<SessionRow, _>(query).await
    }

    async fn rotate(
        &self,
        rotation: &Rotation,
        event: &Event,
    ) -> Result<Option<Session>, StoreError> {
        self.rotations.ask(Rotate { rotation: rotation.clone(), event: event.clone() }).await
    }

    async fn acknowledge(
        &self,
        id: SessionId,
        seen: u64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.proofs.ask(Acknowledge { id, seen, now }).await
    }

    async fn touch(&self, touch: &Touch) -> Result<bool, StoreError> {
        let query = sqlx::query(sql::touch!("least"))
            .bind(&touch.id.as_bytes()[..])
            .bind(touch.now.millis())
            .bind(touch.seen_by().map(Timestamp::millis))
            .bind(touch.idle_expires_at().millis());
        Ok(self.wire.changed(query).await.map_err(store_error)? == 1)
    }

    async fn deny(&self, denied: Denied, at: Timestamp) -> Result<(), StoreError> {
        let (kind, id) = denied.logged();
        let query = sqlx::query(DENY).bind(kind).bind(id.to_vec()).bind(at.millis());
        self.wire.changed(query).await.map_err(store_error)?;
        Ok(())
    }

    async fn count_replay(
        &self,
        id: SessionId,
        current: u64,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query(COUNT_REPLAY).bind(&id.as_bytes()[..]).bind(number(current));
        Ok(self.wire.changed(bind_event(query, event)).await.map_err(store_error)? == 1)
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
        Ok(self.wire.changed(bind_event(query, event)).await.map_err(store_error)? == 1)
    }

    async fn record(&self, id: SessionId, event: &Event) -> Result<(), StoreError> {
        let query = sqlx::query(sql::ADD_OR_COUNT).bind(&id.as_bytes()[..]);
        self.wire.changed(bind_event(query, event)).await.map_err(store_error)?;
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
                    let number: i64 = row.try_get(0).map_err(store_error)?;
                    return u64::try_from(number).map_err(|_| StoreError::Corrupt("epoch.number"));
                }
                Err(sqlx::Error::Database(cause)) if cause.is_unique_violation() => {}
                Err(error) => return Err(store_error(error)),
            }
        }
        Err(StoreError::Unavailable("another epoch began under every attempt".into()))
    }

    async fn renew_authority(
        &self,
        id: SessionId,
        authority: &Authority,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query(sql::RENEW_AUTHORITY)
            .bind(&id.as_bytes()[..])
            .bind(authority.role.as_str().to_owned())
            .bind(authority.claims.to_text())
            .bind(number(authority.version));
        Ok(self.wire.changed(query).await.map_err(store_error)? == 1)
    }

    async fn authority_version(&self, subject: &Subject) -> Result<u64, StoreError> {
        let query = sqlx::query_scalar(sql::AUTHORITY_VERSION).bind(subject.as_str().to_owned());
        let version: Option<i64> = self
            .wire
            .ask(|connection| query.fetch_optional(connection).boxed())
            .await
            .map_err(store_error)?;
        version_of(version.unwrap_or(0))
    }

    async fn outdate(&self, subject: &Subject, now: Timestamp) -> Result<u64, StoreError> {
        let query = sqlx::query_scalar(sql::outdate!("greatest"))
            .bind(subject.as_str().to_owned())
            .bind(now.millis().max(1))
            .bind(now.millis());
        let version: i64 = self
            .wire
            .ask(|connection| query.fetch_one(connection).boxed())
            .await
            .map_err(store_error)?;
        version_of(version)
    }
}
