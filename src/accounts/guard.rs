//! Decides which passwords a client may try now, by the address and the network, before an account is looked up.
//!
//! Invariant: no answer depends on an account. An attempt takes from the buckets when it begins, so that concurrent
//! ones find no more than there is, and puts it back unless the password turns out to be wrong.

use std::{hash::Hash, sync::Arc, time::Duration};

use super::buckets::{Bucket, Buckets};
use crate::{
    clock::Clock,
    config::{Guessing, Rate},
};

/// The bounds on guesses and floods.
#[derive(Debug)]
pub(super) struct Guard {
    sign_ins: Bounds,
    sign_ups: Bounds,
    failures: Bounds,
    everywhere: Buckets,
    under_attack: Buckets,
}

/// A rate for each known network, and another for all clients of unknown network together.
#[derive(Debug)]
struct Bounds {
    known: Buckets,
    unknown: Buckets,
}

/// A refusal, and the time after which another try is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooMany(pub(super) Duration);

/// An attempt at one address from one network. It costs nothing unless it is [`wrong`](Self::wrong).
#[derive(Debug)]
#[must_use]
pub(super) struct Attempt<'a>(Vec<(&'a Buckets, Bucket)>);

impl Guard {
    pub(super) fn new(guessing: &Guessing, clock: &Arc<dyn Clock>) -> Self {
        let buckets = |rate| Buckets::new(rate, Arc::clone(clock));
        let bounds =
            |rate: Option<Rate>| Bounds {
                known: buckets(rate),
                unknown: buckets(rate.map(|rate| Rate {
                    times: rate.times.saturating_mul(guessing.unknown),
                    ..rate
                })),
            };
        Self {
            sign_ins: bounds(guessing.sign_ins),
            sign_ups: bounds(guessing.sign_ups),
            failures: bounds(guessing.failures),
            everywhere: buckets(guessing.everywhere),
            under_attack: buckets(Some(guessing.under_attack)),
        }
    }

    /// Lets a sign-up from that network begin.
    pub(super) fn sign_up(&self, network: &str) -> Result<(), TooMany> {
        self.sign_ups.of(network).take(network).map(drop).map_err(TooMany)
    }

    /// Lets an attempt at that address begin.
    pub(super) fn attempt(&self, address: &str, network: &str) -> Result<Attempt<'_>, TooMany> {
        self.sign_ins.of(network).take(network).map_err(TooMany)?;
        let mut attempt = Attempt(Vec::with_capacity(2));
        attempt.take(self.failures.of(network), (address, network))?;
        // All clients of unknown network share one bucket of `failures`, so that it counts for everywhere, too.
        if !network.is_empty() {
            match self.everywhere.take(address) {
                Ok(bucket) => attempt.0.push((&self.everywhere, bucket)),
                Err(_) => attempt.take(&self.under_attack, (address, network))?,
            }
        }
        Ok(attempt)
    }
}

impl Bounds {
    fn of(&self, network: &str) -> &Buckets {
        if network.is_empty() { &self.unknown } else { &self.known }
    }
}

impl<'a> Attempt<'a> {
    fn take(&mut self, from: &'a Buckets, key: impl Hash) -> Result<(), TooMany> {
        self.0.push((from, from.take(key).map_err(TooMany)?));
        Ok(())
    }

    /// Spends what the attempt took, because its password was wrong.
    pub(super) fn wrong(mut self) {
        self.0.clear();
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.0.drain(..).for_each(|(buckets, bucket)| buckets.put_back(bucket));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    const HOUR: Duration = Duration::from_secs(3600);
    const OWNER: &str = "192.0.2.0/24";

    fn guard(change: impl FnOnce(&mut Guessing)) -> Guard {
        let mut guessing = Guessing::OFF;
        change(&mut guessing);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        Guard::new(&guessing, &clock)
    }

    /// Counts the wrong passwords in a row that the network has for the address.
    fn wrong(guard: &Guard, address: &str, network: &str) -> usize {
        (0..1000)
            .take_while(|_| guard.attempt(address, network).map(Attempt::wrong).is_ok())
            .count()
    }

    #[test]
    fn a_network_that_guesses_leaves_others_their_tries() {
        let guard = guard(|guessing| guessing.failures = Some(Rate::new(10, HOUR)));
        assert_eq!(wrong(&guard, "ada@example.com", "198.51.100.0/24"), 10);
        assert_eq!(wrong(&guard, "eve@example.com", "198.51.100.0/24"), 10, "another address");
        assert_eq!(wrong(&guard, "ada@example.com", OWNER), 10, "another network");
    }

    #[test]
    fn the_right_password_costs_no_tries() {
        let guard = guard(|guessing| {
            guessing.failures = Some(Rate::new(2, HOUR));
            guessing.everywhere = Some(Rate::new(2, HOUR));
        });
        for _ in 0..100 {
            drop(guard.attempt("ada@example.com", OWNER).expect("let in"));
        }
        assert_eq!(wrong(&guard, "ada@example.com", OWNER), 2);
    }

    #[test]
    fn many_networks_leave_each_a_few_tries_and_the_owner_too() {
        let guard = guard(|guessing| {
            guessing.failures = Some(Rate::new(10, HOUR));
            guessing.everywhere = Some(Rate::new(100, HOUR));
        });
        let guesses = |number| wrong(&guard, "ada@example.com", &format!("10.0.{number}.0/24"));
        assert_eq!((0..10).map(guesses).sum::<usize>(), 100);
        assert!((10..60).map(guesses).all(|count| count == 3), "under attack");
        assert_eq!(wrong(&guard, "ada@example.com", OWNER), 3, "never none");
        assert_eq!(wrong(&guard, "eve@example.com", OWNER), 10, "only that address");
    }

    #[test]
    fn unknown_networks_share_more_and_take_from_no_known_one() {
        let guard = guard(|guessing| {
            guessing.sign_ups = Some(Rate::new(2, HOUR));
            guessing.unknown = 5;
        });
        let ups = |network| (0..100).take_while(|_| guard.sign_up(network).is_ok()).count();
        assert_eq!((ups(""), ups(OWNER)), (10, 2));
    }
}
