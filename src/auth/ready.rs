//! The readiness of a node to be sent requests.

use std::time::Duration;

use tokio::sync::Mutex;

use super::{Auth, Inner};
use crate::{clock::Timestamp, store::StoreError};

/// The time for which an answer of the store is cached. Any client may ask for readiness, and each check of the store
/// is a write.
const BELIEVED: Duration = Duration::from_secs(1);

/// Reason for sending a node no requests now. It answers those that come all the same as well as it can.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotReady {
    /// The store does not answer, or cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The node is behind on changes: it reads the session's row for every request until it has caught up.
    #[error("stale: changes were not read in time, so every request reads its session's row")]
    Stale,
    /// This node's clock and the store's differ by more than clocks may.
    #[error(
        "this node's clock ({} ms) and the database's ({} ms) differ by more than the clock skew",
        .here.millis(), .store.millis()
    )]
    Clock {
        /// This node's time.
        here: Timestamp,
        /// The store's at the same moment.
        store: Timestamp,
    },
}

impl Auth {
    /// Checks that the store can be written, that this node hears of changes in time, and that its clock agrees with
    /// the store's. Cheap enough for a load balancer to poll every second.
    ///
    /// # Errors
    /// [`NotReady`]: the first of these that does not hold.
    pub async fn ready(&self) -> Result<(), NotReady> {
        self.0.writable.ask(&self.0).await?;
        if !self.is_up_to_date() {
            return Err(NotReady::Stale);
        }
        match self.0.follower.clock_difference() {
            Some(apart) => Err(NotReady::Clock { here: apart.here, store: apart.store }),
            None => Ok(()),
        }
    }

    /// Checks that the store answers, and can be written.
    ///
    /// # Errors
    /// [`StoreError`] if it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.0.store.ping().await
    }
}

/// The store's last answer to a write, and its time.
#[derive(Debug, Default)]
pub(super) struct PingCache(Mutex<Option<(Duration, Result<(), String>)>>);

impl PingCache {
    async fn ask(&self, inner: &Inner) -> Result<(), StoreError> {
        let mut last = self.0.lock().await;
        let now = inner.clock.elapsed();
        let fresh = |at: Duration| now.saturating_sub(at) < BELIEVED;
        let answer = match last.take() {
            Some((at, answer)) if fresh(at) => (at, answer),
            _ => {
                let answer = inner.store.ping().await.map_err(|error| match error {
                    StoreError::Unavailable(cause) => cause.to_string(),
                    other => other.to_string(),
                });
                (inner.clock.elapsed(), answer)
            }
        };
        last.insert(answer).1.clone().map_err(|cause| StoreError::Unavailable(cause.into()))
    }
}
