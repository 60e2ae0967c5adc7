//! Time as an argument: the one place where the library looks at a clock.
//!
//! Everything else receives a [`Timestamp`], so that a rule can be tested at its edges and a world of the lab
//! can have a time of its own. Invariant: no other module calls `SystemTime::now` or `Instant::now`.

use std::{
    fmt,
    ops::{Add, Sub},
    sync::{
        LazyLock,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

/// The default of the greatest difference between the clocks of two nodes.
pub const DEFAULT_CLOCK_SKEW: Duration = Duration::from_secs(5);

/// An instant, in whole milliseconds since the Unix epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The first instant that there is.
    pub const MIN: Self = Self(i64::MIN);
    /// The last instant that there is.
    pub const MAX: Self = Self(i64::MAX);

    /// The instant `millis` milliseconds after the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// The instant `seconds` seconds after the epoch; the last or the first instant if that overflows.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Milliseconds since the epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down: a `NumericDate` of RFC 7519 §2.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The time from `earlier` until this instant; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// A source of the current time.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The current instant.
    fn now(&self) -> Timestamp;

    /// Returns the time since some instant that stays the same for this clock. It never goes back, even if
    /// [`now`](Self::now) is set back: it measures how long ago something was, and not when it was.
    fn elapsed(&self) -> Duration;
}

/// The clock of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that may look")]
    fn now(&self) -> Timestamp {
        // A clock before 1970 is a machine without a clock; the epoch is the least harmful answer.
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that may look")]
    fn elapsed(&self) -> Duration {
        // The origin of an `Instant` is unspecified, so the first one that is read serves as the origin.
        static FIRST_LOOK: LazyLock<Instant> = LazyLock::new(Instant::now);
        let first = *FIRST_LOOK;
        Instant::now().duration_since(first)
    }
}

/// A clock that stands still until it is told to move, for tests.
///
/// Its [`elapsed`](Clock::elapsed) is the machine's: tests move days at once, in which a node would have polled its
/// store a thousand times. A clock that was made [`alone`](Self::alone) has no time but its own.
#[derive(Debug)]
pub struct TestClock {
    wall: AtomicI64,
    /// The milliseconds that it has run; `None` if they are the machine's.
    lived: Option<AtomicU64>,
}

impl TestClock {
    /// A clock that shows `start`.
    pub const fn new(start: Timestamp) -> Self {
        Self { wall: AtomicI64::new(start.0), lived: None }
    }

    /// A clock that shows `start`, and whose [`elapsed`](Clock::elapsed) moves with [`advance`](Self::advance) alone.
    pub const fn alone(start: Timestamp) -> Self {
        Self { wall: AtomicI64::new(start.0), lived: Some(AtomicU64::new(0)) }
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.wall.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
        if let Some(lived) = &self.lived {
            lived.fetch_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
        }
    }

    /// Sets the wall clock, backwards too; no time passes.
    pub fn set(&self, to: Timestamp) {
        self.wall.store(to.0, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.wall.load(Ordering::SeqCst))
    }

    fn elapsed(&self) -> Duration {
        match &self.lived {
            Some(lived) => Duration::from_millis(lived.load(Ordering::SeqCst)),
            None => SystemClock.elapsed(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_round_down_on_both_sides_of_the_epoch() {
        assert_eq!(Timestamp::from_millis(1999).seconds(), 1);
        assert_eq!(Timestamp::from_millis(-1).seconds(), -1);
    }

    #[test]
    fn time_since_a_later_instant_is_zero() {
        let (early, late) = (Timestamp::from_millis(5), Timestamp::from_millis(9));
        assert_eq!(late.since(early), Duration::from_millis(4));
        assert_eq!(early.since(late), Duration::ZERO);
    }

    #[test]
    fn a_clock_that_is_set_back_has_lived_no_shorter() {
        let clock = TestClock::new(Timestamp::from_seconds(9));
        let before = clock.elapsed();
        clock.set(Timestamp::from_seconds(1));
        assert!(clock.elapsed() >= before && SystemClock.elapsed() >= before);
    }
}
