//! The rate at which replays are answered.
//!
//! An honest browser whose answers are lost may need any number of replays, so no total bounds them: 50 lost answers
//! in one generation would strand it. A rate does. It is kept in memory, by the node that answers, and refills by
//! itself, so that a client that was refused is answered a little later.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::session::SessionId;

/// The rate of replays that are answered, for each session and each network that presents its spent tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplayRate {
    /// The number answered at once after a pause, at least 1.
    pub burst: u32,
    /// The time after which one more is answered, more than zero.
    pub refill: Duration,
}

impl ReplayRate {
    /// So many at once, and one more after each `refill`.
    pub const fn new(burst: u32, refill: Duration) -> Self {
        Self { burst, refill }
    }

    /// The time in which a spent allowance becomes whole again.
    pub const fn whole_after(&self) -> Duration {
        self.refill.saturating_mul(self.burst)
    }
}

/// One client's remainder of a [`ReplayRate`]: the generic cell rate algorithm, on a clock that never goes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplayAllowance {
    /// The instant at which it is whole again.
    pub whole_at: Duration,
}

impl ReplayAllowance {
    /// Takes one replay out of the allowance at `now`, the time since a fixed instant.
    ///
    /// # Errors
    /// The time to wait for the next one, if none is left; nothing is taken then.
    pub fn take(&mut self, now: Duration, rate: ReplayRate) -> Result<(), Duration> {
        let whole_at = self.whole_at.max(now).saturating_add(rate.refill);
        let latest = now.saturating_add(rate.whole_after());
        let wait = whole_at.saturating_sub(latest);
        if !wait.is_zero() {
            return Err(wait);
        }
        self.whole_at = whole_at;
        Ok(())
    }
}

/// The allowances of a node.
#[derive(Debug)]
pub(crate) struct Replays {
    rate: ReplayRate,
    used: Mutex<Used>,
}

#[derive(Debug, Default)]
struct Used {
    allowances: HashMap<Holder, ReplayAllowance>,
    swept_at: Duration,
}

/// A session and a network: a thief elsewhere must not use up what the owner needs.
type Holder = (SessionId, String);

impl Replays {
    pub(crate) fn new(rate: ReplayRate) -> Self {
        Self { rate, used: Mutex::default() }
    }

    /// Takes one replay of a session out of the allowance of that network.
    ///
    /// # Errors
    /// As those of [`ReplayAllowance::take`].
    pub(crate) fn take(
        &self,
        session: SessionId,
        network: &str,
        now: Duration,
    ) -> Result<(), Duration> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        // An allowance that is whole again is as good as none; so what is kept is bounded by what was answered of late.
        if now.saturating_sub(used.swept_at) >= self.rate.whole_after() {
            used.allowances.retain(|_, allowance| allowance.whole_at > now);
            used.swept_at = now;
        }
        used.allowances.entry((session, network.to_owned())).or_default().take(now, self.rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: ReplayRate = ReplayRate::new(3, Duration::from_secs(2));

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn allowance_refuses_beyond_its_burst_and_says_until_when() {
        let mut allowance = ReplayAllowance::default();
        for _ in 0..3 {
            assert_eq!(allowance.take(at(10_000), RATE), Ok(()));
        }
        assert_eq!(allowance.take(at(10_000), RATE), Err(at(2_000)));
        assert_eq!(allowance.take(at(11_999), RATE), Err(at(1)), "a refusal costs nothing");
        assert_eq!(allowance.take(at(12_000), RATE), Ok(()));
        assert_eq!(allowance.take(at(12_000), RATE), Err(at(2_000)));
    }

    #[test]
    fn allowance_is_whole_after_a_pause_and_never_more() {
        let mut allowance = ReplayAllowance::default();
        for instant in [at(0), at(1_000_000)] {
            for _ in 0..3 {
                assert_eq!(allowance.take(instant, RATE), Ok(()));
            }
            assert_eq!(allowance.take(instant, RATE), Err(at(2_000)));
        }
    }

    #[test]
    fn replays_of_another_network_or_session_cost_nothing() {
        let replays = Replays::new(RATE);
        let [one, other] = [1, 2].map(|byte| SessionId::from_bytes([byte; 16]));
        for _ in 0..3 {
            assert_eq!(replays.take(one, "thief", at(0)), Ok(()));
        }
        assert!(replays.take(one, "thief", at(0)).is_err());
        assert_eq!(replays.take(one, "owner", at(0)), Ok(()));
        assert_eq!(replays.take(other, "thief", at(0)), Ok(()));
    }

    #[test]
    fn replays_forget_allowances_that_are_whole_again() {
        let replays = Replays::new(RATE);
        for byte in 0..100 {
            assert_eq!(replays.take(SessionId::from_bytes([byte; 16]), "", at(10)), Ok(()));
        }
        assert_eq!(replays.take(SessionId::from_bytes([200; 16]), "", at(6_010)), Ok(()));
        assert_eq!(replays.used.lock().expect("not poisoned").allowances.len(), 1);
    }
}
