//! The architectures side by side: the same clicks on each, and what came of them.
//!
//! Each is a pair of real nodes behind the layers of an application, on a store that counts and on a clock that is
//! moved. Invariant: a figure that is shown was measured; no more is fixed than who holds which key, which follows from
//! the algorithm, and the steps in which the clock moves.

mod aspects;
mod claims;
mod findings;
mod kept;
mod measure;
mod service;
mod site;
mod store;
mod text;
pub(crate) mod visitor;

use std::time::Duration;

use coatroom::{
    auth::StartError,
    config::{ConfigError, Scheme, Verification},
    keyring::SigningAlgorithm,
    store::StoreError,
};

pub use self::{
    aspects::{ASPECTS, Aspect},
    claims::{Agreement, CLAIMS, Claim},
    findings::{Admission, Alone, Attacked, Comparison, Effect, Fared, Findings, Onset, Outage},
    kept::{Busy, Comparisons, Wanted},
    measure::{compare, compare_some},
    store::Calls,
    text::{ATTACKED, COMPARED, KEYS, TABLES, Table, names},
};
pub(crate) use self::{
    site::{Node, Site},
    store::on_the_clock,
};
pub use crate::action::Sessions;
use crate::{format::Holder, seeds::Shown};

/// The latencies of a store that are offered, in milliseconds.
pub const LATENCIES: [u64; 5] = [0, 1, 5, 20, 50];

/// An architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Architecture {
    /// Its name in addresses.
    pub slug: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The settings of its nodes.
    pub kind: Kind,
    /// The place at which it can be seen at work.
    pub shown: Shown,
}

/// The settings in which architectures differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The scheme.
    pub scheme: Scheme,
    /// The algorithm of the signing keys.
    pub algorithm: SigningAlgorithm,
    /// The place of the sessions.
    pub sessions: Sessions,
}

const fn of(
    slug: &'static str,
    name: &'static str,
    scheme: Scheme,
    algorithm: SigningAlgorithm,
    shown: Shown,
) -> Architecture {
    Architecture { slug, name, kind: Kind { scheme, algorithm, sessions: Sessions::Shared }, shown }
}

const FORMATS: Shown = Shown::Page("/lab/formats", "Eight forms of token");

use SigningAlgorithm::{EdDsa, Es256, Hs256, Rs256};

const STATELESS: Scheme = Scheme::Token(Verification::Stateless);

/// All of them.
pub const ARCHITECTURES: [Architecture; 9] = [
    Architecture {
        slug: "opaque-memory",
        name: "Opaque, in memory",
        kind: Kind { scheme: Scheme::Opaque, algorithm: EdDsa, sessions: Sessions::OfEachNode },
        shown: Shown::Lesson("two-nodes"),
    },
    of(
        "opaque-store",
        "Opaque, in a shared store",
        Scheme::Opaque,
        EdDsa,
        Shown::Lesson("two-clubs"),
    ),
    of("jwt-eddsa", "Stateless JWT, EdDSA", STATELESS, EdDsa, Shown::Lesson("stolen-token-lives")),
    of("jwt-hs256", "Stateless JWT, HS256", STATELESS, Hs256, Shown::Lesson("who-can-forge")),
    of("jwt-rs256", "Stateless JWT, RS256", STATELESS, Rs256, FORMATS),
    of("jwt-es256", "Stateless JWT, ES256", STATELESS, Es256, FORMATS),
    of(
        "jwt-denylist",
        "JWT and a denylist",
        Scheme::Token(Verification::Denylist),
        EdDsa,
        Shown::Lesson("sign-out-keeps-a-copy"),
    ),
    of(
        "hybrid",
        "Hybrid, denylist",
        Scheme::Hybrid(Verification::Denylist),
        EdDsa,
        Shown::Lesson("silent-refresh"),
    ),
    of(
        "hybrid-strict",
        "Hybrid, strict",
        Scheme::Hybrid(Verification::Strict),
        EdDsa,
        Shown::Lesson("from-admin-to-user"),
    ),
];

impl Architecture {
    /// Returns the one of that name.
    pub fn find(slug: &str) -> Option<&'static Self> {
        ARCHITECTURES.iter().find(|each| each.slug == slug)
    }

    /// Returns the servers that hold a key by which a credential that is accepted can be made.
    pub const fn is_made_by(&self) -> Holder {
        match (self.kind.scheme, self.kind.algorithm) {
            (Scheme::Opaque, _) => Holder::OfPrivateKey,
            (_, Hs256) => Holder::OfSharedKey,
            _ => Holder::OfPrivateKey,
        }
    }
}

/// The reason why nothing was compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotCompared {
    /// The parameters make no sense together.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A node does not start.
    #[error("a node does not start: {0}")]
    Start(#[from] StartError),
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A request could not be built.
    #[error("a request could not be built: {0}")]
    Request(#[from] http::Error),
    /// A step was answered otherwise than it always is.
    #[error("{0} was answered with {1}")]
    Unexpected(&'static str, u16),
    /// The engine failed in a way that it should not.
    #[error("the engine failed: {0}")]
    Engine(String),
    /// The computing was broken off.
    #[error("the measurement was broken off: {0}")]
    Task(#[from] tokio::task::JoinError),
}

/// Returns the latency of [`LATENCIES`] that is nearest to a number of milliseconds; `None` beyond the greatest.
pub fn latency(millis: u64) -> Option<Duration> {
    let most = LATENCIES.into_iter().max()?;
    let nearest = LATENCIES.into_iter().min_by_key(|each| each.abs_diff(millis));
    nearest.filter(|_| millis <= most).map(Duration::from_millis)
}
