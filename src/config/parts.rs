//! The parts of a configuration, each with its default, its unit and its bounds.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The lifetimes of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lifetimes {
    /// The time for which it lives after its sign-in or its last rotation: an hour, or 14 days if its owner asked to stay
    /// signed in. At least the life of an access token, and at most `absolute`.
    pub idle: Duration,
    /// The time for which it lives in all: a day, or 30 days if its owner asked to stay signed in. At most 30 days.
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
    /// The number of generations in a row, each replayed by another client than the one that rotated it: 3 by default, 2
    /// to 16.
    pub generations: u32,
    /// The response to such a streak: [`Report`](LockStepResponse::Report) by default.
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

/// The checks that a signed token passes before it is believed.
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

/// The scheme: what a client holds of its session, what is asked at each request, and what renews it.
///
/// A server has one. A change of it signs every user out, because no scheme accepts the tokens of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Scheme {
    /// A short-lived access token, and a refresh token that rotates by the rule. The default.
    Hybrid(Verification),
    /// One opaque token. The session's row is read at each request, and its idle lifetime begins anew with one, at most
    /// once a minute. Nothing is signed, and a store that does not answer refuses every request as unavailable.
    Opaque,
    /// One signed token that lives for [`token_ttl`](crate::AuthConfig::token_ttl) and is all there is of the session: no
    /// row, so no list of sessions, no reuse detection and no renewal. With [`Verification::Stateless`] a token that was
    /// signed out, or whose owner's rights were changed, is good until it expires. With [`Verification::Denylist`] it is
    /// refused from then on. [`Verification::Strict`] has no row to read, and is refused.
    Token(Verification),
}

impl Scheme {
    /// Returns the checks that a signed token passes; `None` if none is signed.
    pub const fn verification(self) -> Option<Verification> {
        match self {
            Self::Hybrid(verification) | Self::Token(verification) => Some(verification),
            Self::Opaque => None,
        }
    }
}

/// The timing by which a node learns of what other nodes did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeedTiming {
    /// The interval at which a node polls the store for changes, beside the feed that it may have: the greatest lag if
    /// the feed fails. A second by default; at least 10 ms, and at most half of `bound`.
    pub poll: Duration,
    /// The age beyond which the last answer is stale. Every request then reads its session's row, and is refused as
    /// unavailable if that fails: it is the greatest lag of a node that is cut off. Five seconds by default; at most the
    /// life of an access token.
    pub bound: Duration,
}

impl FeedTiming {
    /// Polls at that interval, and takes an answer for stale beyond that bound.
    pub const fn new(poll: Duration, bound: Duration) -> Self {
        Self { poll, bound }
    }
}

/// The passwords that may be chosen (NIST SP 800-63B-4 §3.1.1.2). A list of those that are tried first, and the user's
/// own address, are always refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PasswordPolicy {
    /// The least number of code points. 15 by default, as for a password that is the only factor; at least 8, and at most
    /// `max`.
    pub min: usize,
    /// The greatest number of code points. 256 by default; at least 64, and at most 1024.
    pub max: usize,
    /// The words that are tried first at this application, such as its own name: a password that is one of them, once or
    /// again and again, is refused, in upper and lower case. None by default; at most 64 of 1 to 64 code points each.
    pub context: Vec<String>,
}

/// The parameters of Argon2id, and how many run at once. A hash of today's cost replaces a weaker one when its password
/// is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hashing {
    /// The memory of each, in KiB. 19,456 by default, which is 19 MiB; at least 8 for each lane, and at most 4,194,304,
    /// which is 4 GiB.
    pub memory_kib: u32,
    /// The passes over the memory. 2 by default; 1 to 1,000.
    pub iterations: u32,
    /// The lanes. 1 by default; at most 255.
    pub parallelism: u32,
    /// The number that run at the same time; each holds its memory. 4 by default; at most 65,536.
    pub concurrency: usize,
    /// The greatest number that wait; one more is refused as busy. 64 by default; at most 65,536.
    pub queue: usize,
}
