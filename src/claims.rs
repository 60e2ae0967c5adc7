//! The claims of an access token: those of RFC 7519 and RFC 9068, the `sid` of `OpenID` Connect, and five of our own. It
//! has the shape of RFC 9068 and no `client_id`, which §2.2 requires: conformance is not claimed.
//!
//! It holds ids, and nothing that describes a person: a JWT is signed, not encrypted, so every client that holds it can
//! read it.

use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    id::TokenId,
    principal::{Authority, Means, OwnClaims, Principal, Role, Subject},
    session::SessionId,
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
    /// The owner of the session that it belongs to.
    pub sub: Subject,
    /// The session it belongs to, so that it can be revoked.
    pub sid: SessionId,
    /// The second that it is dated to: that of its issue, or an earlier one.
    pub iat: i64,
    /// The first second at which it is worth nothing.
    pub exp: i64,
    /// Its own id.
    pub jti: String,
    /// The second at which its owner last proved to be the owner.
    pub auth_time: i64,
    /// The means of that proof (RFC 8176); not written if they are not known.
    #[serde(default, skip_serializing_if = "Means::is_empty")]
    pub amr: Means,
    /// The generation of the refresh token that it was issued with: its use proves that one delivered.
    #[serde(rename = "gen")]
    pub generation: u64,
    /// The role of its owner.
    pub role: Role,
    /// The application's own claims about its owner; not written if there are none.
    #[serde(rename = "app", default, skip_serializing_if = "OwnClaims::is_empty")]
    pub own: OwnClaims,
    /// The version of what its owner may do.
    #[serde(rename = "av")]
    pub authority_version: u64,
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

    /// Returns its id; `None` if it is none of ours.
    pub fn token_id(&self) -> Option<TokenId> {
        TokenId::parse(&self.jti)
    }

    /// Returns the owner that it tells of.
    pub fn principal(&self) -> Principal {
        Principal {
            subject: self.sub.clone(),
            session: self.sid,
            authority: Authority {
                role: self.role.clone(),
                claims: self.own.clone(),
                version: self.authority_version,
            },
            authenticated_at: Timestamp::from_seconds(self.auth_time),
            means: self.amr.clone(),
            expires_at: self.expires_at(),
        }
    }
}
