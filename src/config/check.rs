//! The bounds of a configuration: figures that fit together, and none that is beyond reason.
//!
//! Each cap is far beyond what an application needs, and within what a node can count, add and keep.

use std::time::Duration;

use super::{
    AuthConfig, ConfigError, DAY, FeedTiming, Field, Hashing, Lifetimes, LockStep, MAX_ACCESS_TTL,
    MAX_TOKEN_TTL, MINUTE, PasswordPolicy, Scheme, Verification,
};
use crate::replays::ReplayRate;

/// The greatest difference of clocks that is forgiven: beyond it, an operator has to set a clock.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(5 * 60);
/// An access token holds them, and has to fit into a cookie.
const MAX_NAME_BYTES: usize = 512;
/// Each is looked through for a session and for a signing key.
const MAX_OLD_SECRETS: usize = 16;
const MAX_RETENTION: Duration = DAY.saturating_mul(3650);
/// A password may have this many bytes, and so no more characters.
const MAX_PASSWORD_CHARACTERS: usize = 1024;
/// The most words that are no password, and the most characters of one. Each is compared at every sign-up.
const MAX_WORDS: usize = 64;
const MAX_WORD: usize = 64;
/// The most hashes at once. Each holds its memory: this is far beyond any machine, and far below what a semaphore can
/// count.
const MAX_HASHES_AT_ONCE: usize = 65_536;
const MAX_MEMORY_KIB: u32 = 4 * 1024 * 1024;
const MAX_ITERATIONS: u32 = 1_000;
const MAX_LANES: u32 = 255;

/// The reason why a value is refused.
type Fault = Option<&'static str>;

impl AuthConfig {
    /// Checks that the parts fit together.
    ///
    /// # Errors
    /// The first [`ConfigError`] that is found, which names the field.
    pub fn check(&self) -> Result<(), ConfigError> {
        let faults = [
            (Field::Issuer, name(&self.issuer)),
            (Field::Audience, name(&self.audience)),
            (Field::Realm, realm(&self.realm)),
            (Field::OldSecrets, self.old_secrets_fault()),
            (Field::AccessTtl, access_ttl(self.access_ttl)),
            (Field::Scheme, scheme(self.scheme)),
            (Field::TokenTtl, token_ttl(self.token_ttl)),
            (Field::ClockSkew, self.clock_skew_fault()),
            (Field::JwksMaxAge, jwks_max_age(self.jwks_max_age)),
            (Field::Grace, self.grace_fault()),
            (Field::Replays, replays(self.replays)),
            (Field::LockStep, lock_step(self.lock_step)),
            (Field::Feed, self.feed_fault()),
            (Field::Browser, self.sessions(self.browser)),
            (Field::Remembered, self.sessions(self.remembered)),
            (Field::Retention, self.retention_fault()),
            (Field::Passwords, passwords(&self.passwords)),
            (Field::Hashing, hashing(self.hashing)),
            (Field::Guessing, self.guessing.fault()),
        ];
        match faults.into_iter().find_map(|(field, fault)| fault.map(|reason| (field, reason))) {
            Some((field, reason)) => Err(ConfigError { field, reason }),
            None => Ok(()),
        }
    }

    fn old_secrets_fault(&self) -> Fault {
        (self.old_secrets.len() > MAX_OLD_SECRETS).then_some("must be at most 16")
    }

    fn clock_skew_fault(&self) -> Fault {
        (self.clock_skew > MAX_CLOCK_SKEW.min(self.access_ttl))
            .then_some("must be at most 5 minutes, and at most the access token's lifetime")
    }

    fn grace_fault(&self) -> Fault {
        // By division: the double of what was asked for may be no duration.
        (self.grace > self.access_ttl / 8)
            .then_some("must be at most an eighth of the access token's lifetime")
    }

    fn feed_fault(&self) -> Fault {
        let FeedTiming { poll, bound } = self.feed;
        if poll < Duration::from_millis(10) {
            return Some("the poll interval must be at least 10 ms");
        }
        (poll > bound / 2 || bound > self.access_ttl).then_some(
            "the bound must be at least twice the poll interval, and at most the access token's lifetime",
        )
    }

    fn sessions(&self, lifetimes: Lifetimes) -> Fault {
        if lifetimes.idle < self.access_ttl {
            return Some("the idle lifetime must not be below the access token's");
        }
        if lifetimes.idle > lifetimes.absolute {
            return Some("the idle lifetime must not be above the absolute one");
        }
        (lifetimes.absolute > 30 * DAY).then_some("the absolute lifetime must be at most 30 days")
    }

    fn retention_fault(&self) -> Fault {
        // A skew or a grace beyond its own bound is that field's fault, and would be no duration here.
        let windows = self.grace.saturating_add(self.clock_skew).saturating_mul(2);
        if self.retention < self.signed_ttl().saturating_add(windows).saturating_add(MINUTE) {
            return Some(
                "must be at least the access token's lifetime, twice the grace, twice the clock skew, and a minute",
            );
        }
        (self.retention > MAX_RETENTION).then_some("must be at most 3650 days")
    }
}

fn name(name: &str) -> Fault {
    (!(1..=MAX_NAME_BYTES).contains(&name.len())).then_some("must have 1 to 512 bytes")
}

fn realm(realm: &str) -> Fault {
    let printable = realm.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    (!(1..=MAX_WORD).contains(&realm.len()) || !printable)
        .then_some("must be 1 to 64 printable characters of ASCII")
}

fn access_ttl(ttl: Duration) -> Fault {
    if ttl.is_zero() || ttl.subsec_nanos() != 0 {
        return Some("must be a whole number of seconds, at least one");
    }
    (ttl > MAX_ACCESS_TTL).then_some("must be at most 15 minutes")
}

fn scheme(scheme: Scheme) -> Fault {
    (scheme == Scheme::Token(Verification::Strict)).then_some(
        "a token alone has no row that strict verification could read: choose stateless or denylist, or another scheme",
    )
}

fn token_ttl(ttl: Duration) -> Fault {
    if ttl.is_zero() || ttl.subsec_nanos() != 0 {
        return Some("must be a whole number of seconds, at least one");
    }
    (ttl > MAX_TOKEN_TTL).then_some("must be at most 12 hours")
}

fn jwks_max_age(age: Duration) -> Fault {
    (age < Duration::from_secs(1) || age > DAY)
        .then_some("must be at least a second and at most a day")
}

fn replays(rate: ReplayRate) -> Fault {
    if rate.burst == 0 || rate.burst > 10_000 {
        return Some("the burst must be 1 to 10,000");
    }
    (rate.refill.is_zero() || rate.refill > MINUTE)
        .then_some("the refill must be more than zero, and at most a minute")
}

fn lock_step(lock_step: LockStep) -> Fault {
    // One such generation is a lost answer and a change of network; many more would never be looked at.
    (!(2..=16).contains(&lock_step.generations)).then_some("the generations must be 2 to 16")
}

fn passwords(policy: &PasswordPolicy) -> Fault {
    if policy.min < 8 || policy.min > policy.max {
        return Some(
            "the minimum must be at least 8 characters, and at most the maximum (256 by default)",
        );
    }
    if policy.max < 64 {
        return Some("the maximum must be at least 64 characters");
    }
    if policy.max > MAX_PASSWORD_CHARACTERS {
        return Some("the maximum must be at most 1024 characters, the most that are hashed");
    }
    let is_word = |word: &String| (1..=MAX_WORD).contains(&word.chars().count());
    (policy.context.len() > MAX_WORDS || !policy.context.iter().all(is_word))
        .then_some("the context must have at most 64 words, each of 1 to 64 characters")
}

fn hashing(hashing: Hashing) -> Fault {
    let Hashing { memory_kib, iterations, parallelism, concurrency, queue } = hashing;
    if !(1..=MAX_LANES).contains(&parallelism) {
        return Some("the parallelism must be 1 to 255");
    }
    if !(8 * parallelism..=MAX_MEMORY_KIB).contains(&memory_kib) {
        return Some("the memory must be at least 8 KiB times the parallelism, and at most 4 GiB");
    }
    if !(1..=MAX_ITERATIONS).contains(&iterations) {
        return Some("the iterations must be 1 to 1,000");
    }
    if !(1..=MAX_HASHES_AT_ONCE).contains(&concurrency) {
        return Some("the concurrency must be 1 to 65536");
    }
    (queue > MAX_HASHES_AT_ONCE).then_some("the queue must be at most 65536")
}
