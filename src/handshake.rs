//! The handshake between two services: a token that is used once, to begin a session of another service's own.
//!
//! Service A vouches for a user towards service B, which has a database and sessions of its own and knows of A only its
//! keys. The token lives for at most [`MAX_HANDSHAKE_TTL`], names B as its audience, and is worth nothing after its first
//! use: B exchanges it at once, and its own session, which it can end, carries every request from then on.
//!
//! 1. A browser at B asks to continue with A. B makes a [`State`], keeps it in a cookie of that browser alone, and sends
//!    the browser to A with its [`Nonce`], the hash.
//! 2. A asks the signed-in user, and issues a token with a [`HandshakeIssuer`]: for B, with that nonce in it.
//! 3. The browser brings the token to B. A [`HandshakeReceiver`] checks it, compares the nonce with the state of this very
//!    browser, and marks the token's `jti` as used, all in a fixed order.
//!
//! The state is what makes login CSRF impossible (RFC 9700 §4.7): an attacker can have a token of their own account, and
//! plant it in a victim's browser, but not the cookie that belongs to it. The construction is that of the `nonce` of
//! `OpenID` Connect (Core §15.5.2).
//!
//! Invariants: of any number of exchanges of one token, one succeeds at most; a genuine token is used up by the first
//! browser that brings it, and nothing else is marked as used; a key of this module signs nothing else, and no other key
//! signs a handshake.
//!
//! ```
//! # use std::sync::Arc;
//! use coatroom::{
//!     ServerSecret, Subject, Timestamp,
//!     handshake::{
//!         HandshakeError, HandshakeForm, HandshakeIssuer, HandshakeReceiver, HandshakeRefusal, State,
//!     },
//!     store::memory::MemoryStore,
//!     verifier::RemoteConfig,
//! };
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (secret, now) = (ServerSecret::new(ServerSecret::generate())?, Timestamp::from_seconds(1_800_000_000));
//! // At A.
//! let issuer = HandshakeIssuer::new("https://a.example", &secret, &[])?;
//!
//! // At B, with A's key set.
//! # let keys = issuer.jwks();
//! # let get = move |_: &str| { let keys = keys.clone(); async move { Ok(keys) } };
//! let fetch = move || get("https://a.example/.well-known/handshake-jwks.json"); // by your HTTP client
//! let config = RemoteConfig::new("https://a.example", "https://b.example");
//! let receiver = HandshakeReceiver::with_jwks(config, fetch, Arc::new(MemoryStore::new()))?;
//!
//! let state = State::random(); // B's, in a cookie; A sees its hash
//! let ada = Subject::new("ada")?;
//! let token =
//!     issuer.issue(HandshakeForm::Jwt, "https://b.example", &ada, &state.nonce(), now)?;
//!
//! let arrived = receiver.receive(token.reveal(), &[state.clone()], now).await?;
//! assert_eq!(arrived.sub, ada);
//! let again = receiver.receive(token.reveal(), &[state], now).await;
//! assert!(matches!(again, Err(HandshakeError::Refused(HandshakeRefusal::Replayed))));
//! # Ok(()) }
//! ```

mod issuer;
mod jwt;
#[cfg(feature = "paseto")]
mod paseto;
mod receiver;
mod shared;
mod state;

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

pub use self::{
    issuer::{HandshakeIssuer, InvalidLifetime},
    receiver::{HandshakeError, HandshakeReceiver, HandshakeRefusal},
    shared::SharedSecret,
    state::{Nonce, State},
};
pub use crate::issuer::SignError;
use crate::{clock::Timestamp, principal::Subject};

/// The longest life of a handshake token: a browser carries it from one service to the other, and no longer.
pub const MAX_HANDSHAKE_TTL: Duration = Duration::from_secs(60);
/// The most bytes a handshake token may have. Ours have some 500.
pub const MAX_HANDSHAKE_LEN: usize = 2048;
/// The media type of a handshake token (RFC 8725 §3.11): no token of another type is taken for one.
pub const HANDSHAKE_TYP: &str = "handshake+jwt";

/// The form of a handshake token. The receiver says which one it expects; the token has no say in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HandshakeForm {
    /// A JWT signed with Ed25519: the receiver holds public keys, and can sign nothing.
    Jwt,
    /// A JWT with an HMAC (HS256), under a secret that issuer and receiver share: a [`SharedSecret`] of its own for each
    /// receiver.
    Hs256,
    /// A PASETO v4.public, which leaves nothing to choose but the key.
    #[cfg(feature = "paseto")]
    Paseto,
}

impl HandshakeForm {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Jwt,
        Self::Hs256,
        #[cfg(feature = "paseto")]
        Self::Paseto,
    ];

    /// Its name in settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jwt => "jwt",
            Self::Hs256 => "hs256",
            #[cfg(feature = "paseto")]
            Self::Paseto => "paseto",
        }
    }

    /// The form of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|form| form.as_str() == name)
    }
}

/// A handshake token as text, just issued.
///
/// # Security
/// It signs its subject in at its audience, once, together with the state of one browser. [`Debug`] does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct HandshakeToken(String);

impl HandshakeToken {
    /// The token's text, for the address that the browser brings it to, and for nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for HandshakeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HandshakeToken(…)")
    }
}

/// The claims of a handshake token. Times are seconds since the epoch.
///
/// They are read strictly: one that is missing, doubled or mistyped is an error. An unknown one is ignored (RFC 7519
/// §4), because a newer server may have written it. There is none about a person but the subject: what the token says
/// passes through an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Handshake {
    /// Its issuer: the origin of service A.
    pub iss: String,
    /// Its one audience: the origin of service B.
    pub aud: String,
    /// The user, by the issuer's name for them.
    pub sub: Subject,
    /// The second of its issue.
    pub iat: i64,
    /// The first second at which it is worth nothing.
    pub exp: i64,
    /// Its own id, by which it is used once.
    pub jti: String,
    /// The hash of the receiver's state, which only one browser has.
    pub nonce: Nonce,
}

impl Handshake {
    /// The instant of its issue.
    pub const fn issued_at(&self) -> Timestamp {
        Timestamp::from_seconds(self.iat)
    }

    /// The first instant at which it is worth nothing.
    pub const fn expires_at(&self) -> Timestamp {
        Timestamp::from_seconds(self.exp)
    }
}

#[cfg(test)]
mod tests;
