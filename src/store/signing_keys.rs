//! The keys that access tokens are signed with: a handful of rows, read and replaced together.

use async_trait::async_trait;

use super::StoreError;
use crate::keyring::{KeyRecord, Schedule};

/// Keeps signing keys. The [module](super) says what it promises.
#[async_trait]
pub trait KeyStore: Send + Sync {
    /// All signing keys of a known algorithm, in any order.
    async fn keys(&self) -> Result<Vec<KeyRecord>, StoreError>;

    /// Replaces all signing keys of a known algorithm by `keys`, which are not none, if they are still `seen`, in any
    /// order. Returns whether it did: of any number of callers that saw the same exactly one succeeds.
    async fn replace_keys(
        &self,
        seen: &[KeyRecord],
        keys: &[KeyRecord],
    ) -> Result<bool, StoreError>;

    /// Times that a change of keys has to wait for: the greatest figures that a server was started with
    /// ([`raise_schedule`](Self::raise_schedule)). `None` if none was, or if the store is one process's own.
    async fn schedule(&self) -> Result<Option<Schedule>, StoreError> {
        Ok(None)
    }

    /// Notes that a server runs with these figures, beside the keys. Each only grows.
    async fn raise_schedule(&self, _at_least: Schedule) -> Result<(), StoreError> {
        Ok(())
    }
}
