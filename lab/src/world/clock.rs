//! A world's clock.

use std::time::Duration;

use coatroom::clock::{Clock, TestClock, Timestamp};

use super::START;

/// A clock that stands still until an action waits. There is no time but the world's: the age of a node's news does not
/// depend on how long a visitor reads.
#[derive(Debug)]
pub(super) struct WorldClock(TestClock);

impl WorldClock {
    /// A clock that shows [`START`].
    pub(super) const fn new() -> Self {
        Self(TestClock::new(START))
    }

    /// Moves the clock forward.
    pub(super) fn advance(&self, by: Duration) {
        self.0.advance(by);
    }
}

impl Clock for WorldClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn elapsed(&self) -> Duration {
        self.now().since(START)
    }
}
