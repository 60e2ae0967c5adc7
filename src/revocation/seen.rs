//! The generations that were seen in the browser.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{Moment, SWEEP, Until};
use crate::session::SessionId;

/// The generations that were seen in the browser.
#[derive(Debug)]
pub(crate) struct RecentGenerations {
    seen: Mutex<Generations>,
    keep: Duration,
}

#[derive(Debug)]
struct Generations {
    entries: HashMap<SessionId, (u64, Until)>,
    swept_at: Duration,
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
            seen.entries.retain(|_, (_, until)| !until.is_over(now));
            seen.swept_at = now.lived;
        }
        let known = seen.entries.get(&id).is_some_and(|(noted, _)| *noted >= generation);
        if !known {
            let until = Until::new(now, now.wall, self.keep);
            seen.entries.insert(id, (generation, until));
        }
        !known
    }

    /// Forgets a session, so that the next proof is noted again: the last could not be written.
    pub(crate) fn forget(&self, id: SessionId) {
        self.lock().entries.remove(&id);
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
