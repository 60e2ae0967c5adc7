//! The outcome of a comparison: what was measured of each architecture.

use std::time::Duration;

use super::{Architecture, Calls};
use crate::attack::{ATTACKS, Attack};

/// The outcome of a comparison.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The latency of the store while the engine was timed.
    pub latency: Duration,
    /// Number of times that it was timed; the median counts.
    pub times: usize,
    /// The interval at which nodes poll the store, and the lives of an access token and of a token alone: the library's
    /// defaults.
    pub poll: Duration,
    /// The life of an access token that a refresh token stands behind.
    pub access_ttl: Duration,
    /// The life of a token that is all there is.
    pub token_ttl: Duration,
    /// The findings on each architecture, in the order of [`ARCHITECTURES`](super::ARCHITECTURES).
    pub findings: Vec<Findings>,
}

/// The findings on an architecture.
#[derive(Clone, Debug)]
pub struct Findings {
    /// The architecture.
    pub architecture: &'static Architecture,
    /// The bytes of the header `Cookie` of a request.
    pub cookie_bytes: usize,
    /// Number of its cookies that a script of the page can read.
    pub readable: usize,
    /// The calls to the store of a sign-in.
    pub sign_in: Calls,
    /// The calls of all of the requests that follow.
    pub requests: Calls,
    /// Number of these requests.
    pub count: u32,
    /// The calls of a request once an access token is past its time.
    pub later: Calls,
    /// The median time in which the engine authenticates a credential that is new to it, on this machine and now.
    pub authenticate_new: Duration,
    /// The same, for one that it has seen before.
    pub authenticate: Duration,
    /// The time from a sign-out on the first node until it holds for a copy of the cookies, on the first node and on the
    /// second.
    pub sign_out: [Onset; 2],
    /// The calls to the store of that sign-out.
    pub sign_out_calls: Calls,
    /// The time from a change of the role on the first node until it holds, on the first node and on the second.
    pub role: [Onset; 2],
    /// The owner's standing after a restart of the first node.
    pub restart: Admission,
    /// The course of an hour without the store; `None` if it is the node's own memory.
    pub outage: Option<Outage>,
    /// The standing of the owner at a server that reaches no store of the others.
    pub alone: Alone,
    /// The attacks.
    pub attacked: Attacked,
}

/// The time at which something that was done began to hold at a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Onset {
    /// The node knew nothing of the session to begin with.
    NeverKnown,
    /// It held after that time.
    After(Duration, Effect),
    /// It did not hold in all the time that was tried.
    Never,
}

/// The effect by which a client felt it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It was refused.
    Refused,
    /// It had the new role.
    NewRole,
}

/// The answer of a node to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Let in.
    LetIn,
    /// Refused, as one that is not signed in.
    SignedOut,
    /// Refused, as one that may be signed in: the node cannot know.
    Unavailable,
}

/// The course of a time without the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// The time after which the owner was no longer let in, and what they were told; `None` if they were all the time.
    pub refused: Option<(Duration, Admission)>,
    /// Their standing once the store answered again.
    pub after: Admission,
}

/// The standing of a client at a server that shares no store with the one that signed it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alone {
    /// Let in by a server that has the public keys.
    ByPublicKey,
    /// Let in by a node that has the server's secret.
    BySecret,
    /// Refused by both.
    Refused,
}

/// The outcome of each attack, in the order of [`ATTACKS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attacked(pub [Fared; ATTACKS.len()]);

/// The outcome of an attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fared {
    /// The scheme has no token to make it of.
    NotMade,
    /// The attacker got nothing, and the owner noticed nothing.
    InVain,
    /// The attacker was let in, or changed something.
    LetIn,
}

impl Attacked {
    /// Returns the number of attacks that came out so.
    pub fn count(&self, fared: Fared) -> usize {
        self.0.iter().filter(|each| **each == fared).count()
    }

    /// Returns those by which the attacker was let in.
    pub fn let_in(&self) -> impl Iterator<Item = &'static Attack> + use<'_> {
        let all = ATTACKS.iter().zip(&self.0);
        all.filter(|(_, fared)| **fared == Fared::LetIn).map(|(attack, _)| attack)
    }
}

impl Comparison {
    /// Returns the findings on the architecture of that name.
    pub fn find(&self, slug: &str) -> Option<&Findings> {
        self.findings.iter().find(|each| each.architecture.slug == slug)
    }
}
