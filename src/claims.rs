//! The claims of an access token: those of RFC 7519 and RFC 9068, and three of our own. It has the shape of RFC 9068 and
//! no `client_id`, which §2.2 requires: conformance is not claimed.
//!
//! Ids only, nothing that describes a person: a JWT is signed, not encrypted, and anybody who holds it reads it.

use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    clock::Timestamp,
    session::SessionId,
    user::{Role, UserId},
};

/// The claims of an access token. Times are seconds since the epoch.
///
/// Those of a token are read strictly: one that is missing, doubled or mistyped is an error. One that is not known is
/// ignored (RFC 7519 §4), because a newer server may have written it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The role of its owner: the least, where the token names one that is not known here.
    #[serde(deserialize_with = "known_or_least")]
    pub role: Role,
    /// The version of what its owner may do.
    #[serde(rename = "av")]
    pub authz_version: u32,
    /// The epoch of the session; 0, which is not written, before the first.
    #[serde(rename = "ep", default, skip_serializing_if = "is_zero")]
    pub epoch: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
const fn is_zero(epoch: &u64) -> bool {
    *epoch == 0
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

fn known_or_least<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Role, D::Error> {
    String::deserialize(deserializer).map(|name| Role::known_or_least(&name))
}
