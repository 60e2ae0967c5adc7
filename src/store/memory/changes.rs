//! The log of changes in memory, and its feed.

use async_trait::async_trait;
use tokio::sync::broadcast::error::RecvError;

use super::MemoryStore;
use crate::{
    clock::Timestamp,
    store::{Change, ChangeLog, Cursor, Feed, Logged, Page, StoreError},
};

#[async_trait]
impl ChangeLog for MemoryStore {
    async fn changes(&self, after: Option<&Cursor>, limit: u32) -> Result<Page, StoreError> {
        let tables = self.tables();
        let read = after.and_then(|cursor| cursor.as_str().parse().ok()).unwrap_or(0);
        // A cursor of another store is ahead of this one.
        let read = if read > tables.log.len() { 0 } else { read };
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let until = read.saturating_add(limit).min(tables.log.len());
        let logged = |change: &Change| Logged { change: change.clone(), logged_at: Timestamp::MAX };
        Ok(Page {
            changes: tables.log[read..until].iter().map(logged).collect(),
            next: Cursor::new(until.to_string()),
            more: until < tables.log.len(),
            keys_version: tables.keys_version,
            epoch: tables.epoch(),
            store_now: None,
        })
    }

    async fn feed(&self) -> Result<Option<Feed>, StoreError> {
        Ok(Some(Feed::new(self.changes.subscribe(), |mut changes| async move {
            let lost = |error: RecvError| StoreError::Unavailable(error.into());
            Ok((changes.recv().await.map_err(lost)?, changes))
        })))
    }
}
