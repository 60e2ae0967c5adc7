//! Token buckets, one for each key, by the engine's clock.
//!
//! Keys are hashes under a secret of the process: they have one size, name no client, and an attacker cannot make them
//! collide. Buckets that are full again are forgotten, so that memory grows with what is spent, and not with the number
//! of clients that ever came.

use std::{
    convert::Infallible,
    fmt,
    hash::{BuildHasher as _, Hash, RandomState},
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{
        StateStore,
        keyed::{HashMapStateStore, ShrinkableKeyedStateStore},
    },
};

use crate::{clock::Clock, config::Rate};

/// The number of buckets below which none is dropped.
const FEW: usize = 1024;

/// The buckets of one rate; if it is `None`, they never empty.
pub(super) struct Buckets(Option<Limited>);

struct Limited {
    limiter: RateLimiter<u64, States, Ticks, NoOpMiddleware<Nanos>>,
    states: States,
    ticks: Ticks,
    each: Nanos,
    secret: RandomState,
    /// The number of buckets at which those that are full again are dropped.
    sweep_at: AtomicUsize,
}

/// One bucket, for the caller that puts back what it took out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket(u64);

impl Buckets {
    pub(super) fn new(rate: Option<Rate>, clock: Arc<dyn Clock>) -> Self {
        Self(rate.map(|rate| {
            let states = States(Arc::default());
            let ticks = Ticks(clock);
            let times = NonZeroU32::new(rate.times).unwrap_or(NonZeroU32::MIN);
            let each = (rate.per / times.get()).max(Duration::from_nanos(1));
            let quota = Quota::with_period(each).unwrap_or(Quota::per_second(times));
            Limited {
                limiter: RateLimiter::new(quota.allow_burst(times), states.clone(), ticks.clone()),
                states,
                ticks,
                each: each.into(),
                secret: RandomState::new(),
                sweep_at: AtomicUsize::new(FEW),
            }
        }))
    }

    /// Takes one out of that key's bucket.
    ///
    /// # Errors
    /// The time until one is there again.
    pub(super) fn take(&self, key: impl Hash) -> Result<Bucket, Duration> {
        let Some(limited) = &self.0 else { return Ok(Bucket(0)) };
        let key = limited.secret.hash_one(key);
        limited.sweep();
        match limited.limiter.check_key(&key) {
            Ok(()) => Ok(Bucket(key)),
            Err(until) => Err(until.wait_time_from(governor::clock::Clock::now(&limited.ticks))),
        }
    }

    /// Puts one back.
    pub(super) fn put_back(&self, bucket: Bucket) {
        if let Some(limited) = &self.0 {
            let less = |at: Option<Nanos>| at.unwrap_or_default().saturating_sub(limited.each);
            let Ok(()) = limited
                .states
                .measure_and_replace(&bucket.0, |at| Ok::<_, Infallible>(((), less(at))));
        }
    }

    /// Counts the buckets that are not full.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |limited| limited.states.len())
    }
}

impl Limited {
    /// Forgets the full ones, once there are twice as many as were not full the last time.
    fn sweep(&self) {
        let sweep_at = self.sweep_at.load(Ordering::Relaxed);
        if self.states.len() < sweep_at {
            return;
        }
        // Of concurrent callers, one sweeps.
        let claimed = self.sweep_at.compare_exchange(
            sweep_at,
            usize::MAX,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
        if claimed.is_ok() {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
            self.sweep_at.store((2 * self.states.len()).max(FEW), Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for Buckets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.as_ref().map(|limited| limited.states.len());
        f.debug_tuple("Buckets").field(&count).finish()
    }
}

/// The buckets' levels: the limiter takes from them, and [`Buckets::put_back`] adds to them.
#[derive(Clone)]
struct States(Arc<HashMapStateStore<u64>>);

impl StateStore for States {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, key: &u64, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        self.0.measure_and_replace(key, f)
    }
}

impl ShrinkableKeyedStateStore<u64> for States {
    fn retain_recent(&self, drop_below: Nanos) {
        self.0.retain_recent(drop_below);
    }

    fn shrink_to_fit(&self) {
        ShrinkableKeyedStateStore::shrink_to_fit(&*self.0);
    }

    fn len(&self) -> usize {
        ShrinkableKeyedStateStore::len(&*self.0)
    }

    fn is_empty(&self) -> bool {
        ShrinkableKeyedStateStore::is_empty(&*self.0)
    }
}

/// The engine's clock that never goes back: one that was set back would lock every client out until it caught up.
#[derive(Clone, Debug)]
struct Ticks(Arc<dyn Clock>);

impl governor::clock::Clock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        // Counts from one: a level of zero means a bucket that was never used.
        Nanos::from(self.0.elapsed()) + Nanos::new(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{TestClock, Timestamp};

    /// A clock whose time and elapsed time the test both moves.
    #[derive(Debug)]
    struct Hands(TestClock);

    impl Clock for Hands {
        fn now(&self) -> Timestamp {
            self.0.now()
        }

        fn elapsed(&self) -> Duration {
            self.0.now().since(Timestamp::from_millis(0))
        }
    }

    fn buckets(times: u32, per: Duration) -> (Arc<Hands>, Buckets) {
        let clock = Arc::new(Hands(TestClock::new(Timestamp::from_millis(0))));
        (clock.clone(), Buckets::new(Some(Rate::new(times, per)), clock))
    }

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_bucket_empties_says_when_and_refills() {
        let (clock, buckets) = buckets(3, MINUTE);
        for _ in 0..3 {
            buckets.take("ada").expect("some left");
        }
        assert_eq!(buckets.take("ada").expect_err("empty"), MINUTE / 3);
        buckets.take("eve").expect("a bucket of its own");
        clock.0.advance(Duration::from_millis(19_999));
        assert_eq!(buckets.take("ada").expect_err("empty"), Duration::from_millis(1));
        clock.0.advance(Duration::from_millis(1));
        buckets.take("ada").expect("one came in");
        assert!(buckets.take("ada").is_err());
    }

    #[test]
    fn an_attempt_that_is_put_back_can_be_taken_again() {
        let (_, buckets) = buckets(2, MINUTE);
        for _ in 0..100 {
            let bucket = buckets.take("ada").expect("put back each time");
            buckets.put_back(bucket);
        }
        for _ in 0..2 {
            buckets.take("ada").expect("as many as ever, and no more");
        }
        assert!(buckets.take("ada").is_err());
    }

    #[test]
    fn buckets_that_are_full_again_are_forgotten() {
        let (clock, buckets) = buckets(1, MINUTE);
        for key in 0..100 * FEW {
            buckets.take(key).expect("a new one");
            // A thousand of them are spent at any time; each is full again a minute later.
            clock.0.advance(MINUTE / 1000);
            assert!(buckets.len() <= 4 * FEW, "{} after {key}", buckets.len());
        }
    }

    #[test]
    fn without_a_rate_nothing_empties() {
        let clock = Arc::new(crate::clock::SystemClock);
        let buckets = Buckets::new(None, clock);
        assert!((0..1000).all(|_| buckets.take("ada").is_ok()));
        assert_eq!(buckets.len(), 0);
    }
}
