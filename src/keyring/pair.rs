//! Key pairs: made, read back, and shown by their public half.
//!
//! The private forms are those that jsonwebtoken reads: PKCS #8 for Ed25519 and P-256, PKCS #1 for RSA, and the
//! bare bytes for HMAC. Nothing here is printed.

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use jsonwebtoken::{
    DecodingKey, EncodingKey,
    jwk::{Jwk, PublicKeyUse, ThumbprintHash},
};
use serde_json::Value;

use super::{KeyId, KeyringError, SigningAlgorithm, seal};
use crate::{
    key::VerifyingKey,
    secret::{ServerSecret, random},
};

/// The bytes before the 32 of an Ed25519 private key in its PKCS #8 form (RFC 8410 §7).
const ED25519_PKCS8_PREFIX: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// A key that was made and has no place in a keyring yet.
#[derive(Clone)]
pub struct NewKey {
    pub(super) kid: KeyId,
    pub(super) algorithm: SigningAlgorithm,
    pub(super) sealed: Vec<u8>,
}

impl NewKey {
    /// Makes a key: Ed25519, P-256, RSA of 3072 bits, or 32 random bytes for HMAC.
    ///
    /// A key of RSA takes up to some seconds of computing: from async code, call it on the blocking pool.
    ///
    /// # Errors
    /// [`KeyringError::Generate`] if the cryptographic library refuses.
    pub fn generate(
        algorithm: SigningAlgorithm,
        secret: &ServerSecret,
    ) -> Result<Self, KeyringError> {
        let private = generate(algorithm).ok_or(KeyringError::Generate(algorithm))?;
        Self::from_private(algorithm, private, secret)
    }

    /// A key whose private half is known.
    pub(super) fn from_private(
        algorithm: SigningAlgorithm,
        private: Vec<u8>,
        secret: &ServerSecret,
    ) -> Result<Self, KeyringError> {
        let kid = Pair::read(algorithm, &private)
            .and_then(|pair| pair.kid())
            .ok_or(KeyringError::Generate(algorithm))?;
        let sealed = seal::seal(&kid, algorithm, private, secret)?;
        Ok(Self { kid, algorithm, sealed })
    }

    /// Its public name.
    pub const fn kid(&self) -> &KeyId {
        &self.kid
    }
}

impl std::fmt::Debug for NewKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewKey({}, {})", self.kid, self.algorithm.as_str())
    }
}

/// Both halves of a key. Of HMAC there is one half, and `jwk` holds it: see [`Pair::shown`].
pub(crate) struct Pair {
    pub(crate) signing: EncodingKey,
    pub(crate) verifying: VerifyingKey,
    jwk: Jwk,
}

impl Pair {
    /// Reads a private half; `None` if it is none of that algorithm.
    pub(crate) fn read(algorithm: SigningAlgorithm, private: &[u8]) -> Option<Self> {
        let signing = match algorithm {
            SigningAlgorithm::EdDsa => EncodingKey::from_ed_der(private),
            SigningAlgorithm::Es256 => EncodingKey::from_ec_der(private),
            SigningAlgorithm::Rs256 => EncodingKey::from_rsa_der(private),
            SigningAlgorithm::Hs256 => EncodingKey::from_secret(private),
        };
        let jwk = Jwk::from_encoding_key(&signing, algorithm.jose()).ok()?;
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        Some(Self { signing, verifying: VerifyingKey::new(algorithm, key), jwk })
    }

    /// Its name.
    pub(crate) fn kid(&self) -> Option<KeyId> {
        thumbprint(&self.jwk)
    }

    /// The public half as a JWK (RFC 7517 §4). `None` for HMAC, whose one half is the secret.
    pub(crate) fn shown(&self, kid: &KeyId) -> Option<Value> {
        if self.verifying.algorithm == SigningAlgorithm::Hs256 {
            return None;
        }
        let mut jwk = self.jwk.clone();
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        jwk.common.key_id = Some(kid.to_string());
        serde_json::to_value(jwk).ok()
    }
}

/// The name of a key: its thumbprint (RFC 7638). That of an HMAC key is the hash of 32 random bytes, which gives
/// nothing of them away (RFC 7638 §7).
fn thumbprint(jwk: &Jwk) -> Option<KeyId> {
    KeyId::parse(&jwk.thumbprint(ThumbprintHash::SHA256).ok()?)
}

fn generate(algorithm: SigningAlgorithm) -> Option<Vec<u8>> {
    match algorithm {
        SigningAlgorithm::EdDsa => Some(ed25519_pkcs8(&random())),
        SigningAlgorithm::Es256 => {
            let random = SystemRandom::new();
            let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
            Some(key.ok()?.as_ref().to_vec())
        }
        SigningAlgorithm::Rs256 => {
            let key: Pkcs8V1Der<'_> = RsaKeyPair::generate(KeySize::Rsa3072).ok()?.as_der().ok()?;
            Some(pkcs1_of(key.as_ref())?.to_vec())
        }
        SigningAlgorithm::Hs256 => Some(random::<32>().to_vec()),
    }
}

/// The PKCS #8 form of an Ed25519 private key.
pub(crate) fn ed25519_pkcs8(seed: &[u8; 32]) -> Vec<u8> {
    [&ED25519_PKCS8_PREFIX[..], seed].concat()
}

/// The PKCS #1 form that an RSA key in PKCS #8 wraps: all that follows a sequence, the version, the algorithm and
/// the head of an octet string, whose lengths take two bytes each at this size (RFC 5208 §5).
fn pkcs1_of(pkcs8: &[u8]) -> Option<&[u8]> {
    let (head, pkcs1) = pkcs8.split_at_checked(26)?;
    let length = u16::try_from(pkcs1.len()).ok()?.to_be_bytes();
    (head[22..] == [0x04, 0x82, length[0], length[1]]).then_some(pkcs1)
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::json;

    use super::*;

    /// RFC 8037 A.1.
    const SEED: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";

    fn rfc_8037() -> Pair {
        let seed = URL_SAFE_NO_PAD.decode(SEED).expect("base64url");
        let private = ed25519_pkcs8(&seed.try_into().expect("32 bytes"));
        Pair::read(SigningAlgorithm::EdDsa, &private).expect("a key")
    }

    #[test]
    fn the_rfc_8037_key_gives_its_jwk_its_thumbprint_and_signature() {
        let pair = rfc_8037();
        let kid = thumbprint(&pair.jwk).expect("a name");
        assert_eq!(kid.as_str(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(
            pair.shown(&kid),
            Some(json!({
                "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
                "use": "sig", "alg": "EdDSA", "kid": kid.as_str(),
            }))
        );
        let message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signed =
            jsonwebtoken::crypto::sign(message, &pair.signing, jsonwebtoken::Algorithm::EdDSA);
        assert_eq!(
            signed.expect("signed"),
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        );
    }

    #[test]
    fn the_key_of_rfc_7638_has_its_thumbprint() {
        let jwk = serde_json::from_value(json!({
            "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWK\
                  RXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMi\
                  cAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRw\
                  r3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        }));
        let kid = thumbprint(&jwk.expect("a key")).expect("a name");
        assert_eq!(kid.as_str(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn a_private_half_of_another_algorithm_is_none() {
        let private = generate(SigningAlgorithm::EdDsa).expect("made");
        for other in [SigningAlgorithm::Es256, SigningAlgorithm::Rs256] {
            assert!(Pair::read(other, &private).is_none());
        }
        let private = generate(SigningAlgorithm::Es256).expect("made");
        for other in [SigningAlgorithm::EdDsa, SigningAlgorithm::Rs256] {
            assert!(Pair::read(other, &private).is_none());
        }
    }
}
