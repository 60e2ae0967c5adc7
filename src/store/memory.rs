//! The store in memory: for tests, for examples, and for worlds of the lab. A restart forgets everything.

mod tables;

use std::{
    cmp::Reverse,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use futures::{StreamExt as _, stream};
use tokio::sync::broadcast::{self, error::RecvError};

use self::tables::{Account, Epoch, Tables};
use super::{
    AccountEvent, Change, Cursor, EVENTS_KEPT, Event, Feed, Logged, MOST_OF_AN_ACCOUNT, Page,
    Rotation, Store, StoreError, same_keys,
};
use crate::{
    clock::Timestamp,
    keyring::{KeyRecord, Schedule},
    password::PasswordHash,
    session::{Client, EndReason, Revocation, Session, SessionId},
    user::{Email, Role, User, UserId},
};

/// How many changes a feed may lag behind before it has to ask for all of them.
const FEED_LENGTH: usize = 256;

/// A store in memory.
#[derive(Debug)]
pub struct MemoryStore {
    tables: Mutex<Tables>,
    changes: broadcast::Sender<Change>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self { tables: Mutex::default(), changes: broadcast::Sender::new(FEED_LENGTH) }
    }

    /// The tables. No method awaits or panics while it holds them, so a poisoned lock holds sound tables.
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, change: Change) {
        let _nobody_listens = self.changes.send(change);
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn add_user(&self, user: &User, password: &PasswordHash) -> Result<(), StoreError> {
        let mut tables = self.tables();
        if tables.users.values().any(|other| other.user.email == user.email) {
            return Err(StoreError::EmailTaken);
        }
        let (user, password) = (user.clone(), password.clone());
        tables.users.insert(user.id, Account { user, password, events: Vec::new() });
        Ok(())
    }

    async fn user_by_email(
        &self,
        email: &Email,
    ) -> Result<Option<(User, PasswordHash)>, StoreError> {
        let tables = self.tables();
        let found = tables.users.values().find(|account| account.user.email == *email);
        Ok(found.map(|account| (account.user.clone(), account.password.clone())))
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.tables().users.get(&id).map(|account| account.user.clone()))
    }

    async fn password_hash_near(&self, point: UserId) -> Result<Option<PasswordHash>, StoreError> {
        let tables = self.tables();
        let next = tables.users.iter().min_by_key(|(id, _)| (**id < point, **id));
        Ok(next.map(|(_, account)| account.password.clone()))
    }

    async fn set_password_hash(
        &self,
        id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let account = tables.users.get_mut(&id).filter(|account| account.password == *old);
        Ok(account.map(|account| account.password = new.clone()).is_some())
    }

    async fn count_account_events(&self, events: &[AccountEvent]) -> Result<(), StoreError> {
        let mut tables = self.tables();
        for event in events {
            let Some(account) = tables.users.get_mut(&event.user) else { continue };
            let key = |event: &AccountEvent| (event.kind, event.network.clone(), event.period());
            match account.events.iter_mut().find(|row| key(row) == key(event)) {
                Some(row) => row.add(event),
                None => account.events.push(event.clone()),
            }
            account.events.sort_by_key(|row| (Reverse(row.last_at), row.network.clone()));
            let mut of_its_kind = 0;
            account.events.retain(|row| {
                of_its_kind += u32::from(row.kind == event.kind);
                row.kind != event.kind || of_its_kind <= MOST_OF_AN_ACCOUNT
            });
        }
        Ok(())
    }

    async fn account_events(
        &self,
        user: UserId,
        limit: u32,
    ) -> Result<Vec<AccountEvent>, StoreError> {
        let tables = self.tables();
        let events = tables.users.get(&user).map(|account| account.events.iter());
        Ok(events.into_iter().flatten().take(limit as usize).cloned().collect())
    }

    async fn set_role(
        &self,
        id: UserId,
        role: Role,
        now: Timestamp,
    ) -> Result<Option<User>, StoreError> {
        let mut tables = self.tables();
        let Some(account) = tables.users.get_mut(&id) else { return Ok(None) };
        if account.user.role != role {
            account.user.role = role;
            account.user.authz_version += 1;
            let version = account.user.authz_version;
            let of_user = tables.sessions.values().filter(|(session, _)| session.user_id == id);
            let at = of_user.map(|(session, _)| latest(session)).fold(now, Timestamp::max);
            tables.log.push(Change::Authz { user: id, version, at });
            self.tell(Change::Authz { user: id, version, at: now });
        }
        Ok(tables.users.get(&id).map(|account| account.user.clone()))
    }

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

    async fn keys(&self) -> Result<Vec<KeyRecord>, StoreError> {
        Ok(self.tables().keys.clone())
    }

    async fn replace_keys(
        &self,
        seen: &[KeyRecord],
        keys: &[KeyRecord],
    ) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let unchanged = same_keys(&tables.keys, seen);
        if unchanged {
            tables.keys = keys.to_vec();
            tables.keys_version += 1;
            self.tell(Change::Keys { version: tables.keys_version });
        }
        Ok(unchanged)
    }

    async fn schedule(&self) -> Result<Option<Schedule>, StoreError> {
        Ok(self.tables().schedule)
    }

    async fn raise_schedule(&self, at_least: Schedule) -> Result<(), StoreError> {
        let mut tables = self.tables();
        tables.schedule = Some(tables.schedule.unwrap_or(at_least).max(at_least));
        Ok(())
    }

    async fn add_epoch(&self, since: Option<Timestamp>, now: Timestamp) -> Result<u64, StoreError> {
        let mut tables = self.tables();
        let least = u64::try_from(now.millis()).unwrap_or(0);
        let number = least.max(tables.epoch() + 1);
        tables.epochs.push((number, Epoch { at: now, since }));
        self.tell(Change::Epoch { number });
        Ok(number)
    }

    async fn changes(&self, after: Option<&Cursor>, limit: u32) -> Result<Page, StoreError> {
        let tables = self.tables();
        let read = after.and_then(|cursor| cursor.as_str().parse().ok()).unwrap_or(0);
        // A cursor of another store is ahead of this one.
        let read = if read > tables.log.len() { 0 } else { read };
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let until = read.saturating_add(limit).min(tables.log.len());
        let logged = |change: &Change| Logged { change: *change, logged_at: Timestamp::MAX };
        Ok(Page {
            changes: tables.log[read..until].iter().map(logged).collect(),
            next: Cursor::new(until.to_string()),
            more: until < tables.log.len(),
            keys_version: tables.keys_version,
            epoch: tables.epoch(),
            store_now: None,
        })
    }

    async fn prune(
        &self,
        now: Timestamp,
        retention: Duration,
        limit: u32,
    ) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let before = now - retention;
        let over = |session: &Session| {
            session.absolute_expires_at < before
                || session.revoked.is_some_and(|revocation| revocation.at < before)
        };
        let found = tables.sessions.values().filter(|(session, _)| over(session));
        let ids: Vec<SessionId> = found.map(|(session, _)| session.id).take(limit).collect();
        for id in &ids {
            tables.sessions.remove(id);
        }
        Ok(ids.len() == limit)
    }

    async fn feed(&self) -> Result<Option<Feed>, StoreError> {
        let changes = stream::try_unfold(self.changes.subscribe(), async |mut changes| {
            let lost = |error: RecvError| StoreError::Unavailable(error.into());
            Ok(Some((changes.recv().await.map_err(lost)?, changes)))
        });
        Ok(Some(changes.boxed()))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// The latest instant that a session is stamped with: its tokens may be dated by a clock that is ahead.
fn latest(session: &Session) -> Timestamp {
    let stamps = [session.rotated_at, session.last_seen_at];
    stamps.into_iter().chain(session.acknowledged_at).fold(session.created_at, Timestamp::max)
}

/// Adds an event, or counts it where the same happened before: of one kind, generation and client.
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
