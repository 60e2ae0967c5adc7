//! Failed sign-ins, as events of their account.
//!
//! They are counted in memory and written some seconds later, as one batch: an attacker, however fast, causes a few
//! writes a minute, and finds nothing in the time of an answer, or of the next one, that tells a known address from
//! another.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::sleep;

use super::Inner;
use crate::{
    background,
    clock::Timestamp,
    log_throttle::LogThrottle,
    store::{AccountEvent, AccountEventKind},
    user::UserId,
};

/// The delay before a batch is written.
const DELAY: Duration = Duration::from_secs(5);
/// The most pairs of account and network in a batch; more are left out, and that is logged.
const MOST: usize = 1024;

/// The failures that are not written yet.
#[derive(Debug, Default)]
pub(super) struct Failures(Mutex<HashMap<(UserId, String), AccountEvent>>);

impl Failures {
    fn counted(&self) -> MutexGuard<'_, HashMap<(UserId, String), AccountEvent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a failure. Returns whether it is the first of its batch.
    fn count(&self, event: AccountEvent) -> bool {
        static LEFT_OUT: LogThrottle = LogThrottle::new();
        let mut counted = self.counted();
        let first = counted.is_empty();
        let key = (event.user, event.network.clone());
        if let Some(row) = counted.get_mut(&key) {
            // A batch may span two periods; the later one then counts both.
            if row.period() != event.period() {
                (row.first_at, row.last_at) = (event.first_at, event.first_at);
            }
            row.add(&event);
        } else if counted.len() < MOST {
            counted.insert(key, event);
        } else {
            LEFT_OUT.count(|times| {
                tracing::warn!(
                    times,
                    "too many failed sign-ins at once: some are not recorded for the accounts' owners"
                );
            });
        }
        first
    }

    fn take(&self) -> Vec<AccountEvent> {
        mem::take(&mut *self.counted()).into_values().collect()
    }
}

impl Inner {
    /// Notes that a sign-in failed, if its address has an account. A background task runs in either case, so that both
    /// cost the request the same.
    pub(super) fn note_failure(
        self: &Arc<Self>,
        user: Option<UserId>,
        network: String,
        now: Timestamp,
    ) {
        let inner = Arc::clone(self);
        self.background.run(async move {
            let Some(user) = user else { return };
            let event = AccountEvent::once(user, AccountEventKind::SignInFailed, network, now);
            if inner.failures.count(event) {
                // Neither keeps the accounts alive nor is drained: `settled` writes what is left.
                let inner = Arc::downgrade(&inner);
                background::spawn(async move {
                    sleep(DELAY).await;
                    if let Some(inner) = inner.upgrade() {
                        inner.write_failures().await;
                    }
                });
            }
        });
    }

    /// Writes the batch.
    pub(super) async fn write_failures(&self) {
        let events = self.failures.take();
        if events.is_empty() {
            return;
        }
        if let Err(error) = self.store.count_account_events(&events).await {
            // Dropped: failures that cannot be written must not fill memory.
            tracing::warn!(%error, rows = events.len(), "recording failed sign-ins failed; they are dropped");
        }
    }
}
