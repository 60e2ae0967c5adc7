//! Sessions in memory.

use std::cmp::Reverse;

use async_trait::async_trait;

use super::{MemoryStore, latest, tables::Epoch};
use crate::{
    clock::Timestamp,
    principal::{Authority, Subject},
    session::{Client, EndReason, Rotation, Session, SessionId, Touch},
    store::{Change, Denied, EVENTS_KEPT, Event, SessionStore, StoreError},
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
        Ok(tables.sessions.get(&id).map(|(session, _)| tables.as_read(session)))
    }

    async fn sessions_of(&self, subject: &Subject) -> Result<Vec<Session>, StoreError> {
        let tables = self.tables();
        let of_subject = |session: &&Session| session.subject == *subject && tables.stands(session);
        let mut found: Vec<Session> = tables
            .sessions
            .values()
            .map(|(session, _)| session)
            .filter(of_subject)
            .map(|session| tables.as_read(session))
            .collect();
        found.sort_by_key(|session| Reverse((session.created_at, session.id)));
        Ok(found)
    }

    async fn rotate(
        &self,
        rotation: &Rotation,
        event: &Event,
    ) -> Result<Option<Session>, StoreError> {
        let mut tables = self.tables();
        let rotated = |session: &Session, epoch| session.rotated(rotation, epoch);
        let Some((session, events)) = tables.change(rotation.id, rotated) else { return Ok(None) };
        let kept = usize::try_from(EVENTS_KEPT).unwrap_or(usize::MAX);
        events.drain(..events.len().saturating_sub(kept));
        events.push(event.clone());
        Ok(Some(session))
    }

    async fn acknowledge(
        &self,
        id: SessionId,
        generation: u64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let acknowledged = |session: &Session, _| session.acknowledged(generation, now);
        Ok(self.tables().change(id, acknowledged).is_some())
    }

    async fn touch(&self, touch: &Touch) -> Result<bool, StoreError> {
        let touched = |session: &Session, _| session.touched(touch);
        Ok(self.tables().change(touch.id, touched).is_some())
    }

    async fn deny(&self, denied: Denied, at: Timestamp) -> Result<(), StoreError> {
        let change = denied.as_change(at);
        self.tables().log.push(change.clone());
        self.tell(change);
        Ok(())
    }

    async fn count_replay(
        &self,
        id: SessionId,
        generation: u64,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let replayed = |session: &Session, _| session.replayed(generation, event.at);
        let changed = tables.change(id, replayed);
        Ok(changed.map(|(_, events)| count(events, event)).is_some())
    }

    async fn revoke(
        &self,
        id: SessionId,
        reason: EndReason,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let revoked = |session: &Session, _| session.revoked(reason, event.at);
        let Some((session, events)) = tables.change(id, revoked) else { return Ok(false) };
        events.push(event.clone());
        let at = latest(&session).max(event.at);
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

    async fn renew_authority(
        &self,
        id: SessionId,
        authority: &Authority,
    ) -> Result<bool, StoreError> {
        let renewed = |session: &Session, _| session.with_authority(authority);
        Ok(self.tables().change(id, renewed).is_some())
    }

    async fn authority_version(&self, subject: &Subject) -> Result<u64, StoreError> {
        Ok(self.tables().authorities.get(subject).copied().unwrap_or(0))
    }

    async fn outdate(&self, subject: &Subject, now: Timestamp) -> Result<u64, StoreError> {
        let mut tables = self.tables();
        let least = u64::try_from(now.millis()).unwrap_or(0);
        let known = tables.authorities.get(subject).copied().unwrap_or(0);
        let version = least.max(known + 1);
        tables.authorities.insert(subject.clone(), version);
        let of_subject =
            tables.sessions.values().filter(|(session, _)| session.subject == *subject);
        let at = of_subject.map(|(session, _)| latest(session)).fold(now, Timestamp::max);
        tables.log.push(Change::Authority { subject: subject.clone(), version, at });
        self.tell(Change::Authority { subject: subject.clone(), version, at: now });
        Ok(version)
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
