//! The side that vouches: service A.

use std::{fmt, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use super::{
    Handshake, HandshakeForm, HandshakeToken, MAX_HANDSHAKE_TTL, Nonce, SharedSecret, jwt,
};
use crate::{
    clock::Timestamp,
    issuer::SignError,
    key::{KeyId, SigningAlgorithm},
    keyring::{Pair, ed25519_pkcs8},
    principal::Subject,
    secret::{ServerSecret, random},
};

/// Issues the handshake tokens of one service.
///
/// Its keys are derived from the server's secret, by labels of their own: no key pair signs both a handshake and an
/// access token, or two forms of one. So every node of a server has the same keys and no store has to keep them. A change
/// of the secret changes them: the former ones are published for as long as the former secret is named, because tokens
/// that they signed may be under way.
pub struct HandshakeIssuer {
    issuer: String,
    secret: ServerSecret,
    ttl: Duration,
    /// The key that signs JWTs, and the former ones.
    pairs: Vec<(KeyId, Pair)>,
    #[cfg(feature = "paseto")]
    paseto: super::paseto::SigningKeys,
}

impl HandshakeIssuer {
    /// The issuer of that name, the origin of the service, with keys derived from its secret.
    ///
    /// # Errors
    /// [`SignError`] if the cryptographic library refuses a key.
    pub fn new(
        issuer: impl Into<String>,
        secret: &ServerSecret,
        old_secrets: &[ServerSecret],
    ) -> Result<Self, SignError> {
        let pair = |secret: &ServerSecret| {
            let private = ed25519_pkcs8(&secret.derive("coatroom/handshake/jwt/v1"));
            let pair = Pair::read(SigningAlgorithm::EdDsa, &private).ok_or(SignError::NoKey)?;
            Ok::<_, SignError>((pair.kid().ok_or(SignError::NoKey)?, pair))
        };
        let secrets = || [secret].into_iter().chain(old_secrets);
        Ok(Self {
            issuer: issuer.into(),
            secret: secret.clone(),
            ttl: MAX_HANDSHAKE_TTL,
            pairs: secrets().map(pair).collect::<Result<_, _>>()?,
            #[cfg(feature = "paseto")]
            paseto: super::paseto::SigningKeys::derived(secrets())?,
        })
    }

    /// The same issuer, with tokens of a shorter life, in whole seconds.
    ///
    /// # Errors
    /// [`InvalidLifetime`] unless it is at least a second, and at most [`MAX_HANDSHAKE_TTL`].
    pub fn with_lifetime(mut self, ttl: Duration) -> Result<Self, InvalidLifetime> {
        if !(Duration::from_secs(1)..=MAX_HANDSHAKE_TTL).contains(&ttl) {
            return Err(InvalidLifetime);
        }
        self.ttl = ttl;
        Ok(self)
    }

    /// Issues a token for one audience, about a subject that has just said that it wants to go there, with the nonce of
    /// the browser that brought it.
    ///
    /// # Errors
    /// [`SignError`] if the key does not sign.
    ///
    /// # Security
    /// The caller checks that the audience is a receiver that it knows, and sends the token to an address of that
    /// receiver alone: it is not for the request to say where it goes.
    pub fn issue(
        &self,
        form: HandshakeForm,
        audience: &str,
        subject: &Subject,
        nonce: &Nonce,
        now: Timestamp,
    ) -> Result<HandshakeToken, SignError> {
        let iat = now.seconds();
        let ttl = i64::try_from(self.ttl.as_secs()).unwrap_or(1);
        let claims = Handshake {
            iss: self.issuer.clone(),
            aud: audience.to_owned(),
            sub: subject.clone(),
            iat,
            exp: iat.saturating_add(ttl),
            jti: URL_SAFE_NO_PAD.encode(random::<16>()),
            nonce: *nonce,
        };
        let text = match form {
            HandshakeForm::Jwt => {
                let (kid, pair) = self.pairs.first().ok_or(SignError::NoKey)?;
                jwt::sign(&claims, SigningAlgorithm::EdDsa, kid, &pair.signing)?
            }
            HandshakeForm::Hs256 => {
                let secret = self.shared_secret(audience)?;
                jwt::sign(&claims, SigningAlgorithm::Hs256, secret.kid(), &secret.signing())?
            }
            #[cfg(feature = "paseto")]
            HandshakeForm::Paseto => self.paseto.sign(&claims)?,
        };
        Ok(HandshakeToken(text))
    }

    /// Returns the public keys that check its JWTs, as a JWK set (RFC 7517 §5), for receivers alone. It is another set
    /// than that of access tokens.
    pub fn jwks(&self) -> String {
        let keys: Vec<_> = self.pairs.iter().filter_map(|(kid, pair)| pair.shown(kid)).collect();
        json!({ "keys": keys }).to_string()
    }

    /// Returns the public keys that check its PASETO, as an object whose `keys` are PASERK texts (`k4.public.…`).
    #[cfg(feature = "paseto")]
    pub fn paserks(&self) -> String {
        self.paseto.paserks()
    }

    /// Returns the secret that it shares with the receiver of that audience: to be handed to that one, once.
    ///
    /// # Errors
    /// [`SignError`] if none can be derived.
    pub fn shared_secret(&self, audience: &str) -> Result<SharedSecret, SignError> {
        SharedSecret::derived(&self.secret, audience).map_err(|error| SignError::Key(error.into()))
    }
}

impl fmt::Debug for HandshakeIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kids: Vec<_> = self.pairs.iter().map(|(kid, _)| kid).collect();
        f.debug_struct("HandshakeIssuer")
            .field("issuer", &self.issuer)
            .field("ttl", &self.ttl)
            .field("keys", &kids)
            .finish_non_exhaustive()
    }
}

/// A lifetime that no handshake token may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a handshake token lives for at least a second, and at most a minute")]
pub struct InvalidLifetime;
