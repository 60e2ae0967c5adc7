//! The keys that access tokens are signed with and checked against.
//!
//! A key decides its algorithm; what a token's header says is only compared with it (RFC 8725 §3.1).

use std::{collections::HashMap, fmt};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey,
    jwk::{Jwk, ThumbprintHash},
};

use crate::secret::ServerSecret;

/// What precedes the 32 bytes of an Ed25519 private key in its PKCS #8 form (RFC 8410 §7).
const ED25519_PKCS8_PREFIX: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// A key that signs, with its public name.
pub(crate) struct SigningKey {
    pub(crate) kid: String,
    pub(crate) algorithm: Algorithm,
    pub(crate) key: EncodingKey,
}

/// A key that checks.
pub(crate) struct VerifyingKey {
    pub(crate) algorithm: Algorithm,
    pub(crate) key: DecodingKey,
}

/// The keys of a server: one that signs, and all that it accepts.
pub(crate) struct Keyring {
    pub(crate) signing: SigningKey,
    verifying: HashMap<String, VerifyingKey>,
}

impl Keyring {
    /// The keyring whose one Ed25519 key is derived from the server's secret.
    pub(crate) fn derived_from(secret: &ServerSecret) -> Result<Self, jsonwebtoken::errors::Error> {
        let algorithm = Algorithm::EdDSA;
        let seed = secret.derive("coatroom/access-key/ed25519/v1");
        let key = EncodingKey::from_ed_der(&[&ED25519_PKCS8_PREFIX[..], &seed].concat());
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed)
            .map_err(|_| jsonwebtoken::errors::ErrorKind::InvalidEddsaKey)?;
        let public = DecodingKey::from_ed_der(pair.public_key().as_ref());
        let kid =
            Jwk::from_decoding_key(&public, Some(algorithm))?.thumbprint(ThumbprintHash::SHA256)?;
        let verifying = HashMap::from([(kid.clone(), VerifyingKey { algorithm, key: public })]);
        Ok(Self { signing: SigningKey { kid, algorithm, key }, verifying })
    }

    /// The key of that name.
    pub(crate) fn find(&self, kid: &str) -> Option<&VerifyingKey> {
        self.verifying.get(kid)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({} signs)", self.signing.kid)
    }
}
