//! Signing keys in memory.

use async_trait::async_trait;

use super::MemoryStore;
use crate::{
    keyring::{KeyRecord, Schedule},
    store::{Change, KeyStore, StoreError, same_keys},
};

#[async_trait]
impl KeyStore for MemoryStore {
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
}
