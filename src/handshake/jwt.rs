//! The handshake as a JWT: signed by jsonwebtoken, read by the one strict reader of the verifier.

use std::collections::HashMap;

use jsonwebtoken::{EncodingKey, Header};

use super::{
    HANDSHAKE_TYP, Handshake, HandshakeRefusal,
    receiver::{Found, checked_len},
};
use crate::{
    access_token::{TokenError, check_form},
    issuer::SignError,
    json,
    key::{KeyId, SigningAlgorithm, VerifyingKey},
    verifier,
};

/// Signs the claims.
pub(super) fn sign(
    claims: &Handshake,
    algorithm: SigningAlgorithm,
    kid: &KeyId,
    key: &EncodingKey,
) -> Result<String, SignError> {
    let header = Header {
        typ: Some(HANDSHAKE_TYP.into()),
        kid: Some(kid.to_string()),
        ..Header::new(algorithm.jose())
    };
    jsonwebtoken::encode(&header, claims, key).map_err(|error| SignError::Key(error.into()))
}

/// Reads the claims of a token that one of these keys signed.
pub(super) fn read(token: &str, keys: &HashMap<KeyId, VerifyingKey>) -> Found {
    let mut unknown = false;
    let opened = checked_len(token).and_then(|()| {
        check_form(token)?;
        let opened = verifier::open(token, HANDSHAKE_TYP, |kid| {
            let key = keys.get(kid);
            unknown = key.is_none();
            key
        })?;
        json::object(&opened.claims).map_err(|_| HandshakeRefusal::Claims)
    });
    if unknown { Found::UnknownKey } else { Found::Read(opened) }
}

impl From<TokenError> for HandshakeRefusal {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::TooLong => Self::TooLong,
            TokenError::Malformed => Self::Malformed,
            TokenError::Header => Self::Header,
            TokenError::Type => Self::Type,
            TokenError::Key => Self::Key,
            TokenError::Algorithm => Self::Algorithm,
            TokenError::Signature => Self::Signature,
            TokenError::Claims => Self::Claims,
            TokenError::Issuer => Self::Issuer,
            TokenError::Audience => Self::Audience,
            TokenError::Times => Self::Times,
        }
    }
}
