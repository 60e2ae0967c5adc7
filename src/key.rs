//! The names of signing keys, their algorithms, and the half of a key that checks: for those that sign and those that
//! only check.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use jsonwebtoken::DecodingKey;

use crate::named::named;

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

/// The half of a key that checks.
#[derive(Debug)]
pub(crate) struct VerifyingKey {
    pub(crate) algorithm: SigningAlgorithm,
    pub(crate) key: DecodingKey,
    /// Unlike that of every other key of this process, and of the same one read anew.
    pub(crate) serial: u64,
}

impl VerifyingKey {
    pub(crate) fn new(algorithm: SigningAlgorithm, key: DecodingKey) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self { algorithm, key, serial: NEXT.fetch_add(1, Ordering::Relaxed) }
    }
}
