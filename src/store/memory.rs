//! The store in memory: for tests, for examples, and for worlds of the lab. A restart forgets everything.

mod accounts;
mod changes;
mod once;
mod sessions;
mod signing_keys;
mod tables;

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use tokio::sync::broadcast;

use self::tables::Tables;
use super::{Change, FullStore, Store, StoreError};
use crate::{
    clock::Timestamp,
    session::{Session, SessionId},
};

/// The number of changes by which a feed may lag. Beyond it the feed ends, and its reader has to ask for what it
/// missed.
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
        let spent = tables.used.iter().filter(|(_, until)| **until < now);
        let marks: Vec<_> = spent.map(|(mark, _)| mark.clone()).take(limit).collect();
        for mark in &marks {
            tables.used.remove(mark);
        }
        Ok(ids.len().max(marks.len()) == limit)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

impl FullStore for MemoryStore {}

/// The latest instant that a session is stamped with: its tokens may be dated by a clock that is ahead.
fn latest(session: &Session) -> Timestamp {
    let stamps = [session.rotated_at, session.last_seen_at];
    stamps.into_iter().chain(session.acknowledged_at).fold(session.created_at, Timestamp::max)
}
