//! The rate at which something may be done.

use std::time::Duration;

use coatroom::clock::Timestamp;

/// A token bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    /// The time in which one comes in, how much it holds, and how much is in it, in milliseconds.
    every: u64,
    most: u64,
    left: u64,
    at: Timestamp,
}

impl Bucket {
    /// A full one that holds so many.
    pub(super) fn full(most: u32, every: Duration, at: Timestamp) -> Self {
        let every = millis(every);
        let most = every.saturating_mul(most.into());
        Self { every, most, left: most, at }
    }

    /// A full one that holds a second's worth.
    pub(super) fn per_second(rate: u32, at: Timestamp) -> Self {
        Self::full(rate, Duration::from_secs(1) / rate, at)
    }

    /// Returns true if it holds as much as it can: it is as a new one then.
    pub(super) fn is_full(&self, now: Timestamp) -> bool {
        self.left.saturating_add(millis(now.since(self.at))) >= self.most
    }

    /// The time in which one comes in.
    pub(super) const fn every(&self) -> Duration {
        Duration::from_millis(self.every)
    }

    /// Takes so many out, or none if there are fewer.
    pub(super) fn take(&mut self, count: u32, now: Timestamp) -> Option<()> {
        self.left = self.left.saturating_add(millis(now.since(self.at))).min(self.most);
        self.at = now;
        self.left = self.left.checked_sub(self.every.saturating_mul(count.into()))?;
        Some(())
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
