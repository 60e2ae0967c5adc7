//! The claims of an access token: those of RFC 7519 and RFC 9068, the `sid` of `OpenID` Connect, and four of our own. It
//! has the shape of RFC 9068 and no `client_id`, which §2.2 requires: conformance is not claimed.
//!
//! It holds ids, and nothing that describes a person: a JWT is signed, not encrypted, so every client that holds it can
//! read it.

use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    clock::Timestamp,
    session::SessionId,
    user::{Role, UserId},
};

/// The claims of an access token. Times are seconds since the epoch.
///
/// They are read strictly: one that is missing, doubled or mistyped is an error. An unknown one is ignored (RFC 7519
/// §4), because a newer server may have written it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Claims {
    /// Its issuer.
    pub iss: String,
    /// The audience that it is meant for.
    pub aud: String,
    /// The account that it belongs to.
    pub sub: UserId,
    /// The session it belongs to, so that it can be revoked.
    pub sid: SessionId,
    /// The second that it is dated to: that of its issue, or an earlier one.
    pub iat: i64,
    /// The first second at which it is worth nothing.
    pub exp: i64,
    /// Its own id.
    pub jti: String,
    /// The second at which its owner last showed a password.
    pub auth_time: i64,
    /// The generation of the refresh token that it was issued with: its use proves that one delivered.
    #[serde(rename = "gen")]
    pub generation: u64,
    /// The role of its owner: the least, if the token names one that is not known here.
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
    /// The instant that it is dated to: that of its issue, or an earlier one.
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
