//! The parameters of a world when it begins: lifetimes, windows and modes, within the bounds of the real configuration.

use std::time::Duration;

use coatroom::{
    ServerSecret,
    config::{
        AuthConfig, ConfigError, FeedTiming, Guessing, LockStep, LockStepResponse, MAX_ACCESS_TTL,
        Scheme, Verification,
    },
};
use serde::{Deserialize, Serialize};

use super::action::{Algorithm, Carrier, Change, Passing, Rank, Sessions, Slip};

/// The origin of a world's house.
pub const ORIGIN: &str = "https://house.example";

/// The time of a world for which its nodes believe what they know of the store; the life of an access token if that is
/// shorter.
const BOUND: Duration = Duration::from_secs(30);

/// The parameters of a world. D is always twice G, as the library has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Setting {
    /// The credential of a sign-in.
    pub carrier: Carrier,
    /// The place of the sessions.
    pub sessions: Sessions,
    /// The mistake that the house makes.
    pub slip: Slip,
    /// The algorithm of the signing keys.
    pub algorithm: Algorithm,
    /// The time after which the store answers, in milliseconds of the machine's clock.
    pub latency_ms: u32,
    /// The life of an access token, or of a token alone, in seconds.
    pub access_ttl_s: u32,
    /// G, in milliseconds.
    pub grace_ms: u32,
    /// The checks that a node makes before it believes a signed token.
    pub verification: Verification,
    /// The response to two clients that keep in step for three generations.
    pub lock_step: LockStepResponse,
    /// The requests that are refreshed in passing.
    pub refresh_on: Passing,
    /// The beginning: with the owner signed in, or not.
    pub start: Start,
    /// The role of the account.
    pub role: Rank,
}

/// The beginning of a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// The tokens of a sign-in are in the owner's jar.
    SignedIn,
    /// The jar is empty.
    SignedOut,
}

impl Setting {
    /// Access tokens of a minute, a grace of five seconds, the denylist, pages alone refreshed in passing, the owner
    /// signed in.
    pub const DEFAULT: Self = Self {
        carrier: Carrier::Pair,
        sessions: Sessions::Shared,
        slip: Slip::Nothing,
        algorithm: Algorithm::EdDsa,
        latency_ms: 0,
        access_ttl_s: 60,
        grace_ms: 5_000,
        verification: Verification::Denylist,
        lock_step: LockStepResponse::Report,
        refresh_on: Passing::Documents,
        start: Start::SignedIn,
        role: Rank::User,
    };

    /// The configuration of the nodes of such a world.
    ///
    /// # Errors
    /// The [`ConfigError`] of the real configuration.
    pub fn config(&self, secret: ServerSecret) -> Result<AuthConfig, ConfigError> {
        let mut config = AuthConfig::new(ORIGIN, secret);
        let ttl = Duration::from_secs(self.access_ttl_s.into());
        config.access_ttl = match self.carrier {
            Carrier::Token => ttl.min(MAX_ACCESS_TTL),
            Carrier::Pair | Carrier::Opaque => ttl,
        };
        config.grace = Duration::from_millis(self.grace_ms.into());
        config.token_ttl = ttl;
        config.scheme = self.scheme();
        config.algorithm = self.algorithm.into();
        config.lock_step = LockStep::new(config.lock_step.generations, self.lock_step);
        config.clock_skew = config.clock_skew.min(config.access_ttl);
        // A world's nodes ask whenever its time moves. The pace is by the machine's, and costs all worlds together.
        let bound = BOUND.min(config.access_ttl);
        config.feed = FeedTiming::new(bound / 2, bound);
        // The password of a world protects nothing.
        (config.hashing.memory_kib, config.hashing.iterations) = (8, 1);
        config.guessing = Guessing::OFF;
        config.check()?;
        Ok(config)
    }

    /// The time after which the store answers.
    pub const fn latency(&self) -> Duration {
        Duration::from_millis(self.latency_ms as u64)
    }

    /// The scheme of the nodes of such a world.
    pub const fn scheme(&self) -> Scheme {
        match self.carrier {
            Carrier::Pair => Scheme::Hybrid(self.verification),
            Carrier::Token => Scheme::Token(self.verification),
            Carrier::Opaque => Scheme::Opaque,
        }
    }

    /// The same, with another value of one parameter.
    #[must_use]
    pub const fn with(self, change: Change) -> Self {
        match change {
            Change::AccessTtl(access_ttl_s) => Self { access_ttl_s, ..self },
            Change::Grace(grace_ms) => Self { grace_ms, ..self },
            Change::Verification(verification) => Self { verification, ..self },
            Change::LockStep(lock_step) => Self { lock_step, ..self },
            Change::RefreshOn(refresh_on) => Self { refresh_on, ..self },
            Change::Latency(latency_ms) => Self { latency_ms, ..self },
        }
    }

    /// The longest life of an access token that may be asked for, in seconds.
    pub const MAX_ACCESS_TTL_S: u64 = MAX_ACCESS_TTL.as_secs();
}

impl Default for Setting {
    fn default() -> Self {
        Self::DEFAULT
    }
}
