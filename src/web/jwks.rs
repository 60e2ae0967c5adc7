//! The public keys, for services that check access tokens by themselves.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::digest;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH},
};

use crate::{auth::Auth, handshake::HandshakeIssuer};

/// The path at which services look for the public keys by convention.
pub const JWKS_PATH: &str = "/.well-known/jwks.json";
/// The path at which a receiver of handshakes looks for the keys of their JWTs.
pub const HANDSHAKE_JWKS_PATH: &str = "/.well-known/handshake-jwks.json";
/// The path at which a receiver of handshakes looks for the keys of their PASETO.
#[cfg(feature = "paseto")]
pub const HANDSHAKE_PASERKS_PATH: &str = "/.well-known/handshake-paserks.json";

/// Answers with the public keys as a JWK set (RFC 7517 §5), which other services may cache for
/// [`jwks_max_age`](crate::AuthConfig::jwks_max_age) and revalidate by its `ETag` after that.
///
/// It queries no store and identifies no client: place it outside of [`AuthLayer`](super::AuthLayer), at [`JWKS_PATH`].
pub fn jwks<S: Clone + Send + Sync + 'static>(auth: Auth) -> MethodRouter<S> {
    get(answer).with_state(auth)
}

/// Answers with the public keys of handshakes as a JWK set, for the services that receive their JWTs. Place it as
/// [`jwks`], at [`HANDSHAKE_JWKS_PATH`].
pub fn handshake_jwks<S: Clone + Send + Sync + 'static>(
    issuer: Arc<HandshakeIssuer>,
    max_age: Duration,
) -> MethodRouter<S> {
    const TYPE: &str = "application/jwk-set+json";
    get(async move |asked: HeaderMap| cached(issuer.jwks(), TYPE, max_age, &asked))
}

/// Answers with the public keys of handshakes as PASERK texts, for the services that receive their PASETO. Place it as
/// [`jwks`], at [`HANDSHAKE_PASERKS_PATH`].
#[cfg(feature = "paseto")]
pub fn handshake_paserks<S: Clone + Send + Sync + 'static>(
    issuer: Arc<HandshakeIssuer>,
    max_age: Duration,
) -> MethodRouter<S> {
    const TYPE: &str = "application/json";
    get(async move |asked: HeaderMap| cached(issuer.paserks(), TYPE, max_age, &asked))
}

async fn answer(State(auth): State<Auth>, asked: HeaderMap) -> Response {
    cached(auth.jwks(), "application/jwk-set+json", auth.config().jwks_max_age, &asked)
}

/// Answers with a set that may be kept for that time, and revalidated after it.
fn cached(set: String, of_type: &'static str, max_age: Duration, asked: &HeaderMap) -> Response {
    let tag = digest::digest(&digest::SHA256, set.as_bytes());
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&tag.as_ref()[..12]));
    let max_age = max_age.as_secs();
    let unchanged = asked
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|known| known.trim().trim_start_matches("W/"))
        .any(|known| known == tag || known == "*");
    let cached = [
        (CACHE_CONTROL, text(&format!("public, max-age={max_age}, must-revalidate"))),
        (ETAG, text(&tag)),
    ];
    if unchanged {
        return (StatusCode::NOT_MODIFIED, cached).into_response();
    }
    (cached, [(CONTENT_TYPE, HeaderValue::from_static(of_type))], set).into_response()
}

fn text(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).unwrap_or_else(|_| HeaderValue::from_static("no-store"))
}
