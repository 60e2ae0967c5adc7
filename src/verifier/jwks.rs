//! Reads a JWK set, and says of every key that is not used why.
//!
//! A key must say what it is: its name, its one algorithm, and nothing private. A verifier that guesses at what a set
//! left out lets an attacker choose the algorithm in the end (RFC 8725 §3.1). Invariant: a key that is returned is used
//! with its algorithm, and with no other.

use std::collections::{HashMap, HashSet};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    json::{self, Object},
    key::{KeyId, SigningAlgorithm, VerifyingKey},
};

/// The most bytes a JWK set may have.
pub const MAX_JWKS_LEN: usize = 64 * 1024;
/// The most keys a JWK set may have.
pub const MAX_JWKS_KEYS: usize = 32;

/// The members that only a private key has (RFC 7518 §6.2.2 and §6.3.2, RFC 8037 §2).
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "oth"];

/// The fit keys of a set, by name, and the others.
pub(crate) fn read(
    json: &str,
) -> Result<(HashMap<KeyId, VerifyingKey>, Vec<RefusedKey>), JwksError> {
    if json.len() > MAX_JWKS_LEN {
        return Err(JwksError::TooLong);
    }
    let Set { keys: jwks } = json::object(json.as_bytes()).map_err(|_| JwksError::Malformed)?;
    if jwks.len() > MAX_JWKS_KEYS {
        return Err(JwksError::TooMany);
    }
    let jwks: Vec<_> = jwks.into_iter().map(|Object(members)| Members(members)).collect();
    let kids: Vec<_> = jwks.iter().map(|jwk| jwk.text("kid").and_then(KeyId::parse)).collect();
    let mut seen = HashSet::new();
    let doubled: HashSet<_> = kids.iter().flatten().filter(|kid| !seen.insert(*kid)).collect();

    let (mut keys, mut refused) = (HashMap::new(), Vec::new());
    for (index, (jwk, kid)) in jwks.iter().zip(&kids).enumerate() {
        let judged = match kid {
            None => Err(UnfitKey::Name),
            Some(kid) if doubled.contains(kid) => Err(UnfitKey::DoubledName),
            Some(kid) => jwk.read().map(|key| (kid.clone(), key)),
        };
        match judged {
            Ok((kid, key)) => {
                keys.insert(kid, key);
            }
            Err(reason) => refused.push(RefusedKey { index, kid: kid.clone(), reason }),
        }
    }
    if keys.is_empty() { Err(JwksError::NoneFit(refused)) } else { Ok((keys, refused)) }
}

/// A key of a set that is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefusedKey {
    /// Its place in the set, from 0.
    pub index: usize,
    /// Its name, if it has a usable one.
    pub kid: Option<KeyId>,
    /// The fault that was found first.
    pub reason: UnfitKey,
}

impl RefusedKey {
    /// A key without a usable name.
    #[cfg(feature = "paseto")]
    pub(crate) const fn new(index: usize, reason: UnfitKey) -> Self {
        Self { index, kid: None, reason }
    }
}

/// The reason why a key is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnfitKey {
    /// Tokens cannot name it.
    #[error("its `kid` is missing, or not 1 to 128 visible characters of ASCII")]
    Name,
    /// Tokens that name it could mean another one.
    #[error("another key of the set has the same `kid`")]
    DoubledName,
    /// Meant for something else.
    #[error("its `use` is not `sig`")]
    Use,
    /// Meant for something else.
    #[error("its `key_ops` do not include `verify`")]
    Operations,
    /// Its publisher gave the signing key away.
    #[error("it holds private members")]
    Private,
    /// It does not say what it is for, or something that is not accepted here, such as `none`.
    #[error("its `alg` is missing, or not one of EdDSA, ES256, RS256 and HS256")]
    Algorithm,
    /// A key of another kind than its algorithm takes.
    #[error("its `kty` and `crv` are not those of its `alg`")]
    Type,
    /// A member that is missing, not base64url, or not as long as it must be; a point that is not on the curve.
    #[error("its public members are not a valid key of its type")]
    Public,
    /// A point of small order, or a modulus that a small prime divides: an attacker can sign for it.
    #[error("it is weak: signatures under it can be forged")]
    Weak,
    /// A modulus of under 2048 or over 8192 bits.
    #[error("its modulus does not have 2048 to 8192 bits")]
    Modulus,
    /// A public exponent that is unusual, and in doubt a weakness.
    #[error("its exponent is not 65537")]
    Exponent,
    /// A shared secret shorter than the hash (RFC 7518 §3.2).
    #[error("its secret has fewer than 32 bytes")]
    ShortSecret,
}

/// The reason why a text gives no keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwksError {
    /// Longer than [`MAX_JWKS_LEN`].
    #[error("longer than {MAX_JWKS_LEN} bytes")]
    TooLong,
    /// Not the JSON of a JWK set, or a member occurs twice.
    #[error("not a JWK set")]
    Malformed,
    /// More keys than [`MAX_JWKS_KEYS`].
    #[error("more than {MAX_JWKS_KEYS} keys")]
    TooMany,
    /// No key that can be used.
    #[error("none of its keys can be used")]
    NoneFit(Vec<RefusedKey>),
}

/// Members that are not known are ignored, as RFC 7517 §5 asks.
#[derive(Deserialize)]
struct Set {
    keys: Vec<Object<HashMap<String, Value>>>,
}

/// The members of one key.
struct Members(HashMap<String, Value>);

impl Members {
    /// The key, if it is fit.
    fn read(&self) -> Result<VerifyingKey, UnfitKey> {
        if self.0.get("use").is_some_and(|purpose| purpose != "sig") {
            return Err(UnfitKey::Use);
        }
        let verifies =
            |ops: &Value| ops.as_array().is_some_and(|ops| ops.contains(&"verify".into()));
        if self.0.get("key_ops").is_some_and(|ops| !verifies(ops)) {
            return Err(UnfitKey::Operations);
        }
        let kty = self.text("kty").ok_or(UnfitKey::Type)?;
        let shared = kty == "oct";
        if PRIVATE.iter().any(|name| self.0.contains_key(*name))
            || (!shared && self.0.contains_key("k"))
        {
            return Err(UnfitKey::Private);
        }
        let algorithm =
            self.text("alg").and_then(SigningAlgorithm::parse).ok_or(UnfitKey::Algorithm)?;
        let key = match (algorithm, kty, self.text("crv")) {
            (SigningAlgorithm::EdDsa, "OKP", Some("Ed25519")) => self.ed25519()?,
            (SigningAlgorithm::Es256, "EC", Some("P-256")) => self.p256()?,
            (SigningAlgorithm::Rs256, "RSA", _) => self.rsa()?,
            (SigningAlgorithm::Hs256, "oct", _) => self.hmac()?,
            _ => return Err(UnfitKey::Type),
        };
        Ok(VerifyingKey::new(algorithm, key))
    }

    fn ed25519(&self) -> Result<DecodingKey, UnfitKey> {
        // 32 bytes that are no point only show at the first signature, which they then refuse.
        let point = self.coordinate("x")?;
        if has_small_order(point) {
            Err(UnfitKey::Weak)
        } else {
            Ok(DecodingKey::from_ed_der(&point))
        }
    }

    fn p256(&self) -> Result<DecodingKey, UnfitKey> {
        // Uncompressed (SEC 1 §2.3.3).
        let point = [&[4][..], &self.coordinate("x")?, &self.coordinate("y")?].concat();
        // A point off the curve, or at infinity, would only show at the first signature.
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point).map_err(|_| UnfitKey::Public)?;
        Ok(DecodingKey::from_ec_der(&point))
    }

    fn rsa(&self) -> Result<DecodingKey, UnfitKey> {
        let (modulus, exponent) = (self.bytes("n")?, self.bytes("e")?);
        // No leading zero (RFC 7518 §6.3.1.1), so that the first byte tells the length; no product of odd primes is
        // even.
        let (Some(first @ 1..), Some(last)) = (modulus.first(), modulus.last()) else {
            return Err(UnfitKey::Public);
        };
        if last % 2 == 0 {
            return Err(UnfitKey::Public);
        }
        let bits = 8 * modulus.len() - usize::try_from(first.leading_zeros()).unwrap_or(0);
        if !(2048..=8192).contains(&bits) {
            return Err(UnfitKey::Modulus);
        }
        if exponent != [1, 0, 1] {
            return Err(UnfitKey::Exponent);
        }
        if has_small_factor(&modulus) {
            return Err(UnfitKey::Weak);
        }
        Ok(DecodingKey::from_rsa_raw_components(&modulus, &exponent))
    }

    fn hmac(&self) -> Result<DecodingKey, UnfitKey> {
        let secret = self.bytes("k")?;
        if secret.len() < 32 {
            return Err(UnfitKey::ShortSecret);
        }
        Ok(DecodingKey::from_secret(&secret))
    }

    fn coordinate(&self, name: &str) -> Result<[u8; 32], UnfitKey> {
        self.bytes(name)?.try_into().map_err(|_| UnfitKey::Public)
    }

    fn bytes(&self, name: &str) -> Result<Vec<u8>, UnfitKey> {
        let text = self.text(name).ok_or(UnfitKey::Public)?;
        URL_SAFE_NO_PAD.decode(text).map_err(|_| UnfitKey::Public)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }
}

/// Recognizes the encodings of the eight points of small order of Ed25519. Under such a key a signature that no key
/// made, a point of small order and `S` = 0, is right for one message in eight, and under the neutral one for all.
///
/// The encodings are compared without the sign of `x`: those of `y` = 0, 1, −1 and of the two `y` of order 8, and
/// those of 0 and 1 with the prime added, which some libraries read, too.
pub(crate) fn has_small_order(mut point: [u8; 32]) -> bool {
    const fn near_prime(lowest: u8) -> [u8; 32] {
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (lowest, 0x7f);
        bytes
    }
    const fn small(y: u8) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[0] = y;
        bytes
    }
    const ORDER_8: [[u8; 32]; 2] = [
        *b"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\
           \xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
        *b"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\
           \x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
    ];
    point[31] &= 0x7f;
    let near = [0xec, 0xed, 0xee].map(near_prime);
    near.contains(&point) || [0, 1].map(small).contains(&point) || ORDER_8.contains(&point)
}

/// Finds moduli that a prime below 752 divides: the bound of NIST SP 800-89 §5.3.3. That of a sound key is the product
/// of two great ones.
fn has_small_factor(modulus: &[u8]) -> bool {
    let rest =
        |divisor| modulus.iter().fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % divisor);
    // A composite divides nothing that its primes do not.
    (3..752).step_by(2).any(|divisor| rest(divisor) == 0)
}
