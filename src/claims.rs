//! What an access token says: the claims of RFC 7519 and RFC 9068, and three of our own.
//!
//! Ids only, nothing that describes a person: a JWT is signed, not encrypted, and anybody who holds it reads it.

use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    session::SessionId,
    user::{Role, UserId},
};

/// The claims of an access token. Times are seconds since the epoch.
///
/// Reading is strict: a missing, doubled, mistyped or unknown member is an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// Whom it is meant for.
    pub aud: String,
    /// Whose it is.
    pub sub: UserId,
    /// The session it belongs to, so that it can be revoked.
    pub sid: SessionId,
    /// When it was issued.
    pub iat: i64,
    /// The first second at which it is worth nothing.
    pub exp: i64,
    /// Its own id.
    pub jti: String,
    /// When its owner last showed a password.
    pub auth_time: i64,
    /// The generation of the refresh token that it was issued with: its use proves that one delivered.
    #[serde(rename = "gen")]
    pub generation: u64,
    /// What its owner may do.
    pub role: Role,
    /// The version of what its owner may do.
    #[serde(rename = "av")]
    pub authz_version: u32,
}

impl Claims {
    /// When it was issued.
    pub const fn issued_at(&self) -> Timestamp {
        Timestamp::from_seconds(self.iat)
    }

    /// The first instant at which it is worth nothing.
    pub const fn expires_at(&self) -> Timestamp {
        Timestamp::from_seconds(self.exp)
    }
}
