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
    pub async fn get(&self, latency: Duration, wanted: Wanted) -> Result<Arc<Comparison>, Busy> {
        self.get_by(latency, wanted, PATIENCE, compare).await
    }

    async fn get_by<F>(
        &self,
        latency: Duration,
        wanted: Wanted,
        patience: Duration,
        measure: impl FnOnce(Duration) -> F,
    ) -> Result<Arc<Comparison>, Busy>
    where
        F: Future<Output = Result<Comparison, NotCompared>>,
    {
        let Some(place) =
            LATENCIES.iter().position(|each| u128::from(*each) == latency.as_millis())
        else {
            return Err(Busy::Others);
        };
        if let Some(kept) = self.kept(place, wanted) {
            return Ok(kept);
        }
        let waiting = self.queue.try_acquire();
        let turn = match &waiting {
            Ok(_) => tokio::time::timeout(patience, self.turn.lock()).await.ok(),
            Err(_) => None,
        };
        let Some(_turn) = turn else {
            return self.kept(place, Wanted::Kept).ok_or(Busy::Others);
        };
        // Another visitor may have asked for the same, and waited less.
        if let Some(kept) = self.kept(place, wanted) {
            return Ok(kept);
        }
        let comparison = Arc::new(measure(latency).await?);
        let kept = Kept { comparison: Arc::clone(&comparison), made_at: SystemClock.elapsed() };
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)[place] = Some(kept);
        Ok(comparison)
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
    use std::{cell::Cell, future};

    use super::*;

    const PLAIN: Duration = Duration::ZERO;

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

    #[tokio::test]
    async fn a_comparison_that_was_just_made_is_not_made_again() {
        let all = Comparisons::new();
        let made = Cell::new(0);
        let ask = async |latency, wanted| {
            let measure = async |latency| {
                made.set(made.get() + 1);
                Ok(empty(latency))
            };
            all.get_by(latency, wanted, PATIENCE, measure).await.expect("one").latency
        };
        let five = Duration::from_millis(5);
        for wanted in [Wanted::Kept, Wanted::Fresh, Wanted::Kept] {
            assert_eq!(ask(PLAIN, wanted).await, PLAIN);
            assert_eq!(ask(five, wanted).await, five);
        }
        assert_eq!(made.get(), 2, "one of each latency");
    }

    #[tokio::test]
    async fn one_is_made_at_a_time_and_others_get_an_older_one() {
        let all = Comparisons::new();
        let never = |_| future::pending();
        let first = all.get_by(PLAIN, Wanted::Fresh, PATIENCE, never);
        let second = async {
            let measure = async |latency| Ok(empty(latency));
            let five = Duration::from_millis(5);
            let refused = all.get_by(five, Wanted::Fresh, Duration::ZERO, measure).await;
            assert!(matches!(refused, Err(Busy::Others)), "{refused:?}");
            let made_at = SystemClock.elapsed();
            let older = Kept { comparison: Arc::new(empty(five)), made_at: Duration::ZERO };
            all.kept.lock().expect("no panic")[2] = Some(Kept { made_at, ..older.clone() });
            let kept = all.get_by(five, Wanted::Fresh, Duration::ZERO, measure).await;
            assert_eq!(kept.expect("the older one").latency, five);
        };
        tokio::select! {
            biased;
            _ = first => panic!("it never ends"),
            () = second => {}
        }
    }

    #[tokio::test]
    async fn a_latency_that_is_not_offered_is_refused() {
        let refused = Comparisons::new().get(Duration::from_millis(7), Wanted::Kept).await;
        assert!(matches!(refused, Err(Busy::Others)));
    }
}
