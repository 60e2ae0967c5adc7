//! Issues the access tokens of a server, and checks them by its own keys.
//!
//! Invariants: for half a token's lifetime one generation of a session gets the same token, byte for byte, unless it is
//! signed with ES256, whose signatures are random; and no token is dated after the instant at which it is issued.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use jsonwebtoken::Header;

use crate::{
    access_token::{AccessToken, TokenError, TokenInfo, Verified},
    claims::Claims,
    clock::Timestamp,
    id::TokenId,
    keyring::Keyring,
    secret::Peppers,
    session::Session,
    verifier::{Seen, Terms},
};

/// The reason why no token was issued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// All keys are retired.
    #[error("all signing keys are retired")]
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
    seen: Seen,
}

impl AccessTokens {
    pub(crate) fn new(terms: Terms, keyring: Keyring, peppers: impl Into<Peppers>) -> Self {
        Self {
            terms,
            keyring: RwLock::new(Arc::new(keyring)),
            peppers: peppers.into(),
            seen: Seen::default(),
        }
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
    /// that is issued long after the rotation still has at least half its life before it. The place of a token that was
    /// denied is taken by another one.
    pub(crate) fn issue(
        &self,
        session: &Session,
        now: Timestamp,
        is_denied: impl Fn(TokenId) -> bool,
    ) -> Result<(AccessToken, TokenInfo), SignError> {
        let issued_at = slot(session.rotated_at, now, self.terms.ttl);
        // No access token outlives its session.
        let expires_at = (issued_at + self.terms.ttl)
            .min(session.idle_expires_at)
            .min(session.absolute_expires_at);
        let iat = issued_at.seconds();
        let claims = Claims {
            iss: self.terms.issuer.clone(),
            aud: self.terms.audience.clone(),
            sub: session.subject.clone(),
            sid: session.id,
            iat,
            exp: expires_at.seconds(),
            jti: self.token_id(session, issued_at, is_denied).to_string(),
            auth_time: session.authenticated_at.seconds(),
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
            typ: Some(self.terms.typ.into()),
            kid: Some(key.kid().to_string()),
            ..Header::new(key.algorithm().jose())
        };
        let token = jsonwebtoken::encode(&header, &claims, key.signing());
        let token = AccessToken::issued(token.map_err(|error| SignError::Key(error.into()))?);
        let info = TokenInfo {
            claims,
            algorithm: key.algorithm(),
            kid: key.kid().clone(),
            typ: self.terms.typ.into(),
            size: token.reveal().len(),
        };
        Ok((token, info))
    }

    /// Derives the id of a token: the first that is not denied.
    fn token_id(
        &self,
        session: &Session,
        issued_at: Timestamp,
        is_denied: impl Fn(TokenId) -> bool,
    ) -> TokenId {
        // The session's own, so that a change of the secret changes no replay.
        let pepper = self.peppers.find(&session.pepper_kid).unwrap_or(&self.peppers.current);
        let mut times = 0_u64;
        loop {
            // The first as releases before denied tokens derived it.
            let again = times.to_be_bytes();
            let (label, again): (&[u8], &[u8]) =
                if times == 0 { (b"jti/v3", &[]) } else { (b"jti/v3/again", &again) };
            let mac = pepper.mac(&[
                label,
                session.id.as_bytes(),
                &session.generation.to_be_bytes(),
                &issued_at.seconds().to_be_bytes(),
                &session.authenticated_at.seconds().to_be_bytes(),
                &session.authority.version.to_be_bytes(),
                &session.epoch.to_be_bytes(),
                again,
            ]);
            let mut id = [0; 16];
            id.copy_from_slice(&mac[..16]);
            let id = TokenId::from_bytes(id);
            if !is_denied(id) {
                return id;
            }
            times += 1;
        }
    }

    /// Checks a token as of `now`.
    pub(crate) fn verify(
        &self,
        token: &AccessToken,
        now: Timestamp,
    ) -> Result<Verified, TokenError> {
        let keyring = self.keyring();
        self.terms.verify(token, now, &self.seen, |kid| keyring.find(kid, now))
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
