//! Checks access tokens: the server's own, or, alone in another service, those of a server whose key set it has or, with
//! a [`RemoteVerifier`], fetches.
//!
//! Checking is stricter than the library below, which accepts any header, missing claims and a token at the very
//! instant of its expiry. The order is fixed: length, alphabet, header, key, signature, claims, time. Nothing is parsed
//! before its length is known, nothing is believed before the signature, and the algorithm is the key's (RFC 8725
//! §3.1). Members and claims that are not known are ignored, as RFC 7515 §4 and RFC 7519 §4 ask, because a newer server
//! may have written them; members that would change how a token is to be checked are refused. It cannot see a
//! revocation.
//!
//! ```
//! use coatroom::{Verifier, access_token::{AccessToken, TokenError, TokenKind, Verified}, clock::Timestamp};
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
mod remote;
mod seen;

use std::{collections::HashMap, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::errors::ErrorKind;
use serde_json::Value;

#[cfg(feature = "paseto")]
pub(crate) use self::jwks::has_small_order;
pub(crate) use self::{jwks::read as read_jwks, remote::RemoteKeys, seen::Seen};
pub use self::{
    jwks::{JwksError, MAX_JWKS_KEYS, MAX_JWKS_LEN, RefusedKey, UnfitKey},
    remote::{BoxError, FetchJwks, RemoteConfig, RemoteConfigError, RemoteError, RemoteVerifier},
};
use crate::{
    access_token::{AccessToken, TokenError, TokenInfo, TokenKind, Verified},
    claims::Claims,
    clock::{DEFAULT_CLOCK_SKEW, Timestamp},
    config::{MAX_ACCESS_TTL, MAX_TOKEN_TTL},
    json,
    key::{KeyId, VerifyingKey},
};

/// Checks the access tokens of one issuer for one audience by its public keys.
///
/// # Security
/// A signature says which account a token was issued to, not that its session still lives: until it expires, a token of
/// a revoked session passes here. Replace the verifier by one of a new key set no later than the `max-age` of the old
/// one, or a key that was withdrawn is accepted on.
#[derive(Debug)]
pub struct Verifier {
    terms: Terms,
    keys: HashMap<KeyId, VerifyingKey>,
    seen: Seen,
    refused: Vec<RefusedKey>,
}

impl Verifier {
    /// A verifier for the tokens that `issuer` issues for `audience`, with the fit keys of a JWK set (RFC 7517 §5).
    /// It accepts lifetimes of up to 15 minutes, the longest that [`AuthConfig`](crate::AuthConfig) allows.
    ///
    /// # Errors
    /// [`JwksError`] if the text is no JWK set, or none of its keys is fit.
    ///
    /// # Security
    /// Take the set from the issuer itself, over HTTPS; never from an address that a token names. A set with a key of
    /// HMAC is itself a secret: a service that can check with it can sign.
    pub fn from_jwks(
        json: &str,
        issuer: impl Into<String>,
        audience: impl Into<String>,
    ) -> Result<Self, JwksError> {
        let (keys, refused) = jwks::read(json)?;
        let terms = Terms {
            issuer: issuer.into(),
            audience: audience.into(),
            typ: TokenKind::Access.media_type(),
            ttl: MAX_ACCESS_TTL,
            clock_skew: DEFAULT_CLOCK_SKEW,
        };
        Ok(Self { terms, keys, seen: Seen::default(), refused })
    }

    /// The same verifier, for tokens of another kind: those of [`Scheme::Token`](crate::config::Scheme::Token), with the
    /// lifetime that a server may give them at most.
    #[must_use]
    pub const fn of_session_tokens(mut self) -> Self {
        self.terms.typ = TokenKind::Session.media_type();
        self.terms.ttl = MAX_TOKEN_TTL;
        self
    }

    /// The same verifier, with another bound on the lifetime of a token, from `iat` to `exp`, in whole seconds.
    #[must_use]
    pub const fn with_max_lifetime(mut self, lifetime: Duration) -> Self {
        self.terms.ttl = lifetime;
        self
    }

    /// The same verifier, with another bound on how far the issuer's clock may be ahead: 5 seconds, unless
    /// [`AuthConfig::clock_skew`](crate::AuthConfig::clock_skew) says otherwise there.
    #[must_use]
    pub const fn with_clock_skew(mut self, skew: Duration) -> Self {
        self.terms.clock_skew = skew;
        self
    }

    /// The keys of the set that it does not use, and why.
    pub fn refused(&self) -> &[RefusedKey] {
        &self.refused
    }

    /// Checks a token as of `now`.
    ///
    /// # Errors
    /// [`TokenError`] if it is none of the issuer's. One past its time is no error, but [`Verified::Expired`].
    pub fn verify(&self, token: &AccessToken, now: Timestamp) -> Result<Verified, TokenError> {
        self.terms.verify(token, now, &self.seen, |kid| self.keys.get(kid))
    }
}

/// The terms that hold for every token of a server.
#[derive(Debug)]
pub(crate) struct Terms {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    /// The media type of the tokens, without `application/`.
    pub(crate) typ: &'static str,
    /// The longest life of a token.
    pub(crate) ttl: Duration,
    /// The greatest distance of a token's date into the future: the clock of the node that issued it may be ahead.
    pub(crate) clock_skew: Duration,
}

/// The members of a header that are refused, each with the reason. All others beside `alg`, `typ` and `kid` are
/// ignored.
pub const REFUSED_MEMBERS: &[(&str, &str)] = &[
    ("crit", "it names what must be understood, and nothing beyond RFC 7515 is"),
    ("b64", "it changes what was signed (RFC 7797)"),
    ("zip", "what is unpacked has no length that was known before"),
    ("jwk", "a key that comes with the token proves nothing"),
    ("jku", "the token says where its key is to be fetched"),
    ("x5c", "a certificate that comes with the token proves nothing"),
    ("x5u", "the token says where its certificate is to be fetched"),
];

/// A JWT whose signature is right, and of whose claims nothing is known yet.
pub(crate) struct Opened<'k> {
    /// The bytes of the claims.
    pub(crate) claims: Vec<u8>,
    /// The key that it is signed with.
    pub(crate) key: &'k VerifyingKey,
    pub(crate) kid: KeyId,
    /// Its media type, as its header names it.
    pub(crate) typ: String,
}

/// Opens a JWT of that type, with the key that `find` has for its `kid`: the one strict reader of headers, for
/// every kind of token.
pub(crate) fn open<'k>(
    text: &str,
    of_type: &str,
    find: impl FnOnce(&str) -> Option<&'k VerifyingKey>,
) -> Result<Opened<'k>, TokenError> {
    let (message, signature) = text.rsplit_once('.').ok_or(TokenError::Malformed)?;
    let (header, claims) = message.split_once('.').ok_or(TokenError::Malformed)?;

    let header: HashMap<String, Value> =
        json::object(&decode(header)?).map_err(|_| TokenError::Header)?;
    if REFUSED_MEMBERS.iter().any(|(name, _)| header.contains_key(*name)) {
        return Err(TokenError::Header);
    }
    let text = |name| header.get(name).and_then(Value::as_str).ok_or(TokenError::Header);
    let (alg, typ, kid) = (text("alg")?, text("typ")?, text("kid")?);
    if !is_type(typ, of_type) {
        return Err(TokenError::Type);
    }
    let kid = KeyId::parse(kid).ok_or(TokenError::Key)?;
    let key = find(kid.as_str()).ok_or(TokenError::Key)?;
    if alg != key.algorithm.as_str() {
        return Err(TokenError::Algorithm);
    }
    key.check(message, signature)?;
    let claims = decode(claims)?;
    Ok(Opened { claims, key, kid, typ: typ.to_owned() })
}

/// Returns true for a media type, whose prefix may be left out (RFC 7515 §4.1.9).
fn is_type(typ: &str, expected: &str) -> bool {
    let (prefix, short) = typ.split_once('/').unwrap_or(("application", typ));
    prefix.eq_ignore_ascii_case("application") && short.eq_ignore_ascii_case(expected)
}

impl Terms {
    /// Checks a token as of `now`, with the key that `find` has for its `kid`.
    pub(crate) fn verify<'k>(
        &self,
        token: &AccessToken,
        now: Timestamp,
        seen: &Seen,
        mut find: impl FnMut(&str) -> Option<&'k VerifyingKey>,
    ) -> Result<Verified, TokenError> {
        let name = seen.name(token);
        // All but the signature is checked each time: the terms may be others, and the time is.
        let (info, new) = match seen.get(name, &mut find) {
            Some(info) if is_type(&info.typ, self.typ) => (info, None),
            _ => {
                let (info, key) = self.read(token, find)?;
                (Arc::new(info), Some(key))
            }
        };
        self.check(&info.claims, now)?;
        if let Some(key) = new {
            seen.insert(name, Arc::clone(&info), key);
        }
        let expired = now >= info.claims.expires_at();
        // No leeway: an early expiry only causes a refresh.
        Ok(if expired { Verified::Expired(info) } else { Verified::Valid(info) })
    }

    /// Reads a token, and checks its signature.
    fn read<'k>(
        &self,
        token: &AccessToken,
        find: impl FnOnce(&str) -> Option<&'k VerifyingKey>,
    ) -> Result<(TokenInfo, &'k VerifyingKey), TokenError> {
        let opened = open(token.reveal(), self.typ, find)?;
        let claims: Claims = json::object(&opened.claims).map_err(|_| TokenError::Claims)?;
        let info = TokenInfo {
            claims,
            algorithm: opened.key.algorithm,
            kid: opened.kid,
            typ: opened.typ,
            size: token.reveal().len(),
        };
        Ok((info, opened.key))
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
        if claims.issued_at() > now + self.clock_skew || !(0..=ttl).contains(&lifetime) {
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
