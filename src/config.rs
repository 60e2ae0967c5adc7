//! What an embedding application decides: names, lifetimes, windows and costs.
//!
//! [`AuthConfig::check`] refuses combinations that would sign people out by accident or keep thieves in;
//! [`Auth::new`](crate::Auth::new) calls it, so that no other module has to.

mod guessing;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::guessing::{Guessing, Rate};
use crate::{
    clock::DEFAULT_CLOCK_SKEW,
    keyring::{Schedule, SigningAlgorithm},
    replays::ReplayRate,
    secret::ServerSecret,
    session::{Persistence, Timing},
};

/// The configuration of an [`Auth`](crate::Auth). Start from [`AuthConfig::new`] and change what differs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AuthConfig {
    /// The `iss` of access tokens: the public origin of the server, such as `https://example.com`.
    pub issuer: String,
    /// The `aud` of access tokens.
    pub audience: String,
    /// The secret that keys are derived from.
    pub secret: ServerSecret,
    /// Further secrets that are accepted for reading, so that a change of the secret signs nobody out: sessions that
    /// began under one of them go on, and signing keys that it sealed are opened and sealed under `secret` at the
    /// next start. A former secret may go once the longest lifetime of a session has passed since the change.
    pub old_secrets: Vec<ServerSecret>,
    /// How long an access token is good, in whole seconds.
    pub access_ttl: Duration,
    /// The greatest difference of the clocks of two nodes: a token that another node issued is accepted where it is
    /// dated no further ahead, and what is revoked or retired is remembered that much longer. At most five minutes, and
    /// at most `access_ttl`.
    pub clock_skew: Duration,
    /// What new signing keys are for.
    pub algorithm: SigningAlgorithm,
    /// How long others may keep a copy of the public keys; a new key is shown that long before it signs.
    pub jwks_max_age: Duration,
    /// G: how long after the proof of delivery a spent refresh token is still answered; zero is strict.
    /// Longer than any one-way delay that is to be forgiven.
    pub grace: Duration,
    /// The rate at which replays of spent refresh tokens are answered; beyond it they are told to wait (429).
    pub replays: ReplayRate,
    /// When two clients count as keeping in step on one session, and what is done then.
    pub lock_step: LockStep,
    /// What is looked at before an access token is believed.
    pub verification: Verification,
    /// How a node hears of what other nodes did.
    pub feed: FeedTiming,
    /// The lifetimes of a session that ends with the browser.
    pub browser: Lifetimes,
    /// The lifetimes of a session whose owner asked to stay signed in.
    pub remembered: Lifetimes,
    /// The time for which a session and its events are kept after its end: for its owner, and for an audit. At least the
    /// life of an access token, twice the skew of clocks, and a minute.
    pub retention: Duration,
    /// What a password must be.
    pub passwords: PasswordPolicy,
    /// What a password hash costs.
    pub hashing: Hashing,
    /// The rates at which passwords may be tried.
    pub guessing: Guessing,
}

/// How long a session lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lifetimes {
    /// Without anything heard from it.
    pub idle: Duration,
    /// In all.
    pub absolute: Duration,
}

impl Lifetimes {
    /// So long without anything heard from it, and so long in all.
    pub const fn new(idle: Duration, absolute: Duration) -> Self {
        Self { idle, absolute }
    }
}

/// What is done about two clients that refresh one session in step: see [`risk`](crate::risk).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LockStep {
    /// How many generations in a row, 2 to 16, each replayed by another client than the one that rotated it.
    pub generations: u32,
    /// What is done then.
    pub response: LockStepResponse,
}

impl LockStep {
    /// So many generations in a row, and what is done then.
    pub const fn new(generations: u32, response: LockStepResponse) -> Self {
        Self { generations, response }
    }
}

/// What is done about two clients in step.
///
/// The default is to report a streak of three. On ten thousand simulated days (`lab/examples/simulate`) it finds a thief
/// in step after three generations, all but always, and no browser of one network, of two families of addresses or of
/// three networks in turn. Where every request may leave by another of four networks, it finds 2 % of honest days, and a
/// streak of four 0.1 %: whoever ends sessions for it should know their people's networks, or ask for four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LockStepResponse {
    /// An event and a warning in the log, one for each generation; the session lives on.
    Report,
    /// The same, and the session ends as after reuse.
    End,
}

/// What is looked at before an access token is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verification {
    /// The signature alone: a revoked session's token is good until it expires. Made for comparison.
    Stateless,
    /// The signature and what the node remembers of revocations; where it may have missed some, as `Strict`.
    Denylist,
    /// The signature and the session's row, at every request.
    Strict,
}

/// How a node hears of what other nodes did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeedTiming {
    /// How often the store is asked for changes, beside the feed it may have: the greatest lag where the feed fails.
    pub poll: Duration,
    /// How old the last answer may be. Beyond it every request reads its session's row, and is refused as unavailable
    /// where that fails: the greatest lag of a node that is cut off.
    pub bound: Duration,
}

impl FeedTiming {
    /// Asks at that pace, and believes an answer no longer than that.
    pub const fn new(poll: Duration, bound: Duration) -> Self {
        Self { poll, bound }
    }
}

/// What a password must be (NIST SP 800-63B-4 §3.1.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PasswordPolicy {
    /// The least number of code points: 15 where the password is the only factor, never below 8.
    pub min: usize,
    /// The greatest number of code points.
    pub max: usize,
}

/// The parameters of Argon2id, and how many run at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hashing {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
    /// How many run at the same time; each holds its memory.
    pub concurrency: usize,
    /// How many wait at most; one more is refused as busy.
    pub queue: usize,
}

/// The longest life of an access token.
pub const MAX_ACCESS_TTL: Duration = Duration::from_secs(15 * 60);
/// The greatest difference of clocks that is forgiven: beyond it, a clock wants to be set.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(5 * 60);
/// A password may have this many bytes, and so no more characters.
const MAX_PASSWORD_CHARACTERS: usize = 1024;
/// Each holds its memory: far beyond any machine, and far below what a semaphore can count.
const MAX_HASHES_AT_ONCE: usize = 65_536;
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

impl AuthConfig {
    /// The defaults: access tokens of 15 minutes, sessions of an hour idle and a day in all, or of 14 and 30 days
    /// where the person asked to stay signed in, a grace of 30 seconds.
    pub fn new(issuer: impl Into<String>, secret: ServerSecret) -> Self {
        Self {
            issuer: issuer.into(),
            audience: "coatroom".into(),
            secret,
            old_secrets: Vec::new(),
            access_ttl: MAX_ACCESS_TTL,
            clock_skew: DEFAULT_CLOCK_SKEW,
            algorithm: SigningAlgorithm::EdDsa,
            jwks_max_age: 5 * MINUTE,
            grace: Duration::from_secs(30),
            replays: ReplayRate::new(50, Duration::from_secs(1)),
            lock_step: LockStep { generations: 3, response: LockStepResponse::Report },
            verification: Verification::Denylist,
            feed: FeedTiming { poll: Duration::from_secs(1), bound: Duration::from_secs(5) },
            browser: Lifetimes { idle: HOUR, absolute: DAY },
            remembered: Lifetimes { idle: 14 * DAY, absolute: 30 * DAY },
            retention: 30 * DAY,
            passwords: PasswordPolicy { min: 15, max: 256 },
            hashing: Hashing {
                memory_kib: 19_456,
                iterations: 2,
                parallelism: 1,
                concurrency: 4,
                queue: 64,
            },
            guessing: Guessing::DEFAULT,
        }
    }

    /// G and D of the rotation rule.
    pub fn timing(&self) -> Timing {
        Timing { grace: self.grace, spacing: self.grace.saturating_mul(2) }
    }

    /// What a change of signing keys has to wait for.
    pub const fn schedule(&self) -> Schedule {
        Schedule {
            cache: self.jwks_max_age,
            access_ttl: self.access_ttl,
            clock_skew: self.clock_skew,
        }
    }

    /// The lifetimes of a session of that kind.
    pub const fn lifetimes(&self, persistence: Persistence) -> Lifetimes {
        match persistence {
            Persistence::Browser => self.browser,
            Persistence::Remembered => self.remembered,
        }
    }

    /// Checks that the parts fit together.
    ///
    /// # Errors
    /// The first [`ConfigError`] that is found, which names the field.
    pub fn check(&self) -> Result<(), ConfigError> {
        let refuse = |field, reason| Err(ConfigError { field, reason });
        if self.issuer.is_empty() {
            return refuse("issuer", "must not be empty");
        }
        if self.audience.is_empty() {
            return refuse("audience", "must not be empty");
        }
        if self.access_ttl.is_zero() || self.access_ttl.subsec_nanos() != 0 {
            return refuse("access_ttl", "must be a whole number of seconds, at least one");
        }
        if self.access_ttl > MAX_ACCESS_TTL {
            return refuse("access_ttl", "must be at most 15 minutes");
        }
        if self.clock_skew > MAX_CLOCK_SKEW.min(self.access_ttl) {
            return refuse(
                "clock_skew",
                "must be at most 5 minutes, and at most the access token's lifetime",
            );
        }
        if self.jwks_max_age < Duration::from_secs(1) || self.jwks_max_age > DAY {
            return refuse("jwks_max_age", "must be at least a second and at most a day");
        }
        // By division: the double of what was asked for may be no duration.
        if self.grace > self.access_ttl / 8 {
            return refuse("grace", "must be at most an eighth of the access token's lifetime");
        }
        if self.replays.burst == 0 || self.replays.burst > 10_000 {
            return refuse("replays", "must answer 1 to 10,000 at once");
        }
        if self.replays.refill.is_zero() || self.replays.refill > MINUTE {
            return refuse("replays", "must answer one more within a minute");
        }
        if !(2..=16).contains(&self.lock_step.generations) {
            // One such generation is a lost answer and a change of network; many more would never be looked at.
            return refuse("lock_step", "must count 2 to 16 generations");
        }
        if self.feed.poll < Duration::from_millis(10) {
            return refuse("feed", "the pace of asking must be at least 10 ms");
        }
        if self.feed.poll > self.feed.bound / 2 || self.feed.bound > self.access_ttl {
            return refuse(
                "feed",
                "the bound must be at least twice the pace, and at most the access token's lifetime",
            );
        }
        for (field, lifetimes) in [("browser", self.browser), ("remembered", self.remembered)] {
            if lifetimes.idle < self.access_ttl {
                return refuse(field, "the idle lifetime must not be below the access token's");
            }
            if lifetimes.idle > lifetimes.absolute {
                return refuse(field, "the idle lifetime must not be above the absolute one");
            }
            if lifetimes.absolute > 30 * DAY {
                return refuse(field, "the absolute lifetime must be at most 30 days");
            }
        }
        if self.retention < self.access_ttl + 2 * self.grace + 2 * self.clock_skew + MINUTE {
            return refuse(
                "retention",
                "must be at least the access token's lifetime, twice the grace, twice the clock skew, and a minute",
            );
        }
        if self.passwords.min < 8 || self.passwords.min > self.passwords.max {
            return refuse(
                "passwords",
                "must demand at least 8 characters, and at most those it allows (256 by default)",
            );
        }
        if self.passwords.max < 64 {
            return refuse("passwords", "must allow at least 64 characters");
        }
        if self.passwords.max > MAX_PASSWORD_CHARACTERS {
            return refuse(
                "passwords",
                "must allow at most 1024 characters, the most that are hashed",
            );
        }
        if !(1..=MAX_HASHES_AT_ONCE).contains(&self.hashing.concurrency) {
            return refuse("hashing", "at least one must run at a time, and at most 65536");
        }
        if let Some(reason) = self.guessing.fault() {
            return refuse("guessing", reason);
        }
        Ok(())
    }
}

/// A configuration that does not fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
#[non_exhaustive]
pub struct ConfigError {
    /// The field of [`AuthConfig`].
    pub field: &'static str,
    /// What is wrong with it.
    pub reason: &'static str,
}

#[cfg(test)]
mod tests;
