//! The settings of a verifier that fetches its keys.

use std::time::Duration;

use crate::{
    access_token::TokenKind,
    clock::DEFAULT_CLOCK_SKEW,
    config::{DEFAULT_JWKS_MAX_AGE, MAX_ACCESS_TTL},
};

/// The configuration of a [`RemoteVerifier`](super::RemoteVerifier). Start from [`RemoteConfig::new`] and change what
/// differs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RemoteConfig {
    /// The `iss` that tokens must have: the issuer's [`issuer`](crate::AuthConfig::issuer).
    pub issuer: String,
    /// The `aud` that tokens must have: the issuer's [`audience`](crate::AuthConfig::audience).
    pub audience: String,
    /// The kind of the tokens: access tokens by default. Those of [`Scheme::Token`](crate::config::Scheme::Token) also
    /// need a longer `max_lifetime`.
    pub kind: TokenKind,
    /// The longest lifetime of a token, from `iat` to `exp`, in whole seconds.
    pub max_lifetime: Duration,
    /// The greatest distance by which the issuer's clock may be ahead.
    pub clock_skew: Duration,
    /// The age from which the key set is fetched again: at most the issuer's
    /// [`jwks_max_age`](crate::AuthConfig::jwks_max_age), whose default it has, because a new key is shown that long
    /// before it signs. From `refetch_interval` to a day; headers of the answer change nothing.
    pub max_age: Duration,
    /// The least time from the beginning of one fetch to that of the next, whatever asks for it: a flood of tokens with
    /// invented keys costs the issuer no more. A key that signs at once, without having been shown before, is refused
    /// for so long at most. From one second to one minute.
    pub refetch_interval: Duration,
    /// The time past `max_age` for which the keys are used on while the issuer does not answer; zero for never. At most
    /// a day.
    ///
    /// # Security
    /// An attacker who holds a key that was withdrawn, and can keep this service from reaching the issuer, has
    /// `max_age` and this long.
    pub stale_for: Duration,
    /// The time after which a fetch counts as failed, and so the longest that a caller waits for one. Above zero, and at
    /// most `refetch_interval`.
    pub time_out: Duration,
}

const DAY: Duration = Duration::from_secs(24 * 3600);

impl RemoteConfig {
    /// The defaults: tokens of up to 15 minutes, clocks that differ by 5 seconds, keys that are fetched every 5 minutes
    /// and at most every 10 seconds, used for one hour longer if they cannot be, and a time-out of 5 seconds.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            audience: audience.into(),
            kind: TokenKind::Access,
            max_lifetime: MAX_ACCESS_TTL,
            clock_skew: DEFAULT_CLOCK_SKEW,
            max_age: DEFAULT_JWKS_MAX_AGE,
            refetch_interval: Duration::from_secs(10),
            stale_for: Duration::from_secs(3600),
            time_out: Duration::from_secs(5),
        }
    }

    /// Checks that the parts fit together.
    ///
    /// # Errors
    /// The first [`RemoteConfigError`] that is found, which names the field.
    pub fn check(&self) -> Result<(), RemoteConfigError> {
        let refuse = |field, reason| Err(RemoteConfigError { field, reason });
        if self.issuer.is_empty() {
            return refuse("issuer", "must not be empty");
        }
        if self.audience.is_empty() {
            return refuse("audience", "must not be empty");
        }
        if !(Duration::from_secs(1)..=Duration::from_secs(60)).contains(&self.refetch_interval) {
            return refuse("refetch_interval", "must be at least a second and at most a minute");
        }
        if !(self.refetch_interval..=DAY).contains(&self.max_age) {
            return refuse("max_age", "must be at least the refetch interval and at most a day");
        }
        if self.stale_for > DAY {
            return refuse("stale_for", "must be at most a day");
        }
        if self.time_out.is_zero() || self.time_out > self.refetch_interval {
            return refuse("time_out", "must be above zero, and at most the refetch interval");
        }
        Ok(())
    }
}

/// The reason why a [`RemoteConfig`] is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
#[non_exhaustive]
pub struct RemoteConfigError {
    /// The field of [`RemoteConfig`].
    pub field: &'static str,
    /// The bound that it breaks.
    pub reason: &'static str,
}
