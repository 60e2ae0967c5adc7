//! Marks of what was used.

use async_trait::async_trait;

use super::PostgresStore;
use crate::{
    clock::Timestamp,
    store::{OnceStore, StoreError, failure::store_error, sql},
};

#[async_trait]
impl OnceStore for PostgresStore {
    async fn consume(&self, purpose: &str, id: &str, until: Timestamp) -> Result<bool, StoreError> {
        let query = sqlx::query(sql::CONSUME).bind(purpose).bind(id).bind(until.millis());
        Ok(self.wire.changed(query).await.map_err(store_error)? == 1)
    }
}
