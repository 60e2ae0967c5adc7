//! Marks in memory.

use async_trait::async_trait;

use super::MemoryStore;
use crate::{
    clock::Timestamp,
    store::{OnceStore, StoreError},
};

#[async_trait]
impl OnceStore for MemoryStore {
    async fn consume(&self, purpose: &str, id: &str, until: Timestamp) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let mark = (purpose.to_owned(), id.to_owned());
        let first = !tables.used.contains_key(&mark);
        tables.used.entry(mark).or_insert(until);
        Ok(first)
    }
}
