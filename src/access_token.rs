//! The access token: a short-lived JWT that every node can check without asking anybody.
//!
//! Checking is stricter than the library below, which accepts headers it does not understand, missing claims
//! and a token at the very instant of its expiry. The order is fixed: length, alphabet, header, key, signature,
//! claims, time. Nothing is parsed before its length is known, and nothing is believed before the signature.

use std::{fmt, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Header, Validation};
use serde::Deserialize;

use crate::{claims::Claims, clock::Timestamp, keyring::Keyring, secret::Pepper, session::Session};

/// The most bytes an access token may have.
pub const MAX_ACCESS_TOKEN_LEN: usize = 4096;
/// The media type of an access token (RFC 9068 §2.1).
const TYP: &str = "at+jwt";
/// How far ahead of this node's clock another node's may be.
const CLOCK_SKEW: Duration = Duration::from_secs(5);

/// An access token in its compact form.
///
/// # Security
/// Who holds one is its owner until it expires or its session is revoked. [`Debug`] does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(String);

impl AccessToken {
    /// The token's text, for a cookie and for nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

/// What is known of an access token of ours: all but its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenInfo {
    /// What it says.
    pub claims: Claims,
    /// The algorithm it is signed with, as its header names it.
    pub algorithm: String,
    /// The key it is signed with, as its header names it.
    pub kid: String,
    /// Its media type, as its header names it.
    pub typ: String,
    /// Its length in bytes.
    pub size: usize,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// Signed by us and in its time.
    Valid(TokenInfo),
    /// Signed by us, and past its time. It still proves which generation the browser holds.
    Expired(TokenInfo),
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Longer than [`MAX_ACCESS_TOKEN_LEN`].
    #[error("longer than {MAX_ACCESS_TOKEN_LEN} bytes")]
    TooLong,
    /// Not three non-empty parts of base64url.
    #[error("not three parts of base64url")]
    Malformed,
    /// A header with a member that is missing, doubled, mistyped or not one of `alg`, `typ` and `kid`.
    #[error("unacceptable header")]
    Header,
    /// Another kind of token.
    #[error("not an access token")]
    Type,
    /// Signed with a key that is not ours.
    #[error("unknown key")]
    Key,
    /// An algorithm that is not the key's.
    #[error("not the key's algorithm")]
    Algorithm,
    /// A signature that does not match.
    #[error("wrong signature")]
    Signature,
    /// A claim that is missing, doubled, mistyped or unknown.
    #[error("unacceptable claims")]
    Claims,
    /// Issued by somebody else.
    #[error("another issuer")]
    Issuer,
    /// Meant for somebody else.
    #[error("another audience")]
    Audience,
    /// Issued in the future, or for longer than tokens are issued.
    #[error("impossible times")]
    Times,
}

/// Issues and checks the access tokens of one issuer for one audience.
#[derive(Debug)]
pub(crate) struct AccessTokens {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) ttl: Duration,
    pub(crate) keyring: Keyring,
    pub(crate) pepper: Pepper,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictHeader<'a> {
    alg: &'a str,
    typ: &'a str,
    kid: &'a str,
}

impl AccessTokens {
    /// The token of a session's current generation, the same bytes for every caller within half a lifetime.
    ///
    /// Time is cut into halves of a lifetime, counted from the rotation, and a token is issued as of the
    /// beginning of its half. So one rotation and its replays get the same bytes, and a token that is issued
    /// long after the rotation still has at least half its life before it.
    pub(crate) fn issue(
        &self,
        session: &Session,
        now: Timestamp,
    ) -> Result<(AccessToken, TokenInfo), jsonwebtoken::errors::Error> {
        let half = (self.ttl / 2).as_millis().max(1);
        let whole_halves = now.since(session.rotated_at).as_millis() / half;
        let age = u64::try_from(whole_halves * half).unwrap_or(u64::MAX);
        let issued_at = session.rotated_at + Duration::from_millis(age);
        // No access token outlives its session.
        let expires_at =
            (issued_at + self.ttl).min(session.idle_expires_at).min(session.absolute_expires_at);
        let iat = issued_at.seconds();
        let jti = self.pepper.mac(&[
            b"jti/v1",
            session.id.as_bytes(),
            &session.generation.to_be_bytes(),
            &iat.to_be_bytes(),
            &session.authz_version.to_be_bytes(),
        ]);
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: session.user_id,
            sid: session.id,
            iat,
            exp: expires_at.seconds(),
            jti: URL_SAFE_NO_PAD.encode(&jti[..16]),
            auth_time: session.authenticated_at.seconds(),
            generation: session.generation,
            role: session.role,
            authz_version: session.authz_version,
        };
        let signing = &self.keyring.signing;
        let header = Header {
            typ: Some(TYP.into()),
            kid: Some(signing.kid.clone()),
            ..Header::new(signing.algorithm)
        };
        let token = AccessToken(jsonwebtoken::encode(&header, &claims, &signing.key)?);
        let info = TokenInfo {
            claims,
            algorithm: format!("{:?}", signing.algorithm),
            kid: signing.kid.clone(),
            typ: TYP.into(),
            size: token.0.len(),
        };
        Ok((token, info))
    }

    /// Checks a token as of `now`.
    pub(crate) fn verify(&self, token: &str, now: Timestamp) -> Result<Verified, TokenError> {
        if token.len() > MAX_ACCESS_TOKEN_LEN {
            return Err(TokenError::TooLong);
        }
        let mut parts = token.split('.');
        let is_base64url = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        let three = parts.by_ref().take(3).filter(|part| is_base64url(part)).count() == 3;
        if !three || parts.next().is_some() {
            return Err(TokenError::Malformed);
        }

        let header = token.split('.').next().unwrap_or_default();
        let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| TokenError::Malformed)?;
        // `crit`, `b64`, `zip`, `jku`, `jwk`, `x5u` and whatever else may come are refused by not being listed.
        let header: StrictHeader<'_> =
            serde_json::from_slice(&header).map_err(|_| TokenError::Header)?;
        if !header.typ.eq_ignore_ascii_case(TYP)
            && !header.typ.eq_ignore_ascii_case("application/at+jwt")
        {
            return Err(TokenError::Type);
        }
        let key = self.keyring.find(header.kid).ok_or(TokenError::Key)?;
        if !is_name_of(header.alg, key.algorithm) {
            return Err(TokenError::Algorithm);
        }

        let mut signature_only = Validation::new(key.algorithm);
        signature_only.required_spec_claims.clear();
        signature_only.validate_exp = false;
        signature_only.validate_aud = false;
        let claims = jsonwebtoken::decode(token, &key.key, &signature_only)
            .map_err(|error| match error.kind() {
                jsonwebtoken::errors::ErrorKind::Json(_) => TokenError::Claims,
                jsonwebtoken::errors::ErrorKind::Base64(_) => TokenError::Malformed,
                _ => TokenError::Signature,
            })?
            .claims;
        self.check_claims(&claims, now)?;
        let expired = now >= claims.expires_at();
        let info = TokenInfo {
            claims,
            algorithm: header.alg.to_owned(),
            kid: header.kid.to_owned(),
            typ: header.typ.to_owned(),
            size: token.len(),
        };
        // No leeway: an early expiry only causes a refresh.
        Ok(if expired { Verified::Expired(info) } else { Verified::Valid(info) })
    }

    fn check_claims(&self, claims: &Claims, now: Timestamp) -> Result<(), TokenError> {
        if claims.iss != self.issuer {
            return Err(TokenError::Issuer);
        }
        if claims.aud != self.audience {
            return Err(TokenError::Audience);
        }
        let ttl = i64::try_from(self.ttl.as_secs()).unwrap_or(i64::MAX);
        let lifetime = claims.exp.checked_sub(claims.iat).ok_or(TokenError::Times)?;
        if claims.issued_at() > now + CLOCK_SKEW || lifetime > ttl {
            return Err(TokenError::Times);
        }
        Ok(())
    }
}

fn is_name_of(alg: &str, algorithm: jsonwebtoken::Algorithm) -> bool {
    alg.parse() == Ok(algorithm)
}

#[cfg(test)]
mod tests;
