//! What a world is like when it begins: lifetimes, windows and modes, within the bounds of the real configuration.

use std::time::Duration;

use coatroom::{
    ServerSecret,
    config::{
        AuthConfig, ConfigError, FeedTiming, Guessing, LockStep, LockStepResponse, MAX_ACCESS_TTL,
        Verification,
    },
    user::Role,
};
use serde::{Deserialize, Serialize};

use super::action::Change;

/// The origin of a world's house.
pub const ORIGIN: &str = "https://house.example";

/// For how long of a world's time its nodes believe what they know of the store, or for the life of an access token.
const BOUND: Duration = Duration::from_secs(30);

/// The parameters of a world. D is always twice G, as the library has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Setting {
    /// How long an access token is good, in seconds.
    pub access_ttl_s: u32,
    /// G, in milliseconds.
    pub grace_ms: u32,
    /// What is looked at before an access token is believed.
    pub verification: Verification,
    /// What is done about two clients that keep in step for three generations.
    pub lock_step: LockStepResponse,
    /// Whether somebody is signed in when the world begins.
    pub start: Start,
    /// The role of the account.
    pub role: Role,
}

/// How a world begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// With the tokens of a sign-in in the owner's jar.
    SignedIn,
    /// With an empty jar.
    SignedOut,
}

impl Setting {
    /// Access tokens of a minute, a grace of five seconds, the denylist, somebody signed in.
    pub const DEFAULT: Self = Self {
        access_ttl_s: 60,
        grace_ms: 5_000,
        verification: Verification::Denylist,
        lock_step: LockStepResponse::Report,
        start: Start::SignedIn,
        role: Role::User,
    };

    /// The configuration of the nodes of such a world.
    ///
    /// # Errors
    /// The [`ConfigError`] of the real configuration.
    pub fn config(&self, secret: ServerSecret) -> Result<AuthConfig, ConfigError> {
        let mut config = AuthConfig::new(ORIGIN, secret);
        config.access_ttl = Duration::from_secs(self.access_ttl_s.into());
        config.grace = Duration::from_millis(self.grace_ms.into());
        config.verification = self.verification;
        config.lock_step = LockStep::new(config.lock_step.generations, self.lock_step);
        config.clock_skew = config.clock_skew.min(config.access_ttl);
        // A world's nodes ask whenever its time moves. The pace is by the machine's, and costs all worlds together.
        let bound = BOUND.min(config.access_ttl);
        config.feed = FeedTiming::new(bound / 2, bound);
        // Nobody's password is kept here.
        (config.hashing.memory_kib, config.hashing.iterations) = (8, 1);
        config.guessing = Guessing::OFF;
        config.check()?;
        Ok(config)
    }

    /// The same, with another value of one parameter.
    #[must_use]
    pub const fn with(self, change: Change) -> Self {
        match change {
            Change::AccessTtl(access_ttl_s) => Self { access_ttl_s, ..self },
            Change::Grace(grace_ms) => Self { grace_ms, ..self },
            Change::Verification(verification) => Self { verification, ..self },
            Change::LockStep(lock_step) => Self { lock_step, ..self },
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
