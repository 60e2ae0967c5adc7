//! The decisions of a node, counted by the row of the rule.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Auth;
use crate::session::Decision;

/// The number of decisions on refresh tokens since the engine was made, on this node: a source for an application's own
/// metrics. Requests that share one answer are one decision.
///
/// The numbers only grow. They are read one after the other, so that a decision in between may be in one and not yet in
/// another. [`Observer`](crate::observer::Observer) hears of each decision by itself, and the store's events of a session
/// outlive the node.
///
/// ```
/// # async fn export(auth: coatroom::Auth) {
/// let counts = auth.counts();
/// for (row, count) in (1..).zip(counts.rows) {
///     println!("coatroom_decisions_total{{row=\"{row}\"}} {count}");
/// }
/// println!("coatroom_too_many_replays_total {}", counts.too_many_replays);
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DecisionCounts {
    /// The decisions of each row of [`decide`](crate::session::decide); the first number is that of row 1.
    pub rows: [u64; 10],
    /// The replays that were refused because there were too many, which rows 7 and 8 do not count.
    pub too_many_replays: u64,
}

impl Auth {
    /// Returns the number of decisions of each row since this engine was made.
    pub fn counts(&self) -> DecisionCounts {
        self.0.counters.read()
    }
}

/// The counters behind [`DecisionCounts`]. No other memory depends on their order, so that it is relaxed.
#[derive(Debug, Default)]
pub(super) struct Counters {
    rows: [AtomicU64; 10],
    too_many_replays: AtomicU64,
}

impl Counters {
    pub(super) fn count(&self, decision: Decision) {
        let counter = match decision {
            Decision::TooManyReplays { .. } => Some(&self.too_many_replays),
            other => self.rows.get(usize::from(other.row()).saturating_sub(1)),
        };
        if let Some(counter) = counter {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn read(&self) -> DecisionCounts {
        DecisionCounts {
            rows: self.rows.each_ref().map(|count| count.load(Ordering::Relaxed)),
            too_many_replays: self.too_many_replays.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::session::{EndReason, Invalid, Replay, Reuse};

    #[test]
    fn each_decision_is_counted_by_its_row_and_once() {
        let retry_after = Duration::from_secs(1);
        let decisions = [
            Decision::Invalid(Invalid::Unrecognized),
            Decision::Ended(EndReason::SignedOut),
            Decision::Ended(EndReason::IdleExpiry),
            Decision::Invalid(Invalid::Ahead),
            Decision::Debounced { first_proof: true },
            Decision::Rotate,
            Decision::Replay(Replay::Undelivered),
            Decision::Replay(Replay::Concurrent),
            Decision::Reuse(Reuse::Recent),
            Decision::Reuse(Reuse::Stale),
        ];
        let counters = Counters::default();
        for (row, decision) in decisions.into_iter().enumerate() {
            (0..=row).for_each(|_| counters.count(decision));
        }
        for replay in [Replay::Undelivered, Replay::Concurrent] {
            counters.count(Decision::TooManyReplays { replay, retry_after });
        }
        let rows = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
        assert_eq!(counters.read(), DecisionCounts { rows, too_many_replays: 2 });
    }
}
