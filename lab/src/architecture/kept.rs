//! The comparisons that a server keeps for its visitors: one is made at a time, and none sooner than its time.
//!
//! A comparison costs a second or more of one core. Invariant: no more than one is computed at once, and a visitor who
//! asks for one that was just made is given that.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use coatroom::clock::{Clock, SystemClock};

use super::{Comparison, LATENCIES, NotCompared, compare};

/// The time for which a comparison is given to each visitor.
const FRESH: Duration = Duration::from_secs(10);
/// The time for which a visitor waits while another comparison is made.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most visitors that wait.
const QUEUE: usize = 8;

/// The age of a comparison that a visitor is content with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Any.
    Kept,
    /// One of the last seconds.
    Fresh,
}

/// The reason why a visitor gets none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Busy {
    /// Others are being measured, and none of that latency was kept.
    #[error("other measurements are under way; try again in a moment")]
    Others,
    /// The measurement failed.
    #[error(transparent)]
    Failed(#[from] NotCompared),
}

/// The comparisons of a server, one for each latency that is offered.
#[derive(Debug)]
pub struct Comparisons {
    kept: Mutex<[Option<Kept>; LATENCIES.len()]>,
    turn: tokio::sync::Mutex<()>,
    queue: tokio::sync::Semaphore,
}

#[derive(Clone, Debug)]
struct Kept {
    comparison: Arc<Comparison>,
    /// By the machine's clock.
    made_at: Duration,
}

impl Comparisons {
    /// None yet.
    pub const fn new() -> Self {
        Self {
            kept: Mutex::new([const { None }; LATENCIES.len()]),
            turn: tokio::sync::Mutex::const_new(()),
            queue: tokio::sync::Semaphore::const_new(QUEUE),
        }
    }

    /// Returns the comparison on stores of that latency, one of [`LATENCIES`]; measures it unless one is kept that is
    /// wanted. If too many wait, returns an older one, if there is one.
    ///
    /// # Errors
    /// [`Busy`].
    pub async fn get(
        &'static self,
        latency: Duration,
        wanted: Wanted,
    ) -> Result<Arc<Comparison>, Busy> {
        self.get_by(latency, wanted, PATIENCE, compare).await
    }

    async fn get_by<F>(
        &'static self,
        latency: Duration,
        wanted: Wanted,
        patience: Duration,
        measure: impl FnOnce(Duration) -> F,
    ) -> Result<Arc<Comparison>, Busy>
    where
        F: Future<Output = Result<Comparison, NotCompared>> + Send + 'static,
    {
        let millis = latency.as_millis();
        let place = LATENCIES.iter().position(|each| u128::from(*each) == millis);
        let place = place.ok_or(Busy::Others)?;
        if let Some(kept) = self.kept(place, wanted) {
            return Ok(kept);
        }
        let waiting = self.queue.try_acquire();
        let turn = match &waiting {
            Ok(_) => tokio::time::timeout(patience, self.turn.lock()).await.ok(),
            Err(_) => None,
        };
        let Some(turn) = turn else {
            return self.kept(place, Wanted::Kept).ok_or(Busy::Others);
        };
        // Another visitor may have asked for the same, and waited less.
        if let Some(kept) = self.kept(place, wanted) {
            return Ok(kept);
        }
        let measured = measure(latency);
        // In a task, which keeps its turn to the end if the visitor goes: visitors that come and go would otherwise have
        // many measured at once.
        let task = tokio::spawn(async move {
            let _turn = turn;
            let comparison = Arc::new(measured.await?);
            self.keep(place, &comparison);
            Ok(comparison)
        });
        task.await.unwrap_or_else(|stopped| Err(stopped.into())).map_err(Busy::Failed)
    }

    fn keep(&self, place: usize, comparison: &Arc<Comparison>) {
        let kept = Kept { comparison: Arc::clone(comparison), made_at: SystemClock.elapsed() };
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)[place] = Some(kept);
    }

    fn kept(&self, place: usize, wanted: Wanted) -> Option<Arc<Comparison>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner)[place].clone()?;
        let age = SystemClock.elapsed().saturating_sub(kept.made_at);
        (wanted == Wanted::Kept || age < FRESH).then_some(kept.comparison)
    }
}

impl Default for Comparisons {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future,
        sync::atomic::{AtomicU32, Ordering},
    };

    use futures::FutureExt as _;

    use super::*;

    const PLAIN: Duration = Duration::ZERO;
    const FIVE: Duration = Duration::from_millis(5);

    fn empty(latency: Duration) -> Comparison {
        Comparison {
            latency,
            times: 0,
            poll: PLAIN,
            access_ttl: PLAIN,
            token_ttl: PLAIN,
            findings: Vec::new(),
        }
    }

    async fn at_once(latency: Duration) -> Result<Comparison, NotCompared> {
        Ok(empty(latency))
    }

    #[tokio::test]
    async fn a_comparison_that_was_just_made_is_not_made_again() {
        static ALL: Comparisons = Comparisons::new();
        static MADE: AtomicU32 = AtomicU32::new(0);
        let ask = async |latency, wanted| {
            let measure = |latency| {
                MADE.fetch_add(1, Ordering::SeqCst);
                at_once(latency)
            };
            ALL.get_by(latency, wanted, PATIENCE, measure).await.expect("one").latency
        };
        for wanted in [Wanted::Kept, Wanted::Fresh, Wanted::Kept] {
            assert_eq!(ask(PLAIN, wanted).await, PLAIN);
            assert_eq!(ask(FIVE, wanted).await, FIVE);
        }
        assert_eq!(MADE.load(Ordering::SeqCst), 2, "one of each latency");
    }

    #[tokio::test]
    async fn one_is_made_at_a_time_even_if_its_visitor_goes() {
        static ALL: Comparisons = Comparisons::new();
        let ask = |latency| ALL.get_by(latency, Wanted::Fresh, PLAIN, at_once);
        let never = |_| future::pending();
        let visitor = ALL.get_by(PLAIN, Wanted::Fresh, PATIENCE, never).now_or_never();
        assert!(visitor.is_none(), "it has begun, and its visitor is gone");
        let refused = ask(FIVE).await;
        assert!(matches!(refused, Err(Busy::Others)), "{refused:?}");
        // One that is kept is better than none.
        let old = Kept { comparison: Arc::new(empty(FIVE)), made_at: Duration::ZERO };
        ALL.kept.lock().expect("no panic")[2] = Some(old);
        assert_eq!(ask(FIVE).await.expect("the older one").latency, FIVE);
    }

    #[tokio::test]
    async fn a_latency_that_is_not_offered_is_refused() {
        static ALL: Comparisons = Comparisons::new();
        let refused = ALL.get(Duration::from_millis(7), Wanted::Kept).await;
        assert!(matches!(refused, Err(Busy::Others)));
    }
}
