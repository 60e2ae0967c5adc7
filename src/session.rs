//! A session, and the rule that decides what a refresh token is worth.
//!
//! [`decide`] is a pure function of the time, the token that was presented and the session's row. It reads no
//! clock, no database and no configuration but its arguments; what it decides, [`Auth`](crate::Auth) carries
//! out. It keeps three promises: a replay gets what the first answer got, a predecessor dies one grace window
//! after its successor was *seen in the browser*, and no generation is left before it was seen there for the
//! length of the spacing.

use std::{fmt, time::Duration};

pub use crate::id::SessionId;
use crate::{
    clock::Timestamp,
    named::named,
    principal::{Authority, Means, Principal, Subject},
};

mod transitions;

pub use self::transitions::{Rotation, Touch};

/// One sign-in in one browser, the owner of a chain of refresh tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The session's id: the `sid` of its tokens.
    pub id: SessionId,
    /// Its owner.
    pub subject: Subject,
    /// The rights of its owner when the session last asked: at its beginning, its last rotation or a change.
    pub authority: Authority,
    /// The version of what its owner may do now, read with the session and kept once for each subject.
    pub newest_authority: u64,
    /// The instant at which it began.
    pub created_at: Timestamp,
    /// The instant at which its owner last proved to be the owner: the `auth_time` of its tokens.
    pub authenticated_at: Timestamp,
    /// The means of that proof: the `amr` of its tokens.
    pub means: Means,
    /// The secret that its refresh tokens are derived from, together with the server's pepper.
    pub nonce: SessionNonce,
    /// The name of the pepper its tokens are derived with.
    pub pepper_kid: String,
    /// The number of the current refresh token, from 0.
    pub generation: u64,
    /// The instant at which the current generation began.
    pub rotated_at: Timestamp,
    /// The instant at which the current generation was first proven to be in the browser, if it was.
    pub acknowledged_at: Option<Timestamp>,
    /// The number of times that the predecessor was presented and answered with the current generation. It is there to
    /// be shown; no decision depends on it.
    pub replays: u32,
    /// The user's choice to stay signed in or not.
    pub persistence: Persistence,
    /// The instant at which it ends unless it is rotated before.
    pub idle_expires_at: Timestamp,
    /// The instant at which it ends in any case.
    pub absolute_expires_at: Timestamp,
    /// Set once it was revoked, never unset.
    pub revoked: Option<Revocation>,
    /// The browser that signed in.
    pub client: Client,
    /// The latest instant, by any node's clock, at which a refresh token of it was exchanged or answered again.
    pub last_seen_at: Timestamp,
    /// The number of the newest epoch when it began or was last rotated: a later one may have ended it.
    pub epoch: u64,
}

impl Session {
    /// The reason why the session is over, if it is. It never changes once there is one: of the two lifetimes, the one
    /// that ended first is named, however long ago that was.
    pub fn end_reason(&self, now: Timestamp) -> Option<EndReason> {
        let (end, reason) = if self.idle_expires_at < self.absolute_expires_at {
            (self.idle_expires_at, EndReason::IdleExpiry)
        } else {
            (self.absolute_expires_at, EndReason::AbsoluteExpiry)
        };
        match self.revoked {
            Some(revocation) => Some(revocation.reason),
            None => (now >= end).then_some(reason),
        }
    }

    /// Returns its owner, for as long as the session may live without a further sign of life.
    pub fn principal(&self) -> Principal {
        let ends = self.idle_expires_at.min(self.absolute_expires_at);
        Principal {
            subject: self.subject.clone(),
            session: self.id,
            authority: self.authority.clone(),
            authenticated_at: Timestamp::from_seconds(self.authenticated_at.seconds()),
            means: self.means.clone(),
            expires_at: Timestamp::from_seconds(ends.seconds()),
        }
    }

    /// Returns whether the authority of its owner was changed since the session last asked.
    pub const fn is_outdated(&self) -> bool {
        self.authority.version < self.newest_authority
    }
}

/// The 32 secret random bytes of a session.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionNonce(pub(crate) [u8; 32]);

impl SessionNonce {
    /// A nonce as a store holds it.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for a store to keep.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SessionNonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionNonce(…)")
    }
}

/// The origin of a session or a request, as coarsely as is useful to its owner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// The browser and system in words, such as "Chromium on Linux"; empty if unknown.
    pub label: String,
    /// A fingerprint of the whole `User-Agent`; empty if there was none.
    pub user_agent_hash: String,
    /// The network: an IPv4 address without its last byte, or the first 48 bits of an IPv6 address.
    pub ip_prefix: String,
}

/// The revocation of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Its instant.
    pub at: Timestamp,
    /// Its reason.
    pub reason: EndReason,
}

named! {
    /// The reason why a session is over.
    EndReason {
        /// Its owner signed out.
        SignedOut = "signed_out",
        /// Another sign-in in the same browser took its place.
        Replaced = "replaced",
        /// Two clients held its tokens: a refresh token that had been left behind was presented, or both refreshed in
        /// step and [`LockStep`](crate::config::LockStep) ends such sessions.
        Reuse = "reuse",
        /// It was not rotated for its idle lifetime.
        IdleExpiry = "idle_expiry",
        /// It reached its absolute lifetime.
        AbsoluteExpiry = "absolute_expiry",
        /// It was revoked, for a reason that only a newer version has a name for.
        Unknown = "unknown",
        /// An administrator ended it, alone or with others.
        Administrator = "administrator",
        /// The application ended it by itself, such as a job that found a reason.
        Application = "application",
        /// Its owner may not be signed in any more: [`People`](crate::people::People) no longer finds the subject.
        OwnerGone = "owner_gone",
        /// Its token is on the denylist: it was signed out or ended, or its owner's rights were changed. A token without a
        /// session does not say which.
        Denied = "denied",
        /// The store knows less of it than its client: it was restored from a copy, or lost a commit (row 4).
        Lost = "lost",
    }
}

named! {
    /// The time for which a browser keeps the session's cookies.
    Persistence {
        /// Until the browser is closed: cookies without `Max-Age`.
        Browser = "browser",
        /// "Stay signed in": cookies that live as long as the session may.
        Remembered = "remembered",
    }
}

/// The two windows of the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// G: the time after the proof of delivery for which the predecessor is still answered. Longer than any one-way
    /// delay that is to be forgiven; zero forgives nothing.
    pub grace: Duration,
    /// D: the least time after the proof of delivery for which a generation is kept. Twice the grace, so that no late
    /// answer can set the jar back to a generation that has been left.
    pub spacing: Duration,
}

/// The presented text, after its derivation was checked.
#[derive(Clone, Copy, Debug)]
pub enum Presented<'a> {
    /// Not a token of ours: malformed, of an unknown session, or wrongly derived.
    Unrecognized,
    /// A token that this server derived for the session, at some time.
    Genuine {
        /// The generation it names.
        generation: u64,
        /// The session it belongs to, as the store has it.
        session: &'a Session,
    },
}

/// The worth of a presented refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing.
    Invalid(Invalid),
    /// It belongs to a session that is over.
    Ended(EndReason),
    /// It is the current one, too young to be left: the browser keeps it.
    Debounced {
        /// True if this request is the first proof that the browser holds it.
        first_proof: bool,
    },
    /// It is exchanged for its successor.
    Rotate,
    /// It was exchanged already, and is answered as it was then.
    Replay(Replay),
    /// A replay, but more of them came than [`ReplayRate`](crate::replays::ReplayRate) lets through. Passes by itself.
    TooManyReplays {
        /// The replay it would have been.
        replay: Replay,
        /// The time after which one more is answered.
        retry_after: Duration,
    },
    /// It was left behind for good, and a client still has it.
    Reuse(Reuse),
}

/// The reason why a token is worth nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// It is no token of this server.
    Unrecognized,
    /// It names a generation that does not exist yet: a database was restored, or the server's secret is known.
    Ahead,
}

/// The reason why a spent token is answered all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replay {
    /// Its successor has never been seen in the browser: the answer was lost.
    Undelivered,
    /// Its successor was seen only just now: another request was under way.
    Concurrent,
}

/// The distance of a spent token from the current generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// Its successor is the current one.
    Recent,
    /// Two generations or more.
    Stale,
}

impl Decision {
    /// The row of the rule that decided, 1 to 10.
    pub const fn row(self) -> u8 {
        match self {
            Self::Invalid(Invalid::Unrecognized) => 1,
            Self::Ended(EndReason::IdleExpiry | EndReason::AbsoluteExpiry) => 3,
            Self::Ended(_) => 2,
            Self::Invalid(Invalid::Ahead) => 4,
            Self::Debounced { .. } => 5,
            Self::Rotate => 6,
            Self::Replay(replay) | Self::TooManyReplays { replay, .. } => match replay {
                Replay::Undelivered => 7,
                Replay::Concurrent => 8,
            },
            Self::Reuse(Reuse::Recent) => 9,
            Self::Reuse(Reuse::Stale) => 10,
        }
    }
}

/// Decides what a presented refresh token is worth. The first row that matches wins:
///
/// | row | condition | decision |
/// |---|---|---|
/// | 1 | no token of ours | `Invalid(Unrecognized)` |
/// | 2 | the session is revoked | `Ended` |
/// | 3 | past its absolute or idle lifetime | `Ended` |
/// | 4 | ahead of the session | `Invalid(Ahead)` |
/// | 5 | current; not proven delivered before, or less than the spacing ago | `Debounced` |
/// | 6 | current; proven delivered for the spacing or longer | `Rotate` |
/// | 7 | the predecessor; its successor not proven delivered | `Replay(Undelivered)` |
/// | 8 | the predecessor; its successor delivered within the grace | `Replay(Concurrent)` |
/// | 9 | the predecessor; its successor delivered longer ago | `Reuse(Recent)` |
/// | 10 | older | `Reuse(Stale)` |
///
/// The theft that rows 9 and 10 detect is that of RFC 9700 §4.14.2. A grace of zero has no row 8.
///
/// No number of replays is too many for the rule: an honest browser whose answers are lost may need any. The engine
/// bounds their rate, and says [`Decision::TooManyReplays`] when it does.
pub fn decide(now: Timestamp, presented: Presented<'_>, timing: &Timing) -> Decision {
    let Presented::Genuine { generation, session } = presented else {
        return Decision::Invalid(Invalid::Unrecognized);
    };
    if let Some(reason) = session.end_reason(now) {
        return Decision::Ended(reason);
    }
    if generation > session.generation {
        return Decision::Invalid(Invalid::Ahead);
    }
    // Compared as instants and not as ages, so that a clock that was set back makes nothing due.
    match (session.generation - generation, session.acknowledged_at) {
        (0, None) => Decision::Debounced { first_proof: true },
        (0, Some(at)) if now < at + timing.spacing => Decision::Debounced { first_proof: false },
        (0, Some(_)) => Decision::Rotate,
        (1, None) => Decision::Replay(Replay::Undelivered),
        // A grace of zero forgives nothing, not even what comes within the same millisecond.
        (1, Some(at)) if now <= at + timing.grace && !timing.grace.is_zero() => {
            Decision::Replay(Replay::Concurrent)
        }
        (1, Some(_)) => Decision::Reuse(Reuse::Recent),
        _ => Decision::Reuse(Reuse::Stale),
    }
}

#[cfg(test)]
pub(crate) mod tests;
