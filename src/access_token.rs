//! The access token: a short-lived JWT that every node can check without asking the store or another node.
//!
//! This module reads its text and issues it; [`verifier`](crate::verifier) says what a token has to pass before it is
//! believed. An [`AccessToken`] that exists has the form of one, so that no caller can pass a refresh token or any
//! other text for it. Invariants: for half a token's lifetime one generation of a session gets the same token, byte for
//! byte, unless it is signed with ES256, whose signatures are random; and no token is dated after the instant at which
//! it is issued.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::Header;

use crate::{
    claims::Claims,
    clock::Timestamp,
    json,
    keyring::{KeyId, Keyring, SigningAlgorithm},
    secret::Peppers,
    session::Session,
    verifier::Terms,
};

/// The most bytes an access token may have.
pub const MAX_ACCESS_TOKEN_LEN: usize = 4096;
/// The media type of an access token (RFC 9068 §2.1).
pub(crate) const TYP: &str = "at+jwt";

/// An access token in its compact form (RFC 7515 §7.1), verified or not.
///
/// # Security
/// A client that holds one acts as its owner until it expires or its session is revoked. [`Debug`] does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(String);

impl AccessToken {
    /// Reads a text that has the form of a token. Checks no signature: any client can write such a text.
    ///
    /// # Errors
    /// [`TokenError::TooLong`] if it has more than [`MAX_ACCESS_TOKEN_LEN`] bytes, [`TokenError::Malformed`] if it is
    /// not three non-empty parts of base64url.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        // The length first: nothing long is split or decoded.
        if text.len() > MAX_ACCESS_TOKEN_LEN {
            return Err(TokenError::TooLong);
        }
        let is_base64url = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        let mut parts = text.split('.');
        let three = parts.by_ref().take(3).filter(|part| is_base64url(part)).count() == 3;
        if !three || parts.next().is_some() {
            return Err(TokenError::Malformed);
        }
        Ok(Self(text.to_owned()))
    }

    /// The token's text, for a cookie and for nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl AccessToken {
    /// The claims that it holds, unverified: to be shown and logged, never to be believed.
    pub(crate) fn unverified(&self) -> Option<Claims> {
        let claims = self.0.split('.').nth(1)?;
        json::object(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

/// The contents of an access token of ours, all but its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenInfo {
    /// The claims that it holds.
    pub claims: Claims,
    /// The algorithm it is signed with: its key's.
    pub algorithm: SigningAlgorithm,
    /// The key it is signed with.
    pub kid: KeyId,
    /// Its media type, as its header names it.
    pub typ: String,
    /// Its length in bytes.
    pub size: usize,
}

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// Signed by us and in its time.
    Valid(TokenInfo),
    /// Signed by us, and past its time. It still proves which generation the browser holds.
    Expired(TokenInfo),
}

/// The reason why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Longer than [`MAX_ACCESS_TOKEN_LEN`].
    #[error("longer than {MAX_ACCESS_TOKEN_LEN} bytes")]
    TooLong,
    /// Not three non-empty parts of base64url.
    #[error("not three parts of base64url")]
    Malformed,
    /// A header whose `alg`, `typ` or `kid` is missing or no text, with a doubled member, or with one that would change
    /// how the token is to be checked.
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
    /// A claim that is missing, doubled or mistyped.
    #[error("unacceptable claims")]
    Claims,
    /// Issued by another issuer.
    #[error("another issuer")]
    Issuer,
    /// Meant for another audience.
    #[error("another audience")]
    Audience,
    /// Issued in the future, or for longer than tokens are issued.
    #[error("impossible times")]
    Times,
}

/// The reason why no token was issued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// All keys are retired.
    #[error("no key is left to sign with")]
    NoKey,
    /// The key does not sign.
    #[error("{0}")]
    Key(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Issues and checks the access tokens of one issuer for one audience.
#[derive(Debug)]
pub(crate) struct AccessTokens {
    terms: Terms,
    keyring: RwLock<Arc<Keyring>>,
    peppers: Peppers,
}

impl AccessTokens {
    pub(crate) fn new(terms: Terms, keyring: Keyring, peppers: impl Into<Peppers>) -> Self {
        Self { terms, keyring: RwLock::new(Arc::new(keyring)), peppers: peppers.into() }
    }

    /// The keys that are used now.
    pub(crate) fn keyring(&self) -> Arc<Keyring> {
        Arc::clone(&self.keyring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Uses other keys from now on. A call that is under way ends with those it began with.
    pub(crate) fn replace(&self, keyring: Keyring) {
        *self.keyring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keyring);
    }

    /// Returns the token of a session's current generation, the same for every caller within half a lifetime: the same
    /// bytes or, with ES256, the same claims under another signature.
    ///
    /// It is dated back to the beginning of its [`slot`]. So one rotation and its replays get the same token, and one
    /// that is issued long after the rotation still has at least half its life before it.
    pub(crate) fn issue(
        &self,
        session: &Session,
        now: Timestamp,
    ) -> Result<(AccessToken, TokenInfo), SignError> {
        let issued_at = slot(session.rotated_at, now, self.terms.ttl);
        // No access token outlives its session.
        let expires_at = (issued_at + self.terms.ttl)
            .min(session.idle_expires_at)
            .min(session.absolute_expires_at);
        let (iat, auth_time) = (issued_at.seconds(), session.authenticated_at.seconds());
        // The session's own, so that a change of the secret changes no replay.
        let pepper = self.peppers.find(&session.pepper_kid).unwrap_or(&self.peppers.current);
        let jti = pepper.mac(&[
            b"jti/v3",
            session.id.as_bytes(),
            &session.generation.to_be_bytes(),
            &iat.to_be_bytes(),
            &auth_time.to_be_bytes(),
            &session.authority.version.to_be_bytes(),
            &session.epoch.to_be_bytes(),
        ]);
        let claims = Claims {
            iss: self.terms.issuer.clone(),
            aud: self.terms.audience.clone(),
            sub: session.subject.clone(),
            sid: session.id,
            iat,
            exp: expires_at.seconds(),
            jti: URL_SAFE_NO_PAD.encode(&jti[..16]),
            auth_time,
            amr: session.means.clone(),
            generation: session.generation,
            role: session.authority.role.clone(),
            own: session.authority.claims.clone(),
            authority_version: session.authority.version,
            epoch: session.epoch,
        };
        let keyring = self.keyring();
        // By the date of the token and not by the clock, so that a change of keys changes no replay.
        let key = keyring.signing_at(issued_at, now).ok_or(SignError::NoKey)?;
        let header = Header {
            typ: Some(TYP.into()),
            kid: Some(key.kid().to_string()),
            ..Header::new(key.algorithm().jose())
        };
        let token = jsonwebtoken::encode(&header, &claims, key.signing());
        let token = AccessToken(token.map_err(|error| SignError::Key(error.into()))?);
        let info = TokenInfo {
            claims,
            algorithm: key.algorithm(),
            kid: key.kid().clone(),
            typ: TYP.into(),
            size: token.0.len(),
        };
        Ok((token, info))
    }

    /// Checks a token as of `now`.
    pub(crate) fn verify(
        &self,
        token: &AccessToken,
        now: Timestamp,
    ) -> Result<Verified, TokenError> {
        let keyring = self.keyring();
        self.terms.verify(token, now, |kid| keyring.find(kid, now))
    }
}

/// The date of a token that is issued `now`: time is cut into halves of a lifetime, counted from the rotation in both
/// directions, and this is the beginning of the one that holds `now`. It is never after `now`.
///
/// Before the rotation, too: the clock of this node may be behind the one that dated the rotation, or was set back
/// since, and a date after now would be refused by this node itself. Slots are counted from the whole second of the
/// rotation, as dates in tokens are whole seconds, so that a rotation of this very second is not after now.
pub(crate) fn slot(rotated_at: Timestamp, now: Timestamp, ttl: Duration) -> Timestamp {
    let first = Timestamp::from_seconds(rotated_at.seconds()).millis();
    let half = i64::try_from((ttl / 2).as_millis()).unwrap_or(i64::MAX).max(1);
    let age = now.millis().saturating_sub(first);
    Timestamp::from_millis(now.millis().saturating_sub(age.rem_euclid(half)))
}

#[cfg(test)]
mod tests;
