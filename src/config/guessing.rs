//! Rates for trying passwords, by account and by network: against guessing, and against flooding.

use std::time::Duration;

/// A bucket that refills: so many at once, and as many again spread over a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rate {
    /// The number at once after a pause, and in each `per` from then on. At least one, and at most one a millisecond.
    pub times: u32,
    /// The time until as many may come again: a millisecond for each at least, and at most a day.
    pub per: Duration,
}

impl Rate {
    /// A rate of so many at once, and of as many in each such time from then on.
    pub const fn new(times: u32, per: Duration) -> Self {
        Self { times, per }
    }

    /// Returns whether it can be kept.
    pub(super) fn makes_sense(self) -> bool {
        let least = Duration::from_millis(self.times.into());
        self.times > 0 && least <= self.per && self.per <= Duration::from_secs(24 * 3600)
    }
}

/// The bounds on guessing and flooding, each with its default; a rate of `None` bounds nothing.
///
/// Networks are those of [`Client::ip_prefix`](crate::session::Client::ip_prefix): /24 of IPv4, /48 of IPv6. A refusal
/// comes before the account is looked up, so that it tells no client which addresses have one.
///
/// # Security
/// No attacker locks an owner out from another network: each bucket belongs to one network, and what all networks
/// together guess at an address only lessens what each of them may, to no less than `under_attack`. The price is that N
/// networks guess at an address N × `failures` times at first, N × `under_attack` once `everywhere` is spent. An
/// attacker in the *same* network as an owner shares its buckets, and can make the owner wait. So can every client, if
/// a proxy hides all networks but its own: name the proxies that are trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Guessing {
    /// Sign-ins of one network, right or wrong, to any account: 60 a minute. That is enough for an office behind one
    /// address, and not for a flood.
    pub sign_ins: Option<Rate>,
    /// Sign-ups of one network that get as far as hashing a password: 30 in ten minutes.
    pub sign_ups: Option<Rate>,
    /// Wrong passwords for one address, from one network: 10 in ten minutes. The right one costs nothing.
    pub failures: Option<Rate>,
    /// Wrong passwords for one address, from all networks together: 100 an hour (NIST SP 800-63B-4 §3.2.2). Beyond it
    /// no client is refused; the address counts as under attack.
    pub everywhere: Option<Rate>,
    /// Wrong passwords for an address under attack, from one network: 3 an hour, instead of `failures`.
    pub under_attack: Rate,
    /// Passwords of one network that are hashed or wait for it at the same time: 16. While
    /// [`Hashing::concurrency`](super::Hashing::concurrency) of them run at once, a client from elsewhere waits for
    /// that many at most. At most 65,536.
    pub at_once: usize,
    /// Multiplies `sign_ins`, `sign_ups` and `failures` for all clients of unknown network together, such as those of
    /// an application that passes no addresses: by 16. They may use all of the queue. At
    /// most 1,000.
    pub unknown: u32,
}

/// The most passwords of one network at once.
const MAX_AT_ONCE: usize = 65_536;
const MAX_UNKNOWN: u32 = 1_000;

impl Guessing {
    pub(super) const DEFAULT: Self = Self {
        sign_ins: Some(Rate::new(60, Duration::from_secs(60))),
        sign_ups: Some(Rate::new(30, Duration::from_secs(600))),
        failures: Some(Rate::new(10, Duration::from_secs(600))),
        everywhere: Some(Rate::new(100, Duration::from_secs(3600))),
        under_attack: Rate::new(3, Duration::from_secs(3600)),
        at_once: 16,
        unknown: 16,
    };

    /// Bounds nothing but the queue: for tests, and for an application behind another guard.
    pub const OFF: Self =
        Self { sign_ins: None, sign_ups: None, failures: None, everywhere: None, ..Self::DEFAULT };

    /// The fault of the setting, if there is one.
    pub(super) fn fault(&self) -> Option<&'static str> {
        let rates = [self.sign_ins, self.sign_ups, self.failures, self.everywhere];
        let rates = rates.into_iter().flatten().chain([self.under_attack]);
        if !rates.into_iter().all(Rate::makes_sense) {
            return Some(
                "a rate must allow at least one, and at most one per millisecond, in at most a day",
            );
        }
        if !(1..=MAX_AT_ONCE).contains(&self.at_once) {
            return Some(
                "the passwords of one network that are checked at once must be 1 to 65536",
            );
        }
        (!(1..=MAX_UNKNOWN).contains(&self.unknown))
            .then_some("the factor for unknown networks must be 1 to 1,000")
    }
}
