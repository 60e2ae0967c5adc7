//! How often something may be done.

use super::Refused;
use crate::clock::Timestamp;

/// A token bucket that holds a second's worth.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: u32,
    /// In thousandths.
    left: u64,
    at: Timestamp,
}

impl Bucket {
    pub(super) fn full(rate: u32, at: Timestamp) -> Self {
        Self { rate, left: u64::from(rate) * 1_000, at }
    }

    pub(super) fn take(&mut self, now: Timestamp) -> Result<(), Refused> {
        self.take_some(1, now)
    }

    pub(super) fn take_some(&mut self, count: u32, now: Timestamp) -> Result<(), Refused> {
        let passed = u64::try_from(now.since(self.at).as_millis()).unwrap_or(u64::MAX);
        let most = u64::from(self.rate) * 1_000;
        self.left = self.left.saturating_add(passed.saturating_mul(self.rate.into())).min(most);
        self.at = now;
        self.left = self.left.checked_sub(u64::from(count) * 1_000).ok_or(Refused::TooFast)?;
        Ok(())
    }
}
