//! Marks of what was used.

use async_trait::async_trait;

use super::SqliteStore;
use crate::{
    clock::Timestamp,
    store::{OnceStore, StoreError, sql},
};

#[async_trait]
impl OnceStore for SqliteStore {
    async fn consume(&self, purpose: &str, id: &str, until: Timestamp) -> Result<bool, StoreError> {
        let mark = sqlx::query(sql::CONSUME)
            .bind(purpose.to_owned())
            .bind(id.to_owned())
            .bind(until.millis());
        Ok(self.writer.changed(mark).await? == 1)
    }
}
