//! The settings of an embedding application: names, lifetimes, windows and costs.
//!
//! [`AuthConfig::check`] refuses combinations that would sign people out by accident or keep thieves in;
//! [`Auth::new`](crate::Auth::new) calls it, so that no other module has to.

mod check;
mod field;
mod guessing;
mod parts;

use std::{sync::Arc, time::Duration};

pub use self::{
    field::Field,
    guessing::{Guessing, Rate},
    parts::{
        FeedTiming, Hashing, Lifetimes, LockStep, LockStepResponse, PasswordPolicy, Scheme,
        Verification,
    },
};
use crate::{
    clock::DEFAULT_CLOCK_SKEW,
    keyring::{Schedule, SigningAlgorithm},
    observer::Observer,
    password_hash::ForeignHash,
    replays::ReplayRate,
    secret::ServerSecret,
    session::{Persistence, Timing},
};

/// The configuration of an [`Auth`](crate::Auth). Start from [`AuthConfig::new`] and change what differs.
///
/// [`check`](Self::check) refuses what is beyond the bounds that a field names.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AuthConfig {
    /// The `iss` of access tokens: the public origin of the server, such as `https://example.com`. Has no default; 1 to
    /// 512 bytes.
    pub issuer: String,
    /// The `aud` of access tokens. `coatroom` by default; 1 to 512 bytes.
    pub audience: String,
    /// The `realm` of the challenge in a 401 (RFC 9110 §11.5): a name of what a user signs in to. `sign-in` by default; 1
    /// to 64 printable characters of ASCII.
    pub realm: String,
    /// The secret that keys are derived from. Has no default; its type holds 32 bytes at least.
    pub secret: ServerSecret,
    /// Further secrets that are accepted for reading, so that a change of the secret signs no user out: sessions that
    /// began under one of them go on, and signing keys that it sealed are opened and sealed under `secret` at the next
    /// start. A former secret may go once the longest lifetime of a session has passed since the change. None by default;
    /// at most 16.
    pub old_secrets: Vec<ServerSecret>,
    /// The lifetime of an access token, in whole seconds. 15 minutes by default, and at most.
    pub access_ttl: Duration,
    /// The greatest difference of the clocks of two nodes: a token that another node issued is accepted if it is dated
    /// no further ahead, and what is revoked or retired is remembered that much longer. Five seconds by default; at most
    /// five minutes, and at most `access_ttl`.
    pub clock_skew: Duration,
    /// The algorithm of new signing keys. [`EdDsa`](SigningAlgorithm::EdDsa) by default.
    pub algorithm: SigningAlgorithm,
    /// The time for which other services may cache the public keys; a new key is published that long before it signs.
    /// Five minutes by default; at least a second, and at most a day.
    pub jwks_max_age: Duration,
    /// G: the time after the proof of delivery for which a spent refresh token is still answered; zero is strict.
    /// Longer than any one-way delay that is to be forgiven. 30 seconds by default; at most an eighth of `access_ttl`.
    pub grace: Duration,
    /// The rate at which replays of spent refresh tokens are answered; beyond it clients are told to wait (429). 50 at
    /// once and one a second by default; at most 10,000 at once, and at least one a minute.
    pub replays: ReplayRate,
    /// The point at which two clients count as keeping in step on one session, and the response. A report on three
    /// generations by default.
    pub lock_step: LockStep,
    /// The scheme by which clients hold sessions. [`Hybrid`](Scheme::Hybrid) with a
    /// [`Denylist`](Verification::Denylist) by default.
    pub scheme: Scheme,
    /// The lifetime of a token that is all there is of its session ([`Scheme::Token`]), in whole seconds. Eight hours by
    /// default; at most twelve.
    pub token_ttl: Duration,
    /// The timing by which a node learns of what other nodes did. A poll every second and a bound of five by default.
    pub feed: FeedTiming,
    /// The lifetimes of a session that ends with the browser. An hour idle and a day in all by default; at most 30 days.
    pub browser: Lifetimes,
    /// The lifetimes of a session whose owner asked to stay signed in. 14 days idle and 30 days in all by default; at most
    /// 30 days.
    pub remembered: Lifetimes,
    /// The time for which a session and its events are kept after its end: for its owner, and for an audit. 30 days by
    /// default. At least the life of an access token, twice the grace, twice the skew of clocks, and a minute; at most
    /// 3650 days.
    pub retention: Duration,
    /// The passwords that may be chosen. 15 to 256 characters by default.
    pub passwords: PasswordPolicy,
    /// The cost of a password hash. 19 MiB and two passes by default, four hashes at a time.
    pub hashing: Hashing,
    /// The verifier of password hashes of another make, if accounts have such. None by default.
    pub foreign_hashes: Option<Arc<dyn ForeignHash>>,
    /// The rates at which passwords may be tried. [`Guessing`] names the default of each.
    pub guessing: Guessing,
    /// The listener to what the engine does. None by default.
    pub observer: Option<Arc<dyn Observer>>,
}

/// The realm of an application that names none.
pub(crate) const DEFAULT_REALM: &str = "sign-in";
/// The longest life of a token without a session: half of the time for which changes are kept, so that a node that
/// starts hears of every revocation that still matters.
pub const MAX_TOKEN_TTL: Duration = Duration::from_secs(12 * 3600);
/// The longest life of an access token.
pub const MAX_ACCESS_TTL: Duration = Duration::from_secs(15 * 60);
/// The time for which other services cache the public keys, unless the configuration says otherwise.
pub(crate) const DEFAULT_JWKS_MAX_AGE: Duration = Duration::from_secs(5 * 60);
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
            realm: DEFAULT_REALM.into(),
            secret,
            old_secrets: Vec::new(),
            access_ttl: MAX_ACCESS_TTL,
            clock_skew: DEFAULT_CLOCK_SKEW,
            algorithm: SigningAlgorithm::EdDsa,
            jwks_max_age: DEFAULT_JWKS_MAX_AGE,
            grace: Duration::from_secs(30),
            replays: ReplayRate::new(50, Duration::from_secs(1)),
            lock_step: LockStep { generations: 3, response: LockStepResponse::Report },
            scheme: Scheme::Hybrid(Verification::Denylist),
            token_ttl: 8 * HOUR,
            feed: FeedTiming { poll: Duration::from_secs(1), bound: Duration::from_secs(5) },
            browser: Lifetimes { idle: HOUR, absolute: DAY },
            remembered: Lifetimes { idle: 14 * DAY, absolute: 30 * DAY },
            retention: 30 * DAY,
            passwords: PasswordPolicy { min: 15, max: 256, context: Vec::new() },
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

    /// The lifetime of the tokens that are signed: it depends on the scheme.
    pub const fn signed_ttl(&self) -> Duration {
        match self.scheme {
            Scheme::Token(_) => self.token_ttl,
            Scheme::Hybrid(_) | Scheme::Opaque => self.access_ttl,
        }
    }

    /// The durations that a change of signing keys has to wait for.
    pub const fn schedule(&self) -> Schedule {
        Schedule {
            cache: self.jwks_max_age,
            access_ttl: self.signed_ttl(),
            clock_skew: self.clock_skew,
        }
    }

    /// The lifetimes of a session of that kind. A token alone has one lifetime, however long a browser keeps it.
    pub const fn lifetimes(&self, persistence: Persistence) -> Lifetimes {
        match (self.scheme, persistence) {
            (Scheme::Token(_), _) => Lifetimes::new(self.token_ttl, self.token_ttl),
            (_, Persistence::Browser) => self.browser,
            (_, Persistence::Remembered) => self.remembered,
        }
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
