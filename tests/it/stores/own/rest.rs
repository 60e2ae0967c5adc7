//! The log of the sessions, and the stores of all else, which a store of sessions may leave to another.

use std::time::Duration;

use async_trait::async_trait;
use coatroom::{
    Session, Store, Timestamp,
    keyring::{KeyRecord, Schedule},
    store::{Change, ChangeLog, Cursor, Event, KeyStore, Logged, OnceStore, Page},
};

use super::{Answer, OwnStore};

#[async_trait]
impl ChangeLog for OwnStore {
    async fn changes(&self, after: Option<&Cursor>, limit: u32) -> Answer<Page> {
        let keys_version = self.rest.changes(None, 1).await?.keys_version;
        self.with(|all| {
            let read = after.and_then(|cursor| cursor.as_str().parse().ok()).unwrap_or(0);
            let read = if read > all.log.len() { 0 } else { read };
            let until = (read + limit as usize).min(all.log.len());
            let logged =
                |change: &Change| Logged { change: change.clone(), logged_at: Timestamp::MAX };
            Page {
                changes: all.log[read..until].iter().map(logged).collect(),
                next: Cursor::new(until.to_string()),
                more: until < all.log.len(),
                keys_version,
                epoch: all.epoch(),
                store_now: None,
            }
        })
    }
}

#[async_trait]
impl KeyStore for OwnStore {
    async fn keys(&self) -> Answer<Vec<KeyRecord>> {
        self.rest.keys().await
    }

    async fn replace_keys(&self, seen: &[KeyRecord], keys: &[KeyRecord]) -> Answer<bool> {
        self.rest.replace_keys(seen, keys).await
    }

    async fn schedule(&self) -> Answer<Option<Schedule>> {
        self.rest.schedule().await
    }

    async fn raise_schedule(&self, least: Schedule) -> Answer<()> {
        self.rest.raise_schedule(least).await
    }
}

#[async_trait]
impl OnceStore for OwnStore {
    async fn consume(&self, purpose: &str, id: &str, until: Timestamp) -> Answer<bool> {
        self.rest.consume(purpose, id, until).await
    }
}

#[async_trait]
impl Store for OwnStore {
    async fn prune(&self, now: Timestamp, retention: Duration, limit: u32) -> Answer<bool> {
        let more_marks = self.rest.prune(now, retention, limit).await?;
        self.with(|all| {
            let before = now - retention;
            let over = |(one, _): &(Session, Vec<Event>)| {
                one.absolute_expires_at < before || one.revoked.is_some_and(|end| end.at < before)
            };
            let gone = all.sessions.iter().filter(|(_, one)| over(one)).map(|(id, _)| *id);
            let gone: Vec<_> = gone.take(limit as usize).collect();
            for id in &gone {
                all.sessions.remove(id);
            }
            more_marks || gone.len() == limit as usize
        })
    }

    async fn ping(&self) -> Answer<()> {
        Ok(())
    }
}
