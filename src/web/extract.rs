//! The extractors: for handlers that need a signed-in user, with the answer to every other client, and for those that
//! sign users in and out.

use std::time::Duration;

use axum::{
    Extension,
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};

use super::{AuthSession, Identity};
use crate::{
    access_token::AccessToken,
    auth::{Access, Opened},
    config::{DEFAULT_REALM, Scheme},
    principal::Principal,
    session_token::SessionToken,
    store::StoreError,
    verifier::RemoteError,
};

/// A user with a good access token; no other client reaches a handler that takes one.
///
/// It costs what [`Auth::authenticate`](crate::Auth::authenticate) does: by default no query. Its authority is that of
/// the token. After [`Auth::invalidate_authority`](crate::Auth::invalidate_authority) older tokens are out of date on each node
/// that has heard of it; with [`Verification::Stateless`](crate::config::Verification::Stateless) they hold until they expire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrentUser(pub Principal);

/// The reason why a request was not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthRejection {
    /// It carries no access token.
    #[error("no access token")]
    Missing,
    /// Its access token is worth nothing.
    #[error("the access token is not valid")]
    InvalidToken,
    /// Its access token expired, and it carries a refresh token: refresh, and try again.
    #[error("the access token expired")]
    AccessExpired,
    /// Clients presented its spent refresh token too often of late; they are answered again after that time.
    #[error("too many replays of a spent refresh token")]
    TooManyReplays {
        /// The time to wait.
        retry_after: Duration,
    },
    /// Its identity is unknown now: the store does not answer, a token could not be signed, or another issuer's keys
    /// are not to be had.
    #[error("the request cannot be authenticated at the moment; try again")]
    Unavailable,
}

impl AuthRejection {
    /// Returns the code in the JSON answer.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "unauthenticated",
            Self::InvalidToken => "invalid_token",
            Self::AccessExpired => "access_expired",
            Self::TooManyReplays { .. } => "too_many_requests",
            Self::Unavailable => "unavailable",
        }
    }

    /// Returns the `WWW-Authenticate` challenge of RFC 6750 §3 that a 401 carries, without an error code if no token came
    /// (§3.1); `None` if this is no 401. A character of the realm that no header can carry becomes a question mark.
    pub fn challenge(self, realm: &str) -> Option<HeaderValue> {
        let error = match self {
            Self::Missing => "",
            Self::InvalidToken | Self::AccessExpired => r#", error="invalid_token""#,
            Self::TooManyReplays { .. } | Self::Unavailable => return None,
        };
        HeaderValue::try_from(format!("Bearer realm={}{error}", quoted(realm))).ok()
    }
}

impl AuthSession {
    /// Returns the owner of the session that the request comes from.
    ///
    /// # Errors
    /// [`AuthRejection`] if it comes from no user with a good access token.
    pub fn current_user(&self) -> Result<&Principal, AuthRejection> {
        match self.identity() {
            Identity::SignedIn(principal) => Ok(principal),
            Identity::RefreshDue => Err(AuthRejection::AccessExpired),
            Identity::SignedOut(_) if self.presented_any() => Err(AuthRejection::InvalidToken),
            Identity::SignedOut(_) => Err(AuthRejection::Missing),
            Identity::TooManyReplays(retry_after) => {
                Err(AuthRejection::TooManyReplays { retry_after: *retry_after })
            }
            Identity::Unavailable => Err(AuthRejection::Unavailable),
        }
    }
}

/// `None` for a client that is signed out, or whose tokens are worth nothing. Refuses only if that is not known: a
/// refresh is due, the client replays too often, or the store does not answer.
impl<S: Send + Sync> OptionalFromRequestParts<S> for CurrentUser {
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, AuthRejection> {
        match session(parts)?.current_user() {
            Ok(principal) => Ok(Some(Self(principal.clone()))),
            Err(AuthRejection::Missing | AuthRejection::InvalidToken) => Ok(None),
            Err(rejection) => Err(rejection),
        }
    }
}

/// A client that presents its access token, or its opaque session token, itself, in `Authorization: Bearer` (RFC 6750
/// §2.1), instead of in a cookie:
/// an app on a telephone, a command line. The application gets its tokens from [`Auth`](crate::Auth), and refreshes
/// them there.
///
/// Cookies count for nothing here. No other site's page can make a browser send the header, so a route that takes this
/// alone needs no same-origin check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BearerUser(pub Principal);

impl<S: Send + Sync> FromRequestParts<S> for BearerUser {
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AuthRejection> {
        let text = bearer_text(&parts.headers)?;
        let auth = session(parts)?.auth();
        let unavailable = |error: StoreError| {
            tracing::error!(%error, "checking a bearer token failed");
            AuthRejection::Unavailable
        };
        if auth.config().scheme == Scheme::Opaque {
            let token = SessionToken::parse(text).ok_or(AuthRejection::InvalidToken)?;
            return match auth.open(&token).await.map_err(unavailable)? {
                Opened::Living(session) => Ok(Self(session.principal())),
                Opened::Over(..) | Opened::Unknown => Err(AuthRejection::InvalidToken),
            };
        }
        let token = AccessToken::parse(text).map_err(|_| AuthRejection::InvalidToken)?;
        let renews = matches!(auth.config().scheme, Scheme::Hybrid(_));
        match auth.authenticate(&token).await.map_err(unavailable)? {
            Access::Valid(info) => Ok(Self(info.claims.principal())),
            Access::Expired(_) | Access::Outdated(_) if renews => Err(AuthRejection::AccessExpired),
            _ => Err(AuthRejection::InvalidToken),
        }
    }
}

/// Reads the one bearer token of a request, unchecked: for services with a [`RemoteVerifier`](crate::RemoteVerifier).
/// Refuses two headers, instead of choosing one of them: a proxy before this server may have read the other.
///
/// # Errors
/// [`AuthRejection::Missing`] without a bearer token, [`AuthRejection::InvalidToken`] if it is none of any issuer's.
pub fn bearer(headers: &HeaderMap) -> Result<AccessToken, AuthRejection> {
    AccessToken::parse(bearer_text(headers)?).map_err(|_| AuthRejection::InvalidToken)
}

fn bearer_text(headers: &HeaderMap) -> Result<&str, AuthRejection> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(AuthRejection::Missing)?;
    if values.next().is_some() {
        return Err(AuthRejection::InvalidToken);
    }
    let text = value.to_str().map_err(|_| AuthRejection::InvalidToken)?;
    let (scheme, token) = text.split_once(' ').ok_or(AuthRejection::InvalidToken)?;
    // RFC 9110 §11.1: the name of a scheme is case-insensitive.
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(AuthRejection::Missing);
    }
    Ok(token.trim_start_matches(' '))
}

impl<S: Send + Sync> FromRequestParts<S> for CurrentUser {
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AuthRejection> {
        session(parts)?.current_user().cloned().map(Self)
    }
}

/// The sign-in of the request, for every client: refuses only if the handler is outside of the layer.
impl<S: Send + Sync> FromRequestParts<S> for AuthSession {
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AuthRejection> {
        session(parts).cloned()
    }
}

fn session(parts: &Parts) -> Result<&AuthSession, AuthRejection> {
    parts.extensions.get().ok_or_else(|| {
        tracing::error!("a handler uses an extractor of coatroom outside of AuthLayer: add the layer to its router");
        AuthRejection::Unavailable
    })
}

/// Returns text as a quoted-string (RFC 9110 §5.6.4).
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            ' '..='~' => quoted.push(character),
            _ => quoted.push('?'),
        }
    }
    quoted + "\""
}

/// Returns a `Retry-After` (RFC 9110 §10.2.3): whole seconds, rounded up.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

impl From<RemoteError> for AuthRejection {
    fn from(error: RemoteError) -> Self {
        match error {
            RemoteError::Token(_) => Self::InvalidToken,
            RemoteError::Unavailable(_) => Self::Unavailable,
        }
    }
}

/// Writes the answer, and leaves the rejection in its extensions: [`AuthLayer`](super::AuthLayer) names the
/// [`realm`](crate::AuthConfig::realm) in a challenge, which outside of the layer is that of an application without one.
impl IntoResponse for AuthRejection {
    fn into_response(self) -> Response {
        let body = serde_json::json!({ "error": self.code() }).to_string();
        let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        let later = match self {
            Self::Unavailable => Some((StatusCode::SERVICE_UNAVAILABLE, 2)),
            Self::TooManyReplays { retry_after } => {
                Some((StatusCode::TOO_MANY_REQUESTS, seconds(retry_after)))
            }
            _ => None,
        };
        if let Some((status, seconds)) = later {
            let retry = [(header::RETRY_AFTER, HeaderValue::from(seconds))];
            return (status, retry, json, body).into_response();
        }
        let mut response = (StatusCode::UNAUTHORIZED, Extension(self), json, body).into_response();
        challenge(&mut response, DEFAULT_REALM);
        response
    }
}

/// Names a realm in the challenge of an answer that is a rejection.
pub(super) fn challenge(response: &mut Response, realm: &str) {
    let rejection = response.extensions().get::<AuthRejection>();
    if let Some(challenge) = rejection.and_then(|rejection| rejection.challenge(realm)) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_realm_is_one_quoted_string_whatever_it_holds() {
        for (realm, text) in [
            ("The shop", r#"Bearer realm="The shop""#),
            (r#"a", error="b"#, r#"Bearer realm="a\", error=\"b""#),
            (r"a\", r#"Bearer realm="a\\""#),
            ("caf\u{e9}\r\nx: y", r#"Bearer realm="caf???x: y""#),
        ] {
            let challenge = AuthRejection::Missing.challenge(realm).expect("a challenge");
            assert_eq!(challenge.to_str().ok(), Some(text));
        }
        let invalid = AuthRejection::InvalidToken.challenge("a").expect("a challenge");
        assert_eq!(invalid, r#"Bearer realm="a", error="invalid_token""#);
        assert_eq!(AuthRejection::Unavailable.challenge("a"), None);
    }
}
