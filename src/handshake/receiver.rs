//! The side that lets in: service B.

use std::{collections::HashMap, error::Error, fmt, sync::Arc};

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{Handshake, MAX_HANDSHAKE_LEN, MAX_HANDSHAKE_TTL, SharedSecret, State, jwt};
use crate::{
    clock::{Clock, SystemClock, Timestamp},
    key::{KeyId, VerifyingKey},
    store::{OnceStore, StoreError},
    verifier::{FetchJwks, RemoteConfig, RemoteConfigError, RemoteKeys, read_jwks},
};

/// The purpose under which the ids of used tokens are marked.
const PURPOSE: &str = "handshake";
/// The bounds on the length of an id.
const MAX_JTI: usize = 128;

/// Takes the handshake tokens of one issuer for one audience, each once.
pub struct HandshakeReceiver {
    config: RemoteConfig,
    keys: Keys,
    once: Arc<dyn OnceStore>,
    clock: Arc<dyn Clock>,
}

/// The keys, and with them the one form of token that is taken.
enum Keys {
    Jwks(RemoteKeys<VerifyingKey>),
    Shared(HashMap<KeyId, VerifyingKey>),
    #[cfg(feature = "paseto")]
    Paserks(RemoteKeys<super::paseto::PublicKey>),
}

/// The outcome of reading a token by some keys.
pub(super) enum Found {
    /// It names a key that is not among them.
    UnknownKey,
    /// It was read, or refused.
    Read(Result<Handshake, HandshakeRefusal>),
}

impl Found {
    /// The outcome that newer keys would not change.
    fn settled(self) -> Option<Result<Handshake, HandshakeRefusal>> {
        match self {
            Self::UnknownKey => None,
            Self::Read(read) => Some(read),
        }
    }
}

impl HandshakeReceiver {
    /// A receiver of JWTs, by the issuer's set of handshake keys, fetched as a
    /// [`RemoteVerifier`](crate::RemoteVerifier) fetches one. Lifetimes beyond [`MAX_HANDSHAKE_TTL`] are refused, whatever
    /// [`max_lifetime`](RemoteConfig::max_lifetime) says.
    ///
    /// # Errors
    /// [`RemoteConfigError`] if the configuration does not fit together.
    pub fn with_jwks(
        config: RemoteConfig,
        fetch: impl FetchJwks + 'static,
        once: Arc<dyn OnceStore>,
    ) -> Result<Self, RemoteConfigError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let keys = RemoteKeys::new(config.clone(), fetch, read_jwks, Arc::clone(&clock))?;
        Ok(Self { config, keys: Keys::Jwks(keys), once, clock })
    }

    /// A receiver of PASETO v4.public, by the issuer's set of PASERK texts.
    ///
    /// # Errors
    /// [`RemoteConfigError`] if the configuration does not fit together.
    #[cfg(feature = "paseto")]
    pub fn with_paserks(
        config: RemoteConfig,
        fetch: impl FetchJwks + 'static,
        once: Arc<dyn OnceStore>,
    ) -> Result<Self, RemoteConfigError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let read = super::paseto::read_keys;
        let keys = RemoteKeys::new(config.clone(), fetch, read, Arc::clone(&clock))?;
        Ok(Self { config, keys: Keys::Paserks(keys), once, clock })
    }

    /// A receiver of JWTs with an HMAC, under a shared secret and, for the time of a change, former ones.
    ///
    /// # Errors
    /// [`RemoteConfigError`] if the configuration does not fit together.
    pub fn with_shared_secrets(
        config: RemoteConfig,
        secrets: &[SharedSecret],
        once: Arc<dyn OnceStore>,
    ) -> Result<Self, RemoteConfigError> {
        config.check()?;
        let keys = secrets.iter().map(|secret| (secret.kid().clone(), secret.verifying()));
        let keys = Keys::Shared(keys.collect());
        Ok(Self { config, keys, once, clock: Arc::new(SystemClock) })
    }

    /// The current instant by its clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Exchanges a token that arrived with these states of its browser, as of `now`: checks it, and marks it as used. Of
    /// any number of callers with one token, one gets the claims.
    ///
    /// The order is fixed: length, alphabet, header, key, signature, claims, issuer, audience, times, first use, state. A
    /// genuine token is used up also if the browser that brings it is another one. Otherwise an attacker who began an
    /// attempt and led a victim into completing it could use the token after all, with their own state, wherever they
    /// find it within its minute: in a log, a history, over a shoulder.
    ///
    /// # Errors
    /// [`HandshakeError`]. If the store failed, its answer may have been lost: then a second attempt is refused as a
    /// replay, and the user begins again.
    ///
    /// # Panics
    /// Outside of a Tokio runtime with its timer, if it fetches keys.
    pub async fn receive(
        &self,
        token: &str,
        states: &[State],
        now: Timestamp,
    ) -> Result<Handshake, HandshakeError> {
        // Before a fetch.
        checked_len(token)?;
        let handshake = self.read(token).await?;
        self.check(&handshake, now)?;
        // Another node's clock may be behind by the skew, and take the token for so much longer.
        let until = handshake.expires_at() + self.config.clock_skew;
        let first = self.once.consume(PURPOSE, &mark(&handshake), until).await?;
        if states.is_empty() {
            return Err(HandshakeRefusal::NoState.into());
        }
        // All of them, so that the time tells nothing of a state.
        let own = states.iter().filter(|state| state.is_of(&handshake.nonce)).count();
        if own == 0 {
            return Err(HandshakeRefusal::State.into());
        }
        if first { Ok(handshake) } else { Err(HandshakeRefusal::Replayed.into()) }
    }

    async fn read(&self, token: &str) -> Result<Handshake, HandshakeError> {
        let settled = match &self.keys {
            Keys::Jwks(keys) => keys.check(|keys| jwt::read(token, keys).settled()).await,
            Keys::Shared(keys) => Ok(jwt::read(token, keys).settled()),
            #[cfg(feature = "paseto")]
            Keys::Paserks(keys) => {
                keys.check(|keys| super::paseto::read(token, keys).settled()).await
            }
        };
        let read = settled.map_err(HandshakeError::Unavailable)?;
        Ok(read.unwrap_or(Err(HandshakeRefusal::Key))?)
    }

    fn check(&self, handshake: &Handshake, now: Timestamp) -> Result<(), HandshakeRefusal> {
        let Handshake { iss, aud, iat, exp, jti, .. } = handshake;
        if !(1..=MAX_JTI).contains(&jti.len()) {
            return Err(HandshakeRefusal::Claims);
        }
        if *iss != self.config.issuer {
            return Err(HandshakeRefusal::Issuer);
        }
        if *aud != self.config.audience {
            return Err(HandshakeRefusal::Audience);
        }
        let longest = self.config.max_lifetime.min(MAX_HANDSHAKE_TTL).as_secs();
        let lifetime = exp.checked_sub(*iat).and_then(|life| u64::try_from(life).ok());
        let fits = lifetime.is_some_and(|life| (1..=longest).contains(&life));
        if !fits || handshake.issued_at() > now + self.config.clock_skew {
            return Err(HandshakeRefusal::Times);
        }
        // No leeway: an early expiry only costs another click.
        if now >= handshake.expires_at() { Err(HandshakeRefusal::Expired) } else { Ok(()) }
    }
}

/// Nothing long is split or decoded.
pub(super) fn checked_len(token: &str) -> Result<(), HandshakeRefusal> {
    if token.len() > MAX_HANDSHAKE_LEN { Err(HandshakeRefusal::TooLong) } else { Ok(()) }
}

/// The mark of a used token: of bounded length, and another one for the same id of another issuer.
fn mark(handshake: &Handshake) -> String {
    let mut hash = digest::Context::new(&digest::SHA256);
    // With its length, so that no two pairs are one text.
    hash.update(&u64::try_from(handshake.iss.len()).unwrap_or(u64::MAX).to_be_bytes());
    hash.update(handshake.iss.as_bytes());
    hash.update(handshake.jti.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.finish())
}

impl fmt::Debug for HandshakeReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandshakeReceiver").field("config", &self.config).finish_non_exhaustive()
    }
}

/// The reason why a handshake did not happen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The token is refused: the user may begin again.
    #[error(transparent)]
    Refused(#[from] HandshakeRefusal),
    /// There are no keys to check it with, and so it may be a good one: answer 503. It was not used.
    #[error("the issuer's keys are unavailable")]
    Unavailable(#[source] Arc<dyn Error + Send + Sync>),
    /// The store does not answer: answer 503.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The reason why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeRefusal {
    /// The browser that brings it has made no attempt of its own, or too long ago: it may have been planted.
    #[error("this browser has not asked for it")]
    NoState,
    /// Longer than [`MAX_HANDSHAKE_LEN`].
    #[error("longer than {MAX_HANDSHAKE_LEN} bytes")]
    TooLong,
    /// Not of the parts and the alphabet that its form has.
    #[error("not a token of the form that is expected")]
    Malformed,
    /// A header or footer with members that are missing, doubled, mistyped or forbidden.
    #[error("header with missing, doubled or forbidden members")]
    Header,
    /// Another kind of token.
    #[error("not a handshake token")]
    Type,
    /// Signed with a key that is not the issuer's.
    #[error("signed with an unknown key")]
    Key,
    /// An algorithm that is not the key's.
    #[error("`alg` is not the algorithm of its key")]
    Algorithm,
    /// A signature that does not match.
    #[error("wrong signature")]
    Signature,
    /// A claim that is missing, doubled or mistyped.
    #[error("missing, doubled or mistyped claims")]
    Claims,
    /// Issued by another issuer.
    #[error("issued by another issuer")]
    Issuer,
    /// Meant for another audience.
    #[error("meant for another audience")]
    Audience,
    /// Issued in the future, or for longer than a handshake lives.
    #[error("issued in the future, or for longer than allowed")]
    Times,
    /// Past its time.
    #[error("expired")]
    Expired,
    /// Made for another browser, or for another attempt of this one.
    #[error("made for another browser")]
    State,
    /// Used before.
    #[error("used before")]
    Replayed,
}
