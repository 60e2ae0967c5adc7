//! A signing key as a store keeps it: names, times, and a private part that only the server's secret opens.
//!
//! The state of a key follows from its times alone, so that no background task has to run at the right moment and every
//! node changes over at the same instant.

use std::fmt;

use crate::{
    clock::Timestamp,
    key::{KeyId, SigningAlgorithm},
    named::named,
};

/// A signing key.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// Its public name.
    pub kid: KeyId,
    /// The algorithm that it signs with.
    pub algorithm: SigningAlgorithm,
    /// Its private part, encrypted under a key derived from the server's secret and bound to `kid` and
    /// `algorithm`.
    pub sealed: Vec<u8>,
    /// The instant at which it was made, and first published.
    pub staged_at: Timestamp,
    /// The instant from which it signs.
    pub active_at: Timestamp,
    /// The instant from which it signs nothing new.
    pub retiring_at: Option<Timestamp>,
    /// The instant from which its signatures are refused.
    pub retired_at: Option<Timestamp>,
}

impl KeyRecord {
    /// Returns its state at an instant.
    pub fn state(&self, now: Timestamp) -> KeyState {
        let reached = |at: Option<Timestamp>| at.is_some_and(|at| now >= at);
        if reached(self.retired_at) {
            KeyState::Retired
        } else if reached(self.retiring_at) {
            KeyState::Retiring
        } else if now >= self.active_at {
            KeyState::Active
        } else {
            KeyState::Staged
        }
    }
}

impl fmt::Debug for KeyRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRecord")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm)
            .field("sealed", &"…")
            .field("staged_at", &self.staged_at)
            .field("active_at", &self.active_at)
            .field("retiring_at", &self.retiring_at)
            .field("retired_at", &self.retired_at)
            .finish()
    }
}

named! {
    /// The state of a key.
    KeyState {
        /// It is published, so that other services know it before its first signature. It signs nothing yet; a token
        /// that a node whose clock is ahead signed with it is accepted.
        Staged = "staged",
        /// It signs.
        Active = "active",
        /// It signs nothing new; what it signed is accepted.
        Retiring = "retiring",
        /// Its signatures are refused.
        Retired = "retired",
    }
}
