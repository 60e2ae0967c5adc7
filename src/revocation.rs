//! What a node remembers, so that a request costs a signature and a look into memory, and no query.
//!
//! [`Revocations`] holds the sessions revoked within the life of an access token: whoever still holds one of
//! theirs is refused at once. [`Seen`] holds the generations whose delivery is noted already, so that the proof
//! costs one write in all. Both forget what no valid token can bring up again.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError, RwLock},
    time::Duration,
};

use crate::{clock::Timestamp, session::SessionId};

/// How often the forgettable is looked for.
const SWEEP: Duration = Duration::from_secs(30);

/// The sessions that were revoked not long ago.
#[derive(Debug)]
pub(crate) struct Revocations {
    revoked: RwLock<Swept<Timestamp>>,
    keep: Duration,
}

impl Revocations {
    /// Nothing revoked; each entry is kept for `keep`, the life of an access token and the skew of clocks.
    pub(crate) fn new(keep: Duration, now: Timestamp) -> Self {
        Self { revoked: RwLock::new(Swept::new(now)), keep }
    }

    /// Notes that a session was revoked.
    pub(crate) fn add(&self, id: SessionId, at: Timestamp, now: Timestamp) {
        let mut revoked = self.revoked.write().unwrap_or_else(PoisonError::into_inner);
        revoked.sweep(now, |at| *at + self.keep > now);
        revoked.entries.insert(id, at);
    }

    /// Whether a session is known to be revoked.
    pub(crate) fn contains(&self, id: SessionId) -> bool {
        self.revoked.read().unwrap_or_else(PoisonError::into_inner).entries.contains_key(&id)
    }
}

/// The generations that were seen in the browser.
#[derive(Debug)]
pub(crate) struct Seen {
    seen: Mutex<Swept<(u64, Timestamp)>>,
    keep: Duration,
}

impl Seen {
    pub(crate) fn new(keep: Duration, now: Timestamp) -> Self {
        Self { seen: Mutex::new(Swept::new(now)), keep }
    }

    /// Whether this generation, or a later one of the session, has not been noted before; notes it.
    pub(crate) fn first(&self, id: SessionId, generation: u64, now: Timestamp) -> bool {
        let mut seen = self.lock();
        seen.sweep(now, |(_, at)| *at + self.keep > now);
        let known = seen.entries.get(&id).is_some_and(|(noted, _)| *noted >= generation);
        if !known {
            seen.entries.insert(id, (generation, now));
        }
        !known
    }

    /// Forgets a session, so that the next proof is noted again: the last could not be written.
    pub(crate) fn forget(&self, id: SessionId) {
        self.lock().entries.remove(&id);
    }

    fn lock(&self) -> MutexGuard<'_, Swept<(u64, Timestamp)>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct Swept<T> {
    entries: HashMap<SessionId, T>,
    swept_at: Timestamp,
}

impl<T> Swept<T> {
    fn new(now: Timestamp) -> Self {
        Self { entries: HashMap::new(), swept_at: now }
    }

    fn sweep(&mut self, now: Timestamp, keep: impl Fn(&T) -> bool) {
        if now.since(self.swept_at) >= SWEEP {
            self.entries.retain(|_, entry| keep(entry));
            self.swept_at = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(byte: u8) -> SessionId {
        SessionId::from_bytes([byte; 16])
    }

    #[test]
    fn a_revocation_is_forgotten_only_when_no_token_can_outlive_it() {
        let at = Timestamp::from_seconds;
        let revocations = Revocations::new(Duration::from_secs(60), at(0));
        revocations.add(id(1), at(0), at(0));
        revocations.add(id(2), at(59), at(59));
        assert!(revocations.contains(id(1)) && revocations.contains(id(2)));
        revocations.add(id(3), at(100), at(100));
        assert!(!revocations.contains(id(1)));
        assert!(revocations.contains(id(2)) && revocations.contains(id(3)));
    }

    #[test]
    fn a_generation_is_first_seen_once() {
        let now = Timestamp::from_seconds(0);
        let seen = Seen::new(Duration::from_secs(60), now);
        assert!(seen.first(id(1), 3, now));
        assert!(!seen.first(id(1), 3, now));
        assert!(!seen.first(id(1), 2, now), "an older token proves nothing new");
        assert!(seen.first(id(1), 4, now));
        seen.forget(id(1));
        assert!(seen.first(id(1), 4, now));
    }
}
