//! Eight ways to treat a refresh token that was used before, as small state machines.
//!
//! Seven are told from the documents of a system that works so, named in [`Policy::system`]; the eighth is Coatroom's
//! and calls the real [`decide`](coatroom::session::decide). They keep one session each, and know nothing of networks
//! or people. Invariant: once a policy has ended its session, it answers nothing else any more.

mod server;
mod system;

use serde::Serialize;

pub use self::{
    server::{PolicyAnswer, Server, Token},
    system::{Grace, System},
};

/// The treatment of a spent refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// It ends the session.
    Strict,
    /// Each use gets a new token, for a while after the rotation, and the one that was current until then is dead.
    Rerotate,
    /// Each use gets an access token, for a while, and keeps the refresh token it has.
    AccessOnly,
    /// Each use begins a new branch, for a while; the newest token of every branch is good.
    Branch,
    /// It is answered with its successor, the same each time, for a while after its first use.
    FromRotation,
    /// Each use gets a new successor until one is used; afterwards it is refused, and nothing ends.
    UntilUsed,
    /// The predecessor of the current token is answered with the current one, always; an older one within a window
    /// from the rotation.
    OneBehind,
    /// Coatroom's: its successor, the same each time, until a while after that one was seen.
    Coatroom,
}

impl Policy {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 8] = [
        Self::Strict,
        Self::Rerotate,
        Self::AccessOnly,
        Self::Branch,
        Self::FromRotation,
        Self::UntilUsed,
        Self::OneBehind,
        Self::Coatroom,
    ];

    /// Its name, for a table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict single use",
            Self::Rerotate => "a new token for each racer, in a window",
            Self::AccessOnly => "an access token only, in a window",
            Self::Branch => "a new branch for each use, in a window",
            Self::FromRotation => "the same successor, window from rotation",
            Self::UntilUsed => "the old one until its successor is used",
            Self::OneBehind => "the same successor, one behind always",
            Self::Coatroom => "Coatroom: window from proof of delivery",
        }
    }

    /// Its name, within a sentence.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Rerotate => "a new token for each",
            Self::AccessOnly => "access only",
            Self::Branch => "branches",
            Self::FromRotation => "a cache",
            Self::UntilUsed => "until used",
            Self::OneBehind => "one behind",
            Self::Coatroom => "this one",
        }
    }
}
