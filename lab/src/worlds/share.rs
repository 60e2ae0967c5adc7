//! The rate at which new worlds may be made: by all visitors together, and by those of one network.

use std::collections::HashMap;

use coatroom::clock::Timestamp;

use super::{Limits, bucket::Bucket};

/// Number of networks below which none is forgotten.
const FEW: usize = 64;

/// The worlds that may still be made now.
#[derive(Debug)]
pub(super) struct Made {
    all: Bucket,
    rate: u32,
    rate_of_one: u32,
    of: HashMap<String, Bucket>,
}

impl Made {
    pub(super) fn new(limits: &Limits, now: Timestamp) -> Self {
        let Limits { rate, worlds, of_one, .. } = *limits;
        // The share of the pace is as great a part as that of the worlds, rounded up.
        let part = |of_one: u64| (u64::from(rate) * of_one).div_ceil(worlds.max(1) as u64);
        let rate_of_one = u32::try_from(part(of_one.min(worlds) as u64)).unwrap_or(rate);
        let all = Bucket::per_second(rate, now);
        Self { all, rate, rate_of_one: rate_of_one.max(1), of: HashMap::new() }
    }

    /// Takes so many, but no more than a second's worth, for a visitor from that network, if there are as many.
    pub(super) fn take(&mut self, cost: u32, network: &str, now: Timestamp) -> Option<()> {
        if !network.is_empty() {
            if self.of.len() >= FEW {
                self.of.retain(|_, bucket| !bucket.is_full(now));
            }
            let fresh = || Bucket::per_second(self.rate_of_one, now);
            let own = self.of.entry(network.to_owned()).or_insert_with(fresh);
            own.take(cost.min(self.rate_of_one), now)?;
        }
        self.all.take(cost.min(self.rate), now)
    }
}
