//! The store in memory: for tests, for examples, and for worlds of the lab. A restart forgets everything.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use super::{Event, Rotation, Store, StoreError};
use crate::{
    clock::Timestamp,
    password::PasswordHash,
    session::{EndReason, Revocation, Session, SessionId},
    user::{Email, User, UserId},
};

/// A store in memory.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Tables>);

#[derive(Debug, Default)]
struct Tables {
    users: HashMap<UserId, (User, PasswordHash)>,
    sessions: HashMap<SessionId, (Session, Vec<Event>)>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// The tables. No method awaits or panics while it holds them, so a poisoned lock holds sound tables.
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    fn live(&mut self, id: SessionId) -> Option<&mut (Session, Vec<Event>)> {
        self.sessions.get_mut(&id).filter(|(session, _)| session.revoked.is_none())
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn add_user(&self, user: &User, password: &PasswordHash) -> Result<(), StoreError> {
        let mut tables = self.tables();
        if tables.users.values().any(|(other, _)| other.email == user.email) {
            return Err(StoreError::EmailTaken);
        }
        tables.users.insert(user.id, (user.clone(), password.clone()));
        Ok(())
    }

    async fn user_by_email(
        &self,
        email: &Email,
    ) -> Result<Option<(User, PasswordHash)>, StoreError> {
        Ok(self.tables().users.values().find(|(user, _)| user.email == *email).cloned())
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.tables().users.get(&id).map(|(user, _)| user.clone()))
    }

    async fn set_password_hash(&self, id: UserId, hash: &PasswordHash) -> Result<(), StoreError> {
        if let Some((_, password)) = self.tables().users.get_mut(&id) {
            *password = hash.clone();
        }
        Ok(())
    }

    async fn add_session(&self, session: &Session, event: &Event) -> Result<(), StoreError> {
        self.tables().sessions.insert(session.id, (session.clone(), vec![event.clone()]));
        Ok(())
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let tables = self.tables();
        Ok(tables.sessions.get(&id).map(|(session, _)| {
            let role =
                tables.users.get(&session.user_id).map_or(session.role, |(user, _)| user.role);
            Session { role, ..session.clone() }
        }))
    }

    async fn rotate(
        &self,
        rotation: &Rotation,
        event: &Event,
    ) -> Result<Option<Session>, StoreError> {
        {
            let mut tables = self.tables();
            let Some((session, events)) = tables.live(rotation.id) else { return Ok(None) };
            let delivered =
                session.acknowledged_at.is_some_and(|at| at + rotation.spacing <= rotation.now);
            if session.generation != rotation.from
                || !delivered
                || session.ended(rotation.now).is_some()
            {
                return Ok(None);
            }
            session.generation += 1;
            session.rotated_at = rotation.now;
            session.last_seen_at = rotation.now;
            session.acknowledged_at = None;
            session.replays = 0;
            session.idle_expires_at =
                (rotation.now + rotation.idle_ttl).min(session.absolute_expires_at);
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
        events.push(event.clone());
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
        Ok(true)
    }

    async fn record(&self, id: SessionId, event: &Event) -> Result<(), StoreError> {
        if let Some((_, events)) = self.tables().sessions.get_mut(&id) {
            events.push(event.clone());
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

    async fn revoked_since(
        &self,
        since: Timestamp,
    ) -> Result<Vec<(SessionId, Timestamp)>, StoreError> {
        let tables = self.tables();
        Ok(tables
            .sessions
            .values()
            .filter_map(|(session, _)| {
                session.revoked.map(|revocation| (session.id, revocation.at))
            })
            .filter(|(_, at)| *at >= since)
            .collect())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
