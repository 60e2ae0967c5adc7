//! How often something may be done.

use crate::clock::Timestamp;

/// A token bucket that holds a second's worth.
#[derive(Debug)]
pub(super) struct Bucket {
    /// How many a second come in.
    rate: u32,
    /// How many it holds, and how many are in it, in thousandths.
    most: u64,
    left: u64,
    at: Timestamp,
}

impl Bucket {
    pub(super) fn full(rate: u32, at: Timestamp) -> Self {
        Self::holding(rate, rate, at)
    }

    /// One that holds another number than comes in within a second.
    pub(super) fn holding(most: u32, rate: u32, at: Timestamp) -> Self {
        let most = u64::from(most) * 1_000;
        Self { rate, most, left: most, at }
    }

    /// Takes so many out, or none where there are fewer.
    pub(super) fn take(&mut self, count: u32, now: Timestamp) -> Option<()> {
        let passed = u64::try_from(now.since(self.at).as_millis()).unwrap_or(u64::MAX);
        self.left =
            self.left.saturating_add(passed.saturating_mul(self.rate.into())).min(self.most);
        self.at = now;
        self.left = self.left.checked_sub(u64::from(count) * 1_000)?;
        Some(())
    }
}
