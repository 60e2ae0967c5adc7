//! Marks of what was used.

use async_trait::async_trait;

use super::SqliteStore;
use crate::{
    clock::Timestamp,
    store::{OnceStore, StoreError, failure::store_error, sql},
};

#[async_trait]
impl OnceStore for SqliteStore {
    async fn consume(&self, purpose: &str, id: &str, until: Timestamp) -> Result<bool, StoreError> {
        let done = sqlx::query(sql::CONSUME)
            .bind(purpose)
            .bind(id)
            .bind(until.millis())
            .execute(&self.writer)
            .await
            .map_err(store_error)?;
        Ok(done.rows_affected() == 1)
    }
}
