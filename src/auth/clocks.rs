//! Comparing this node's clock with its store's, as the log of changes is read.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::clock::Timestamp;

/// Two clocks that differ by more than clocks may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ClockDifference {
    /// This node's time.
    pub(super) here: Timestamp,
    /// The store's at the same moment.
    pub(super) store: Timestamp,
}

/// The last comparison.
#[derive(Debug)]
pub(super) struct Clocks {
    skew: Duration,
    apart: Mutex<Option<ClockDifference>>,
}

impl Clocks {
    pub(super) const fn new(skew: Duration) -> Self {
        Self { skew, apart: Mutex::new(None) }
    }

    /// Compares the clocks: the store read its time between these two of this node. Logs it when the finding changes.
    pub(super) fn compare(&self, before: Timestamp, store: Option<Timestamp>, after: Timestamp) {
        let Some(store) = store else { return };
        // A slow answer is no difference of the clocks.
        let here = store.clamp(before.min(after), after.max(before));
        let differ = here.since(store).max(store.since(here)) > self.skew;
        let apart = differ.then_some(ClockDifference { here, store });
        let mut known = self.apart.lock().unwrap_or_else(PoisonError::into_inner);
        match (known.is_some(), apart) {
            (false, Some(ClockDifference { here, store })) => tracing::error!(
                here = here.millis(),
                store = store.millis(),
                "this node's clock and the database's differ by more than the clock skew: set the clocks"
            ),
            (true, None) => tracing::info!("this node's clock and the database's agree again"),
            _ => {}
        }
        *known = apart;
    }

    /// Returns the last comparison's finding.
    pub(super) fn apart(&self) -> Option<ClockDifference> {
        *self.apart.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_apart_beyond_the_skew_and_not_for_a_slow_answer() {
        let clocks = Clocks::new(Duration::from_secs(5));
        let at = Timestamp::from_seconds;
        for (before, store, after, apart) in [
            (100, 105, 100, false),
            (100, 95, 100, false),
            (100, 106, 100, true),
            (100, 94, 100, true),
            (100, 115, 110, false),
            (100, 95, 110, false),
            (100, 116, 110, true),
            (100, 100, 100, false),
        ] {
            clocks.compare(at(before), Some(at(store)), at(after));
            assert_eq!(clocks.apart().is_some(), apart, "{before} {store} {after}");
        }
        clocks.compare(at(0), Some(at(100)), at(0));
        assert_eq!(clocks.apart(), Some(ClockDifference { here: at(0), store: at(100) }));
        clocks.compare(at(0), None, at(0));
        assert!(clocks.apart().is_some(), "a store without a clock says nothing of it");
    }
}
