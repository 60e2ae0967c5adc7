//! Sessions in memory.

use std::cmp::Reverse;

use async_trait::async_trait;

use super::{MemoryStore, latest, tables::Epoch};
use crate::{
    clock::Timestamp,
    session::{Client, EndReason, Revocation, Session, SessionId},
    store::{Change, EVENTS_KEPT, Event, Rotation, SessionStore, StoreError},
    user::UserId,
};

#[async_trait]
impl SessionStore for MemoryStore {
    async fn add_session(&self, session: &Session, event: &Event) -> Result<(), StoreError> {
        let mut tables = self.tables();
        let session = Session { epoch: tables.epoch(), ..session.clone() };
        tables.sessions.insert(session.id, (session, vec![event.clone()]));
        Ok(())
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let tables = self.tables();
        Ok(tables.sessions.get(&id).map(|(session, _)| tables.with_account(session)))
    }

    async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        let tables = self.tables();
        let of_user = |session: &&Session| session.user_id == user && tables.stands(session);
        let mut found: Vec<Session> = tables
            .sessions
            .values()
            .map(|(session, _)| session)
            .filter(of_user)
            .map(|session| tables.with_account(session))
            .collect();
        found.sort_by_key(|session| Reverse((session.created_at, session.id)));
        Ok(found)
    }

    async fn rotate(
        &self,
        rotation: &Rotation,
        event: &Event,
    ) -> Result<Option<Session>, StoreError> {
        {
            let mut tables = self.tables();
            let epoch = tables.epoch();
            let Some((session, events)) = tables.live(rotation.id) else { return Ok(None) };
            let proven_by = rotation.proven_by();
            let delivered = session.acknowledged_at.is_some_and(|at| Some(at) <= proven_by);
            if session.generation != rotation.from
                || !delivered
                || session.ended(rotation.now).is_some()
            {
                return Ok(None);
            }
            session.generation += 1;
            session.rotated_at = rotation.now;
            session.last_seen_at = session.last_seen_at.max(rotation.now);
            session.acknowledged_at = None;
            session.replays = 0;
            session.epoch = epoch;
            session.idle_expires_at = rotation.idle_expires_at().min(session.absolute_expires_at);
            let kept = usize::try_from(EVENTS_KEPT).unwrap_or(usize::MAX);
            events.drain(..events.len().saturating_sub(kept));
            events.push(event.clone());
        }
        self.session(rotation.id).await
    }

    async fn acknowledge(
        &self,
        id: SessionId,
        generation: u64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let Some((session, _)) = tables.live(id) else { return Ok(false) };
        let first = session.generation == generation && session.acknowledged_at.is_none();
        if first {
            session.acknowledged_at = Some(now);
        }
        Ok(first)
    }

    async fn count_replay(
        &self,
        id: SessionId,
        generation: u64,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let Some((session, events)) =
            tables.live(id).filter(|(session, _)| session.generation == generation)
        else {
            return Ok(false);
        };
        session.replays = session.replays.saturating_add(1);
        session.last_seen_at = session.last_seen_at.max(event.at);
        count(events, event);
        Ok(true)
    }

    async fn revoke(
        &self,
        id: SessionId,
        reason: EndReason,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let Some((session, events)) = tables.live(id) else { return Ok(false) };
        session.revoked = Some(Revocation { at: event.at, reason });
        events.push(event.clone());
        let at = latest(session).max(event.at);
        tables.log.push(Change::Revoked { id, at });
        self.tell(Change::Revoked { id, at: event.at });
        Ok(true)
    }

    async fn record(&self, id: SessionId, event: &Event) -> Result<(), StoreError> {
        if let Some((_, events)) = self.tables().sessions.get_mut(&id) {
            count(events, event);
        }
        Ok(())
    }

    async fn events(&self, id: SessionId, limit: u32) -> Result<Vec<Event>, StoreError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(self
            .tables()
            .sessions
            .get(&id)
            .map(|(_, events)| events.iter().rev().take(limit).cloned().collect())
            .unwrap_or_default())
    }

    async fn add_epoch(&self, since: Option<Timestamp>, now: Timestamp) -> Result<u64, StoreError> {
        let mut tables = self.tables();
        let least = u64::try_from(now.millis()).unwrap_or(0);
        let number = least.max(tables.epoch() + 1);
        tables.epochs.push((number, Epoch { at: now, since }));
        self.tell(Change::Epoch { number });
        Ok(number)
    }
}

/// Adds an event, or counts it if the same happened before: of one kind, generation and client.
fn count(events: &mut Vec<Event>, event: &Event) {
    let of = |event: &Event| {
        let Client { user_agent_hash, ip_prefix, .. } = event.client.clone();
        (event.kind, event.generation, user_agent_hash, ip_prefix)
    };
    match events.iter_mut().find(|other| of(other) == of(event)) {
        Some(counted) => (counted.times, counted.at) = (counted.times + 1, event.at),
        None => events.push(event.clone()),
    }
}
