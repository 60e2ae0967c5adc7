//! The generations that were seen in the browser.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{Moment, SWEEP, Until};
use crate::session::SessionId;

/// The longest that the read of a row takes: by default stores give up before. After a longer one, a proof is written in
/// vain, and its request decides again.
const READ: Duration = Duration::from_secs(5);

/// The generations that were seen in the browser.
#[derive(Debug)]
pub(crate) struct RecentGenerations {
    seen: Mutex<Generations>,
    keep: Duration,
}

#[derive(Debug)]
struct Generations {
    entries: HashMap<SessionId, Entry>,
    swept_at: Duration,
}

/// The newest generation of a session that was seen.
#[derive(Debug)]
struct Entry {
    generation: u64,
    until: Until,
    /// The time for which the process had lived when that stood in the store.
    stored_at: Option<Duration>,
}

impl RecentGenerations {
    pub(crate) fn new(keep: Duration, now: Moment) -> Self {
        let seen = Generations { entries: HashMap::new(), swept_at: now.lived };
        Self { seen: Mutex::new(seen), keep }
    }

    /// Returns true if neither this generation nor a later one of the session was noted before; notes it.
    pub(crate) fn first(&self, id: SessionId, generation: u64, now: Moment) -> bool {
        let mut seen = self.lock();
        if now.lived.saturating_sub(seen.swept_at) >= SWEEP {
            seen.entries.retain(|_, entry| !entry.until.is_over(now));
            seen.swept_at = now.lived;
        }
        let known = seen.entries.get(&id).is_some_and(|entry| entry.generation >= generation);
        if !known {
            let until = Until::new(now, now.wall, self.keep);
            seen.entries.insert(id, Entry { generation, until, stored_at: None });
        }
        !known
    }

    /// Notes that this generation stands in the store as seen, if it was noted before and no later one was.
    pub(crate) fn stored(&self, id: SessionId, generation: u64, lived: Duration) {
        if let Some(entry) = self.lock().entries.get_mut(&id)
            && entry.generation == generation
        {
            entry.stored_at = Some(lived);
        }
    }

    /// Returns true if this very generation was stored as seen a moment ago: a row that says otherwise was read before. A
    /// store that has lost it since is told again.
    pub(crate) fn was_just_stored(&self, id: SessionId, generation: u64, lived: Duration) -> bool {
        let seen = self.lock();
        let entry = seen.entries.get(&id).filter(|entry| entry.generation == generation);
        entry.and_then(|entry| entry.stored_at).is_some_and(|at| lived.saturating_sub(at) < READ)
    }

    /// Forgets a session, so that the next proof is noted again: the last could not be written.
    pub(crate) fn forget(&self, id: SessionId) {
        self.lock().entries.remove(&id);
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
