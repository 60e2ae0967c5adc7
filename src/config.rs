//! The settings of an embedding application: names, lifetimes, windows and costs.
//!
//! [`AuthConfig::check`] refuses combinations that would sign people out by accident or keep thieves in;
//! [`Auth::new`](crate::Auth::new) calls it, so that no other module has to.

mod field;
mod guessing;

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

pub use self::{
    field::Field,
    guessing::{Guessing, Rate},
};
use crate::{
    clock::DEFAULT_CLOCK_SKEW,
    keyring::{Schedule, SigningAlgorithm},
    observer::Observer,
    password::ForeignHash,
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
    /// Further secrets that are accepted for reading, so that a change of the secret signs no user out: sessions that
    /// began under one of them go on, and signing keys that it sealed are opened and sealed under `secret` at the next
    /// start. A former secret may go once the longest lifetime of a session has passed since the change.
    pub old_secrets: Vec<ServerSecret>,
    /// The lifetime of an access token, in whole seconds.
    pub access_ttl: Duration,
    /// The greatest difference of the clocks of two nodes: a token that another node issued is accepted if it is dated
    /// no further ahead, and what is revoked or retired is remembered that much longer. At most five minutes, and at
    /// most `access_ttl`.
    pub clock_skew: Duration,
    /// The algorithm of new signing keys.
    pub algorithm: SigningAlgorithm,
    /// The time for which other services may cache the public keys; a new key is published that long before it signs.
    pub jwks_max_age: Duration,
    /// G: the time after the proof of delivery for which a spent refresh token is still answered; zero is strict.
    /// Longer than any one-way delay that is to be forgiven.
    pub grace: Duration,
    /// The rate at which replays of spent refresh tokens are answered; beyond it clients are told to wait (429).
    pub replays: ReplayRate,
    /// The point at which two clients count as keeping in step on one session, and the response.
    pub lock_step: LockStep,
    /// The checks that an access token passes before it is believed.
    pub verification: Verification,
    /// The timing by which a node learns of what other nodes did.
    pub feed: FeedTiming,
    /// The lifetimes of a session that ends with the browser.
    pub browser: Lifetimes,
    /// The lifetimes of a session whose owner asked to stay signed in.
    pub remembered: Lifetimes,
    /// The time for which a session and its events are kept after its end: for its owner, and for an audit. At least
    /// the life of an access token, twice the grace, twice the skew of clocks, and a minute.
    pub retention: Duration,
    /// The length that a password must have.
    pub passwords: PasswordPolicy,
    /// The cost of a password hash.
    pub hashing: Hashing,
    /// The verifier of password hashes of another make, if accounts have such.
    pub foreign_hashes: Option<Arc<dyn ForeignHash>>,
    /// The rates at which passwords may be tried.
    pub guessing: Guessing,
    /// The listener to what the engine does, if there is one.
    pub observer: Option<Arc<dyn Observer>>,
}

/// The lifetimes of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lifetimes {
    /// The time for which it lives after its sign-in or its last rotation.
    pub idle: Duration,
    /// The time for which it lives in all.
    pub absolute: Duration,
}

impl Lifetimes {
    /// A lifetime of `idle` after a sign-in or a rotation, and of `absolute` in all.
    pub const fn new(idle: Duration, absolute: Duration) -> Self {
        Self { idle, absolute }
    }
}

/// The treatment of two clients that refresh one session in step: see [`risk`](crate::risk).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LockStep {
    /// The number of generations in a row, 2 to 16, each replayed by another client than the one that rotated it.
    pub generations: u32,
    /// The response to such a streak.
    pub response: LockStepResponse,
}

impl LockStep {
    /// A streak of so many generations, and the response to it.
    pub const fn new(generations: u32, response: LockStepResponse) -> Self {
        Self { generations, response }
    }
}

/// The response to two clients in step.
///
/// The default is to report a streak of three. On ten thousand simulated days (`lab/examples/simulate`) it finds a
/// thief in step after three generations, all but always, and no browser of one network, of two families of addresses
/// or of three networks in turn. If every request may leave by another of four networks, it finds 2 % of honest days,
/// and a streak of four 0.1 %: an operator who ends sessions for it should know the networks of the users, or ask for
/// four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LockStepResponse {
    /// An event and a warning in the log, one for each generation; the session lives on.
    Report,
    /// The same, and the session ends as after reuse.
    End,
}

/// The checks that an access token passes before it is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verification {
    /// The signature alone: a revoked session's token is good until it expires. Made for comparison.
    Stateless,
    /// The signature and what the node remembers of revocations; if it may have missed some, as `Strict`.
    Denylist,
    /// The signature and the session's row, at every request.
    Strict,
}

/// The timing by which a node learns of what other nodes did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeedTiming {
    /// The interval at which a node polls the store for changes, beside the feed that it may have: the greatest lag if
    /// the feed fails.
    pub poll: Duration,
    /// The age beyond which the last answer is stale. Every request then reads its session's row, and is refused as
    /// unavailable if that fails: it is the greatest lag of a node that is cut off.
    pub bound: Duration,
}

impl FeedTiming {
    /// Polls at that interval, and takes an answer for stale beyond that bound.
    pub const fn new(poll: Duration, bound: Duration) -> Self {
        Self { poll, bound }
    }
}

/// The length that a password must have (NIST SP 800-63B-4 §3.1.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PasswordPolicy {
    /// The least number of code points: 15 if the password is the only factor, never below 8.
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
    /// The number that run at the same time; each holds its memory.
    pub concurrency: usize,
    /// The greatest number that wait; one more is refused as busy.
    pub queue: usize,
}

/// The longest life of an access token.
pub const MAX_ACCESS_TTL: Duration = Duration::from_secs(15 * 60);
/// The greatest difference of clocks that is forgiven: beyond it, an operator has to set a clock.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(5 * 60);
/// A password may have this many bytes, and so no more characters.
const MAX_PASSWORD_CHARACTERS: usize = 1024;
/// The most hashes at once. Each holds its memory: this is far beyond any machine, and far below what a semaphore can
/// count.
const MAX_HASHES_AT_ONCE: usize = 65_536;
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

impl AuthConfig {
    /// The defaults: access tokens of 15 minutes, sessions of an hour idle and a day in all, or of 14 and 30 days if
    /// the user asked to stay signed in, a grace of 30 seconds.
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
            foreign_hashes: None,
            guessing: Guessing::DEFAULT,
            observer: None,
        }
    }

    /// G and D of the rotation rule.
    pub fn timing(&self) -> Timing {
        Timing { grace: self.grace, spacing: self.grace.saturating_mul(2) }
    }

    /// The durations that a change of signing keys has to wait for.
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
            return refuse(Field::Issuer, "must not be empty");
        }
        if self.audience.is_empty() {
            return refuse(Field::Audience, "must not be empty");
        }
        if self.access_ttl.is_zero() || self.access_ttl.subsec_nanos() != 0 {
            return refuse(Field::AccessTtl, "must be a whole number of seconds, at least one");
        }
        if self.access_ttl > MAX_ACCESS_TTL {
            return refuse(Field::AccessTtl, "must be at most 15 minutes");
        }
        if self.clock_skew > MAX_CLOCK_SKEW.min(self.access_ttl) {
            return refuse(
                Field::ClockSkew,
                "must be at most 5 minutes, and at most the access token's lifetime",
            );
        }
        if self.jwks_max_age < Duration::from_secs(1) || self.jwks_max_age > DAY {
            return refuse(Field::JwksMaxAge, "must be at least a second and at most a day");
        }
        // By division: the double of what was asked for may be no duration.
        if self.grace > self.access_ttl / 8 {
            return refuse(
                Field::Grace,
                "must be at most an eighth of the access token's lifetime",
            );
        }
        if self.replays.burst == 0 || self.replays.burst > 10_000 {
            return refuse(Field::Replays, "must answer 1 to 10,000 at once");
        }
        if self.replays.refill.is_zero() || self.replays.refill > MINUTE {
            return refuse(Field::Replays, "must answer one more within a minute");
        }
        if !(2..=16).contains(&self.lock_step.generations) {
            // One such generation is a lost answer and a change of network; many more would never be looked at.
            return refuse(Field::LockStep, "must count 2 to 16 generations");
        }
        if self.feed.poll < Duration::from_millis(10) {
            return refuse(Field::Feed, "the pace of asking must be at least 10 ms");
        }
        if self.feed.poll > self.feed.bound / 2 || self.feed.bound > self.access_ttl {
            return refuse(
                Field::Feed,
                "the bound must be at least twice the pace, and at most the access token's lifetime",
            );
        }
        for (field, lifetimes) in
            [(Field::Browser, self.browser), (Field::Remembered, self.remembered)]
        {
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
                Field::Retention,
                "must be at least the access token's lifetime, twice the grace, twice the clock skew, and a minute",
            );
        }
        if self.passwords.min < 8 || self.passwords.min > self.passwords.max {
            return refuse(
                Field::Passwords,
                "must demand at least 8 characters, and at most those it allows (256 by default)",
            );
        }
        if self.passwords.max < 64 {
            return refuse(Field::Passwords, "must allow at least 64 characters");
        }
        if self.passwords.max > MAX_PASSWORD_CHARACTERS {
            return refuse(
                Field::Passwords,
                "must allow at most 1024 characters, the most that are hashed",
            );
        }
        if !(1..=MAX_HASHES_AT_ONCE).contains(&self.hashing.concurrency) {
            return refuse(Field::Hashing, "at least one must run at a time, and at most 65536");
        }
        if let Some(reason) = self.guessing.fault() {
            return refuse(Field::Guessing, reason);
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
    pub field: Field,
    /// The bound that it breaks.
    pub reason: &'static str,
}

#[cfg(test)]
mod tests;
