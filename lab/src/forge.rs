//! Forged tokens, as an attacker makes them: from a token of their own and what the server shows to every client.
//!
//! Each is a public report of a real service, and each is refused here by the check that
//! [`refused_by`](Forgery::refused_by) names. No forger needs a secret, so none of this has one. Invariant: nothing
//! that comes out of here is accepted by the server that it is made for.

use aws_lc_rs::{
    digest, hmac,
    signature::{Ed25519KeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use coatroom::{Role, access_token::AccessToken, keyring::SigningAlgorithm};
use serde_json::{Map, Value, json};

use super::xray::Check;

/// A file that is there on many servers, and empty.
const EMPTY_FILE: &str = "../../../../dev/null";
const TEN_YEARS: i64 = 10 * 365 * 24 * 60 * 60;

/// The change that an attacker makes to a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Forgery {
    /// Writes another role into it.
    RaiseRole,
    /// Writes another account into it.
    OtherSubject,
    /// Says that it is not signed; something stays in the place of the signature, for verifiers that count the parts.
    AlgNone,
    /// Signs it with the public key, taken as a shared secret.
    HmacWithPublicKey,
    /// Names something else as the key.
    OtherKid,
    /// Brings a key of the attacker's own with it.
    EmbeddedKey,
    /// Writes a later expiry into it.
    LongerLife,
    /// Leaves the signature out.
    NoSignature,
    /// Calls it another kind of token.
    WrongTyp,
    /// Writes another service into it.
    OtherAudience,
}

impl Forgery {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::RaiseRole,
        Self::OtherSubject,
        Self::AlgNone,
        Self::HmacWithPublicKey,
        Self::OtherKid,
        Self::EmbeddedKey,
        Self::LongerLife,
        Self::NoSignature,
        Self::WrongTyp,
        Self::OtherAudience,
    ];

    /// Its name in addresses.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::RaiseRole => "raise-role",
            Self::OtherSubject => "other-subject",
            Self::AlgNone => "alg-none",
            Self::HmacWithPublicKey => "hmac-with-public-key",
            Self::OtherKid => "other-kid",
            Self::EmbeddedKey => "embedded-key",
            Self::LongerLife => "longer-life",
            Self::NoSignature => "no-signature",
            Self::WrongTyp => "wrong-typ",
            Self::OtherAudience => "other-audience",
        }
    }

    /// The one of that slug.
    pub fn parse(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|forgery| forgery.slug() == slug)
    }

    /// The attack in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RaiseRole => "make the user an admin",
            Self::OtherSubject => "be somebody else",
            Self::AlgNone => "say alg: none",
            Self::HmacWithPublicKey => "sign with the public key, as if it were a secret",
            Self::OtherKid => "name an empty file as the key",
            Self::EmbeddedKey => "bring a key along",
            Self::LongerLife => "live ten years longer",
            Self::NoSignature => "leave the signature out",
            Self::WrongTyp => "hand in another kind of token",
            Self::OtherAudience => "use it for another service",
        }
    }

    /// The lesson of a service that fell for it, in one line, with the public report.
    pub const fn lesson(self) -> &'static str {
        match self {
            Self::RaiseRole => {
                "Claims that are decoded and never verified are whatever their bearer likes: \
                 CVE-2021-37580 (Apache ShenYu)."
            }
            Self::OtherSubject => {
                "A check that fails and lets the request go on is no check; anybody was anybody: \
                 CVE-2025-49001 (DataEase)."
            }
            Self::AlgNone => {
                "Where the token says how it is to be checked, it says: not at all. \
                 CVE-2015-2951 (F21 JWT for PHP), and again CVE-2022-23540 (jsonwebtoken for Node.js)."
            }
            Self::HmacWithPublicKey => {
                "What is a public key to one algorithm is a secret to another: CVE-2015-9235 \
                 (jsonwebtoken for Node.js), CVE-2016-10555 (jwt-simple), and again CVE-2022-29217 (PyJWT)."
            }
            Self::OtherKid => {
                "A name that leads to an empty key lets everybody sign, and one that is opened as a \
                 file leads there (RFC 8725 §3.10): CVE-2026-45363 (ruby-jwt)."
            }
            Self::EmbeddedKey => {
                "Whoever takes the key from the token believes every token: \
                 CVE-2018-0114 (node-jose)."
            }
            Self::LongerLife => {
                "The signature covers the expiry, so only who holds the key can move it. Even then \
                 it has to be read strictly. In CVE-2026-44459 (Hono) an exp that is no number \
                 never came; to use that, an attacker needs the key."
            }
            Self::NoSignature => {
                "A signature that is not there is not one that fits: \
                 CVE-2020-28042 (ServiceStack)."
            }
            Self::WrongTyp => {
                "The same key does not make it the same thing (RFC 8725 §3.11): refresh tokens \
                 passed as access tokens in OFBIZ-13493 (Apache OFBiz)."
            }
            Self::OtherAudience => {
                "A token for the neighbour, rightly signed, opened this door as well: \
                 CVE-2023-22482 (Argo CD)."
            }
        }
    }

    /// The check that refuses it on a server whose keys are of that algorithm.
    pub const fn refused_by(self, server: SigningAlgorithm) -> Check {
        match (self, server) {
            (Self::NoSignature, _) => Check::Form,
            (Self::EmbeddedKey, _) => Check::Header,
            (Self::WrongTyp, _) => Check::Type,
            (Self::OtherKid, _) => Check::Key,
            // There is no public key to sign with, and HS256 is right: but not that secret.
            (Self::HmacWithPublicKey, SigningAlgorithm::Hs256) => Check::Signature,
            (Self::AlgNone | Self::HmacWithPublicKey, _) => Check::Algorithm,
            (Self::RaiseRole | Self::OtherSubject | Self::LongerLife | Self::OtherAudience, _) => {
                Check::Signature
            }
        }
    }
}

/// Forges a token, from a genuine one and the server's public keys as a JWK set. Of a server that shows none, the
/// attacker takes the text of the empty set for the key.
///
/// The change is the least that the attack takes: the signature stays if nothing better is to be had.
pub fn forge(token: &AccessToken, auth_jwks_json: &str, how: Forgery) -> String {
    let mut forged = Forged::from(token);
    match how {
        Forgery::RaiseRole => forged.raise_role(),
        Forgery::OtherSubject => {
            let [one, other] = ["AAAAAAAAAAAAAAAAAAAAAA", "BAAAAAAAAAAAAAAAAAAAAA"];
            let sub = if forged.claims.get("sub") == Some(&json!(one)) { other } else { one };
            forged.claims.insert("sub".into(), json!(sub));
        }
        Forgery::AlgNone => {
            forged.raise_role();
            forged.header.insert("alg".into(), json!("none"));
        }
        Forgery::HmacWithPublicKey => {
            forged.raise_role();
            forged.sign_hs256(&public_key(auth_jwks_json, forged.header.get("kid")));
        }
        Forgery::OtherKid => {
            forged.raise_role();
            forged.header.insert("kid".into(), json!(EMPTY_FILE));
            forged.sign_hs256(&[]);
        }
        Forgery::EmbeddedKey => {
            forged.raise_role();
            forged.sign_with_own_key();
        }
        Forgery::LongerLife => {
            let exp = forged.claims.get("exp").and_then(Value::as_i64).unwrap_or_default();
            forged.claims.insert("exp".into(), json!(exp.saturating_add(TEN_YEARS)));
        }
        Forgery::NoSignature => {
            forged.raise_role();
            forged.signature.clear();
        }
        Forgery::WrongTyp => {
            forged.header.insert("typ".into(), json!("JWT"));
        }
        Forgery::OtherAudience => {
            forged.claims.insert("aud".into(), json!("https://another.example"));
        }
    }
    format!("{}.{}", forged.message(), forged.signature)
}

/// A token, taken apart.
struct Forged {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    signature: String,
}

impl Forged {
    fn from(token: &AccessToken) -> Self {
        let mut parts = token.reveal().split('.');
        let (header, claims) = (object(parts.next()), object(parts.next()));
        Self { header, claims, signature: parts.next().unwrap_or_default().to_owned() }
    }

    /// An admin's token, too, is made to say something else.
    fn raise_role(&mut self) {
        let admin = json!(Role::ADMIN.as_str());
        let role = if self.claims.get("role") == Some(&admin) { json!("owner") } else { admin };
        self.claims.insert("role".into(), role);
    }

    fn sign_hs256(&mut self, secret: &[u8]) {
        self.header.insert("alg".into(), json!("HS256"));
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        self.signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, self.message().as_bytes()));
    }

    /// Signs with a key pair of the attacker's, the public half of it in the header (RFC 7515 §4.1.3). It is made of
    /// the token, so that an attacker who forges twice gets the same.
    fn sign_with_own_key(&mut self) {
        let seed = digest::digest(&digest::SHA256, self.message().as_bytes());
        let Ok(pair) = Ed25519KeyPair::from_seed_unchecked(seed.as_ref()) else { return };
        let public = URL_SAFE_NO_PAD.encode(pair.public_key());
        self.header.insert("alg".into(), json!("EdDSA"));
        self.header.insert("jwk".into(), json!({ "kty": "OKP", "crv": "Ed25519", "x": public }));
        self.signature = URL_SAFE_NO_PAD.encode(pair.sign(self.message().as_bytes()));
    }

    /// The text that is signed.
    fn message(&self) -> String {
        let [header, claims] = [&self.header, &self.claims]
            .map(|object| URL_SAFE_NO_PAD.encode(json!(object).to_string()));
        format!("{header}.{claims}")
    }
}

/// Returns the members of a part; none if it is no JSON object.
fn object(part: Option<&str>) -> Map<String, Value> {
    let bytes = URL_SAFE_NO_PAD.decode(part.unwrap_or_default()).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// The bytes of the public key of that name, or of any: a point or a modulus.
fn public_key(jwks: &str, kid: Option<&Value>) -> Vec<u8> {
    let set: Value = serde_json::from_str(jwks).unwrap_or_default();
    let keys = set["keys"].as_array().map_or(&[][..], Vec::as_slice);
    let named = keys.iter().find(|key| key.get("kid") == kid).or_else(|| keys.first());
    let bytes: Vec<u8> = ["n", "x", "y"]
        .into_iter()
        .filter_map(|member| named?.get(member)?.as_str())
        .filter_map(|text| URL_SAFE_NO_PAD.decode(text).ok())
        .flatten()
        .collect();
    if bytes.is_empty() { jwks.as_bytes().to_vec() } else { bytes }
}
