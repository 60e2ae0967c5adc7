//! Marks of what was used and may not be used again: a nonce, a link in an e-mail, the `jti` of a token for one use.

use async_trait::async_trait;

use super::StoreError;
use crate::clock::Timestamp;

/// Keeps marks of what was used. The [module](super) says what it promises.
#[async_trait]
pub trait OnceStore: Send + Sync {
    /// Marks `id` as used for `purpose`. Returns true for the first caller: of any number of callers at once exactly
    /// one. The same id for another purpose is another mark.
    ///
    /// `until` is the instant from which nothing takes the id any more, because what it belongs to has expired;
    /// [`Store::prune`](super::Store::prune) may forget the mark from then on, and never before. The first caller's is
    /// kept. A purpose has at most 64 bytes and an id at most 512; a store may refuse longer ones.
    async fn consume(&self, purpose: &str, id: &str, until: Timestamp) -> Result<bool, StoreError>;
}
