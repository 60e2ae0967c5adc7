//! Marks of what was used.

use async_trait::async_trait;

use super::{RedisStore, numbers::instant, scripts};
use crate::{
    clock::Timestamp,
    store::{OnceStore, StoreError},
};

#[async_trait]
impl OnceStore for RedisStore {
    async fn consume(&self, purpose: &str, id: &str, until: Timestamp) -> Result<bool, StoreError> {
        // U+0000 stands in no text of a store, so that no two marks are one.
        let mark = format!("{purpose}\0{id}");
        self.wire.did(&scripts::CONSUME, (mark, instant(until))).await
    }
}
