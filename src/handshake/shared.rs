//! A secret that an issuer and one receiver share, for HS256.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, EncodingKey};

use crate::{
    key::{KeyId, SigningAlgorithm, VerifyingKey},
    secret::{ServerSecret, WeakSecret},
};

/// A secret that an issuer and one receiver share. The bytes of its text are the key of the HMAC.
///
/// # Security
/// A service that can check with it can also sign with it. So an issuer has another one for each receiver
/// ([`HandshakeIssuer::shared_secret`](super::HandshakeIssuer::shared_secret)): with one for all, each receiver could sign
/// any user in at every other one. [`Debug`] does not print it.
#[derive(Clone)]
pub struct SharedSecret {
    text: String,
    kid: KeyId,
}

impl SharedSecret {
    /// Reads a secret.
    ///
    /// # Errors
    /// [`WeakSecret`] if it has fewer than [`MIN_SECRET_BYTES`](crate::MIN_SECRET_BYTES) bytes, or fewer than eight
    /// different ones (RFC 7518 §3.2).
    pub fn new(text: impl Into<String>) -> Result<Self, WeakSecret> {
        let text = text.into();
        let secret = ServerSecret::new(text.as_bytes())?;
        // Derived, so that the name gives nothing of the secret away.
        let name = URL_SAFE_NO_PAD.encode(&secret.derive("coatroom/handshake-kid/v1")[..12]);
        let kid = KeyId::parse(&name).ok_or(WeakSecret)?;
        Ok(Self { text, kid })
    }

    /// The one that a server shares with the receiver of that audience.
    pub(super) fn derived(secret: &ServerSecret, audience: &str) -> Result<Self, WeakSecret> {
        let key = secret.derive(&format!("coatroom/handshake/hs256/v1/{audience}"));
        Self::new(URL_SAFE_NO_PAD.encode(key))
    }

    /// Its text, for the file that the receiver reads it from, and for nothing else.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// Its public name.
    pub const fn kid(&self) -> &KeyId {
        &self.kid
    }

    pub(super) fn signing(&self) -> EncodingKey {
        EncodingKey::from_secret(self.text.as_bytes())
    }

    pub(super) fn verifying(&self) -> VerifyingKey {
        let key = DecodingKey::from_secret(self.text.as_bytes());
        VerifyingKey::new(SigningAlgorithm::Hs256, key)
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedSecret({})", self.kid)
    }
}
