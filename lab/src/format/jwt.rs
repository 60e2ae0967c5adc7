//! JWTs by one key each, with the algorithm that is the key's: the token's header is compared with it, and chooses
//! nothing.

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rand,
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use coatroom::keyring::SigningAlgorithm;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};

use super::{Claims, FormatError};

/// The bytes with which PKCS #8 wraps an RSA key of this size, before its PKCS #1 form (RFC 5208 §5).
const PKCS8_HEAD: usize = 26;

/// The half of a key that signs, and the half that checks.
pub(super) struct Pair {
    algorithm: Algorithm,
    signing: EncodingKey,
    checking: DecodingKey,
}

impl Pair {
    pub(super) fn generate(algorithm: SigningAlgorithm) -> Result<Self, FormatError> {
        let no_key = |_| FormatError::Key;
        let refused = |_| FormatError::Key;
        Ok(match algorithm {
            SigningAlgorithm::Hs256 => {
                let mut secret = [0; 32];
                rand::fill(&mut secret).map_err(no_key)?;
                Self {
                    algorithm: Algorithm::HS256,
                    signing: EncodingKey::from_secret(&secret),
                    checking: DecodingKey::from_secret(&secret),
                }
            }
            SigningAlgorithm::Rs256 => {
                let pair = RsaKeyPair::generate(KeySize::Rsa3072).map_err(no_key)?;
                let wrapped: Pkcs8V1Der<'_> = pair.as_der().map_err(no_key)?;
                let private = wrapped.as_ref().get(PKCS8_HEAD..).ok_or(FormatError::Key)?;
                Self {
                    algorithm: Algorithm::RS256,
                    signing: EncodingKey::from_rsa_der(private),
                    checking: DecodingKey::from_rsa_der(pair.public_key().as_ref()),
                }
            }
            SigningAlgorithm::Es256 => {
                let random = SystemRandom::new();
                let curve = &ECDSA_P256_SHA256_FIXED_SIGNING;
                let private = EcdsaKeyPair::generate_pkcs8(curve, &random).map_err(no_key)?;
                let pair = EcdsaKeyPair::from_pkcs8(curve, private.as_ref()).map_err(refused)?;
                Self {
                    algorithm: Algorithm::ES256,
                    signing: EncodingKey::from_ec_der(private.as_ref()),
                    checking: DecodingKey::from_ec_der(pair.public_key().as_ref()),
                }
            }
            _ => {
                let private =
                    Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).map_err(no_key)?;
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(private.as_ref())
                    .map_err(refused)?;
                Self {
                    algorithm: Algorithm::EdDSA,
                    signing: EncodingKey::from_ed_der(private.as_ref()),
                    checking: DecodingKey::from_ed_der(pair.public_key().as_ref()),
                }
            }
        })
    }

    pub(super) fn sign(&self, claims: &Claims) -> Result<String, FormatError> {
        let header = Header::new(self.algorithm);
        jsonwebtoken::encode(&header, claims, &self.signing).map_err(|_| FormatError::Make)
    }

    pub(super) fn verify(&self, token: &str) -> Result<Claims, FormatError> {
        let mut validation = Validation::new(self.algorithm);
        // The form alone is measured here: what claims must say is the verifier's affair.
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        jsonwebtoken::decode(token, &self.checking, &validation)
            .map(|token| token.claims)
            .map_err(|_| FormatError::Refused)
    }
}
