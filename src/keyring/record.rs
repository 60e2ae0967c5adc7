//! A signing key as a store keeps it: names, times, and a private part that only the server's secret opens.
//!
//! The state of a key follows from its times alone, so that no background task has to run at the right moment and every
//! node changes over at the same instant.

use std::fmt;

use crate::{clock::Timestamp, named::named};

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

named! {
    /// The algorithm that access tokens are signed with: the `alg` of their header.
    ///
    /// The algorithm is the key's. What a token's header says is only compared with it (RFC 8725 §3.1).
    SigningAlgorithm {
        /// Ed25519 (RFC 8037): short, fast and deterministic; the default.
        EdDsa = "EdDSA",
        /// ECDSA on P-256 with SHA-256 (RFC 7518 §3.4), for services that cannot check Ed25519. Every signature is
        /// random: replays of a rotation carry the same refresh token, and access tokens that say the same in other
        /// bytes.
        Es256 = "ES256",
        /// RSA with PKCS #1 v1.5 and SHA-256 (RFC 7518 §3.3), with keys of 3072 bits, for services that can check
        /// nothing else. Deterministic; a token is 426 characters longer than with Ed25519, and takes some milliseconds
        /// of computing instead of a few hundredths of one.
        Rs256 = "RS256",
        /// HMAC with SHA-256 (RFC 7518 §3.2), for a server that alone checks what it issues: a service that could check
        /// could also sign, so that the key is never published.
        Hs256 = "HS256",
    }
}

impl SigningAlgorithm {
    /// The same, as the library below names it.
    pub(crate) const fn jose(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Hs256 => jsonwebtoken::Algorithm::HS256,
        }
    }
}

/// The most bytes the name of a key may have.
const MAX_KEY_ID_LEN: usize = 128;

/// The name of a key, the `kid` of RFC 7517 §4.5: 1 to 128 visible characters of ASCII.
///
/// Ours are thumbprints (RFC 7638): 43 characters of base64url.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(String);

impl KeyId {
    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=MAX_KEY_ID_LEN).contains(&text.len());
        (fits && text.bytes().all(|byte| byte.is_ascii_graphic())).then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// Lets the `kid` of a token's header be looked up as it is, without a copy.
impl std::borrow::Borrow<str> for KeyId {
    fn borrow(&self) -> &str {
        &self.0
    }
}
