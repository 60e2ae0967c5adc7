//! Checks access tokens: the server's own, or, alone in another service, those of a server whose key set it has.
//!
//! Checking is stricter than the library below, which accepts headers it does not understand, missing claims
//! and a token at the very instant of its expiry. The order is fixed: length, alphabet, header, key, signature,
//! claims, time. Nothing is parsed before its length is known, nothing is believed before the signature, and the
//! algorithm is the key's (RFC 8725 §3.1). What it cannot see is a revocation.
//!
//! ```
//! use coatroom::{Verifier, access_token::{AccessToken, TokenError, Verified}, clock::Timestamp};
//!
//! # fn check(jwks: &str, bearer: &str, now: Timestamp) -> Result<(), Box<dyn std::error::Error>> {
//! let verifier = Verifier::from_jwks(jwks, "https://example.com", "coatroom")?;
//! for key in verifier.refused() {
//!     eprintln!("key {} of the set is not used: {}", key.index, key.reason);
//! }
//! match verifier.verify(&AccessToken::parse(bearer)?, now)? {
//!     Verified::Valid(token) => println!("{} asks", token.claims.sub),
//!     Verified::Expired(_) => println!("too late"),
//! }
//! # Ok(()) }
//! ```

mod jwks;

use std::{collections::HashMap, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, errors::ErrorKind};
use serde::Deserialize;

pub use self::jwks::{JwksError, MAX_JWKS_KEYS, MAX_JWKS_LEN, RefusedKey, UnfitKey};
use crate::{
    access_token::{AccessToken, TYP, TokenError, TokenInfo, Verified},
    claims::Claims,
    clock::{CLOCK_SKEW, Timestamp},
    config::MAX_ACCESS_TTL,
    keyring::{KeyId, SigningAlgorithm},
};

/// Checks the access tokens of one issuer for one audience by its public keys.
///
/// # Security
/// A signature says who a token was issued to, not that its session still lives: until it expires, a token of a
/// revoked session passes here. Replace the verifier by one of a new key set no later than the `max-age` of the old
/// one, or a key that was withdrawn is accepted on.
#[derive(Debug)]
pub struct Verifier {
    terms: Terms,
    keys: HashMap<KeyId, VerifyingKey>,
    refused: Vec<RefusedKey>,
}

impl Verifier {
    /// A verifier for the tokens that `issuer` issues for `audience`, with the fit keys of a JWK set (RFC 7517 §5).
    /// It accepts lifetimes of up to 15 minutes, the longest that [`AuthConfig`](crate::AuthConfig) allows.
    ///
    /// # Errors
    /// [`JwksError`] where the text is no JWK set, or none of its keys is fit.
    ///
    /// # Security
    /// Take the set from the issuer itself, over HTTPS; never from an address that a token names. A set with a key of
    /// HMAC is itself a secret: who can check with it can sign.
    pub fn from_jwks(
        json: &str,
        issuer: impl Into<String>,
        audience: impl Into<String>,
    ) -> Result<Self, JwksError> {
        let (keys, refused) = jwks::read(json)?;
        let terms = Terms { issuer: issuer.into(), audience: audience.into(), ttl: MAX_ACCESS_TTL };
        Ok(Self { terms, keys, refused })
    }

    /// The same verifier, with another bound on the lifetime of a token, from `iat` to `exp`, in whole seconds.
    #[must_use]
    pub const fn with_max_lifetime(mut self, lifetime: Duration) -> Self {
        self.terms.ttl = lifetime;
        self
    }

    /// The keys of the set that it does not use, and why.
    pub fn refused(&self) -> &[RefusedKey] {
        &self.refused
    }

    /// Checks a token as of `now`.
    ///
    /// # Errors
    /// [`TokenError`] where it is none of the issuer's. One past its time is no error, but [`Verified::Expired`].
    pub fn verify(&self, token: &AccessToken, now: Timestamp) -> Result<Verified, TokenError> {
        self.terms.verify(token, now, |kid| self.keys.get(kid))
    }
}

/// What every token of a server says alike.
#[derive(Debug)]
pub(crate) struct Terms {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    /// The longest life of a token.
    pub(crate) ttl: Duration,
}

/// The half of a key that checks.
#[derive(Debug)]
pub(crate) struct VerifyingKey {
    pub(crate) algorithm: SigningAlgorithm,
    pub(crate) key: DecodingKey,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictHeader<'a> {
    alg: &'a str,
    typ: &'a str,
    kid: &'a str,
}

impl Terms {
    /// Checks a token as of `now`, with the key that `find` has for its `kid`.
    pub(crate) fn verify<'k>(
        &self,
        token: &AccessToken,
        now: Timestamp,
        find: impl FnOnce(&str) -> Option<&'k VerifyingKey>,
    ) -> Result<Verified, TokenError> {
        let (message, signature) = token.reveal().rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, claims) = message.split_once('.').ok_or(TokenError::Malformed)?;

        let header = decode(header)?;
        // `crit`, `b64`, `zip`, `jku`, `jwk`, `x5u` and whatever else may come are refused by not being listed.
        let header: StrictHeader<'_> =
            serde_json::from_slice(&header).map_err(|_| TokenError::Header)?;
        if !header.typ.eq_ignore_ascii_case(TYP)
            && !header.typ.eq_ignore_ascii_case("application/at+jwt")
        {
            return Err(TokenError::Type);
        }
        let kid = KeyId::parse(header.kid).ok_or(TokenError::Key)?;
        let key = find(kid.as_str()).ok_or(TokenError::Key)?;
        if header.alg != key.algorithm.as_str() {
            return Err(TokenError::Algorithm);
        }
        key.check(message, signature)?;

        let claims = serde_json::from_slice(&decode(claims)?).map_err(|_| TokenError::Claims)?;
        self.check(&claims, now)?;
        let expired = now >= claims.expires_at();
        let info = TokenInfo {
            claims,
            algorithm: key.algorithm,
            kid,
            typ: header.typ.to_owned(),
            size: token.reveal().len(),
        };
        // No leeway: an early expiry only causes a refresh.
        Ok(if expired { Verified::Expired(info) } else { Verified::Valid(info) })
    }

    fn check(&self, claims: &Claims, now: Timestamp) -> Result<(), TokenError> {
        if claims.iss != self.issuer {
            return Err(TokenError::Issuer);
        }
        if claims.aud != self.audience {
            return Err(TokenError::Audience);
        }
        let ttl = i64::try_from(self.ttl.as_secs()).unwrap_or(i64::MAX);
        let lifetime = claims.exp.checked_sub(claims.iat).ok_or(TokenError::Times)?;
        if claims.issued_at() > now + CLOCK_SKEW || !(0..=ttl).contains(&lifetime) {
            return Err(TokenError::Times);
        }
        Ok(())
    }
}

impl VerifyingKey {
    fn check(&self, message: &str, signature: &str) -> Result<(), TokenError> {
        let algorithm = self.algorithm.jose();
        match jsonwebtoken::crypto::verify(signature, message.as_bytes(), &self.key, algorithm) {
            Ok(true) => Ok(()),
            Err(error) if matches!(error.kind(), ErrorKind::Base64(_)) => {
                Err(TokenError::Malformed)
            }
            Ok(false) | Err(_) => Err(TokenError::Signature),
        }
    }
}

fn decode(part: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Malformed)
}

#[cfg(test)]
mod tests;
