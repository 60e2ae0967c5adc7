//! Failed sign-ins, as events of their account.
//!
//! They are counted in memory and written a while later, all that came meanwhile together: an attacker causes a few
//! writes a minute, however fast, and finds nothing in the time of an answer, or of the next, that tells a known
//! address from another.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::sleep;

use super::{Inner, behind};
use crate::{
    clock::Timestamp,
    store::{AccountEvent, AccountEventKind},
    tally::Tally,
    user::UserId,
};

/// The time for which they are kept back.
const DELAY: Duration = Duration::from_secs(5);
/// Accounts and networks counted meanwhile; more are left out, and that is logged.
const MOST: usize = 1024;

/// Failures that were not written yet.
#[derive(Debug, Default)]
pub(super) struct Failures(Mutex<HashMap<(UserId, String), AccountEvent>>);

impl Failures {
    fn counted(&self) -> MutexGuard<'_, HashMap<(UserId, String), AccountEvent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one. Returns whether it is the first since the last were taken.
    fn count(&self, event: AccountEvent) -> bool {
        static LEFT_OUT: Tally = Tally::new();
        let mut counted = self.counted();
        let first = counted.is_empty();
        let key = (event.user, event.network.clone());
        if let Some(row) = counted.get_mut(&key) {
            // Of two hours within five seconds the later one tells of both.
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
                    "failed sign-ins are more than can be noted for their owners"
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
    /// Notes that a sign-in failed, if it was one of an account. Behind the request in either case, which thus costs the
    /// same.
    pub(super) fn note_failure(
        self: &Arc<Self>,
        user: Option<UserId>,
        network: String,
        now: Timestamp,
    ) {
        let inner = Arc::clone(self);
        self.behind.run(async move {
            let Some(user) = user else { return };
            let event = AccountEvent::once(user, AccountEventKind::SignInFailed, network, now);
            if inner.failures.count(event) {
                // Does not keep the engine alive, and is not waited for: `settled` writes what is left.
                let inner = Arc::downgrade(&inner);
                behind::spawn(async move {
                    sleep(DELAY).await;
                    if let Some(inner) = inner.upgrade() {
                        inner.write_failures().await;
                    }
                });
            }
        });
    }

    /// Writes what was counted.
    pub(super) async fn write_failures(&self) {
        let events = self.failures.take();
        if events.is_empty() {
            return;
        }
        if let Err(error) = self.store.count_account_events(&events).await {
            // Not kept for later: what cannot be written must not grow.
            tracing::warn!(%error, rows = events.len(), "failed sign-ins were not noted");
        }
    }
}
