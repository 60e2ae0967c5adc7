//! A signing key as a store keeps it: names, times, and a private part that only the server's secret opens.
//!
//! What a key may do follows from its times alone, so that no job has to run at the right moment and every node
//! changes over at the same instant.

use std::fmt;

use crate::{clock::Timestamp, named::named};

/// A signing key.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// Its public name.
    pub kid: KeyId,
    /// What it signs with.
    pub algorithm: SigningAlgorithm,
    /// Its private part, encrypted under a key derived from the server's secret and bound to `kid` and
    /// `algorithm`.
    pub sealed: Vec<u8>,
    /// When it was made, and first shown.
    pub staged_at: Timestamp,
    /// From when on it signs.
    pub active_at: Timestamp,
    /// From when on it signs nothing new.
    pub retiring_at: Option<Timestamp>,
    /// From when on what it signed is refused.
    pub retired_at: Option<Timestamp>,
}

impl KeyRecord {
    /// What the key may do at an instant.
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
    /// What a key may do.
    KeyState {
        /// It is shown, so that everybody knows it before its first signature. It signs nothing yet; what another
        /// node signed with it, whose clock is ahead, is accepted.
        Staged = "staged",
        /// It signs.
        Active = "active",
        /// It signs nothing new; what it signed is accepted.
        Retiring = "retiring",
        /// What it signed is refused.
        Retired = "retired",
    }
}

named! {
    /// What access tokens are signed with: the `alg` of their header.
    ///
    /// The algorithm is the key's. What a token's header says is only compared with it (RFC 8725 §3.1).
    SigningAlgorithm {
        /// Ed25519 (RFC 8037): short, fast and deterministic; the default.
        EdDsa = "EdDSA",
        /// ECDSA on P-256 with SHA-256 (RFC 7518 §3.4), for who cannot check Ed25519. Every signature is drawn anew:
        /// replays of a rotation carry the same refresh token, and access tokens that say the same in other bytes.
        Es256 = "ES256",
        /// RSA with PKCS #1 v1.5 and SHA-256 (RFC 7518 §3.3), with keys of 3072 bits, for who can check nothing
        /// else. Deterministic; a token is 426 characters longer than with Ed25519, and takes some milliseconds of
        /// computing instead of a few hundredths of one.
        Rs256 = "RS256",
        /// HMAC with SHA-256 (RFC 7518 §3.2), for a server that alone checks what it issues: who can check can also
        /// sign, so that the key is never shown.
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

/// So that a token's header can be looked up as it is, without a copy.
impl std::borrow::Borrow<str> for KeyId {
    fn borrow(&self) -> &str {
        &self.0
    }
}
