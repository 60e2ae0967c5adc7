//! The access token: a short-lived JWT that every node can check without asking the store or another node.
//!
//! This module reads its text; [`verifier`](crate::verifier) says what a token has to pass before it is believed, and
//! the server's issuer writes it. An [`AccessToken`] that exists has the form of one, so that no caller can pass a
//! refresh token or any other text for it.

use std::{fmt, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    claims::Claims,
    json,
    key::{KeyId, SigningAlgorithm},
};

/// The most bytes an access token may have.
pub const MAX_ACCESS_TOKEN_LEN: usize = 4096;
/// The kind of a signed token. Neither passes for the other, because its media type is part of what is checked (RFC 8725
/// §3.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenKind {
    /// The access token of the hybrid, which lives for minutes (RFC 9068 §2.1).
    Access,
    /// A token that is all there is of its session, and lives for hours.
    Session,
}

impl TokenKind {
    /// Returns its media type, without `application/`.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Access => "at+jwt",
            Self::Session => "session+jwt",
        }
    }
}

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
        check_form(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The token's text, for a cookie and for nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Checks that a text is three non-empty parts of base64url: a JWT in its compact form (RFC 7515 §7.1).
pub(crate) fn check_form(text: &str) -> Result<(), TokenError> {
    /// The letters of base64url. A table, because a browser sends its token with every request.
    const BASE64URL: [bool; 256] = {
        let mut letters = [false; 256];
        let mut byte = 0_u8;
        while byte < 128 {
            letters[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            byte += 1;
        }
        letters
    };
    let is_base64url =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| BASE64URL[usize::from(byte)]);
    let mut parts = text.split('.');
    let three = parts.by_ref().take(3).filter(|part| is_base64url(part)).count() == 3;
    if !three || parts.next().is_some() { Err(TokenError::Malformed) } else { Ok(()) }
}

impl AccessToken {
    /// A text that was just signed.
    pub(crate) const fn issued(text: String) -> Self {
        Self(text)
    }

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

/// The result of a check. Those of one token share what it says: it is read once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// Signed by us and in its time.
    Valid(Arc<TokenInfo>),
    /// Signed by us, and past its time. It still proves which generation the browser holds.
    Expired(Arc<TokenInfo>),
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
    #[error("header with missing, doubled or forbidden members")]
    Header,
    /// Another kind of token.
    #[error("not an access token")]
    Type,
    /// Signed with a key that is not ours.
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
    /// Issued in the future, or for longer than tokens are issued.
    #[error("issued in the future, or for longer than allowed")]
    Times,
}
