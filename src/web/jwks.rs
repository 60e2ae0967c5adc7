//! The public keys, for services that check access tokens by themselves.

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

use crate::auth::Auth;

/// The path at which services look for the public keys by convention.
pub const JWKS_PATH: &str = "/.well-known/jwks.json";

/// Answers with the public keys as a JWK set (RFC 7517 §5), which other services may cache for
/// [`jwks_max_age`](crate::AuthConfig::jwks_max_age) and revalidate by its `ETag` after that.
///
/// It queries no store and identifies no client: place it outside of [`AuthLayer`](super::AuthLayer), at [`JWKS_PATH`].
pub fn jwks<S: Clone + Send + Sync + 'static>(auth: Auth) -> MethodRouter<S> {
    get(answer).with_state(auth)
}

async fn answer(State(auth): State<Auth>, asked: HeaderMap) -> Response {
    let set = auth.jwks();
    let tag = digest::digest(&digest::SHA256, set.as_bytes());
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&tag.as_ref()[..12]));
    let max_age = auth.config().jwks_max_age.as_secs();
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
    let json = [(CONTENT_TYPE, HeaderValue::from_static("application/jwk-set+json"))];
    (cached, json, set).into_response()
}

fn text(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).unwrap_or_else(|_| HeaderValue::from_static("no-store"))
}
