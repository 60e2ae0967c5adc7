//! Another service, which has the public keys of a server and nothing else of it: no store, no secret, no news.
//!
//! It checks as any JWT library does. The [`Verifier`](coatroom::Verifier) would take the access tokens of a hybrid and
//! refuse a token that is all there is of its session, whose `typ` is another: that says something of this library, and
//! nothing of the architecture.

use std::{str::FromStr as _, sync::Arc};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::StatusCode,
    routing::post,
};
use coatroom::{
    auth::Auth,
    clock::Clock,
    web::{CookieKind, CookiePolicy},
};
use http::header;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde_json::Value;

use crate::setting::ORIGIN;

/// The service, with the keys as the server shows them now.
#[derive(Clone)]
struct Service {
    keys: Arc<JwkSet>,
    audience: Arc<str>,
    clock: Arc<dyn Clock>,
}

/// Returns its router; `None` if the server shows no key set.
pub(super) fn router(auth: &Auth, clock: Arc<dyn Clock>) -> Option<Router> {
    let keys = serde_json::from_str(&auth.jwks()).ok()?;
    let audience = auth.config().audience.as_str().into();
    let service = Service { keys: Arc::new(keys), audience, clock };
    Some(Router::new().route("/api/call", post(check)).with_state(service))
}

async fn check(
    State(service): State<Service>,
    request: Request,
) -> Result<Json<Value>, StatusCode> {
    let policy = CookiePolicy::default();
    let cookies = request.headers().get(header::COOKIE).and_then(|value| value.to_str().ok());
    let pairs = cookies.unwrap_or_default().split("; ").filter_map(|pair| pair.split_once('='));
    let mut tokens = pairs.filter(|(name, _)| policy.cookie_kind(name) == Some(CookieKind::Access));
    let claims = tokens.find_map(|(_, token)| service.claims(token));
    claims.map(Json).ok_or(StatusCode::UNAUTHORIZED)
}

impl Service {
    /// Returns the claims of a token that it accepts.
    fn claims(&self, token: &str) -> Option<Value> {
        let header = decode_header(token).ok()?;
        let key = self.keys.find(header.kid.as_deref()?)?;
        // The algorithm is the key's (RFC 8725 §3.1).
        let algorithm = Algorithm::from_str(&key.common.key_algorithm?.to_string()).ok()?;
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[ORIGIN]);
        validation.set_audience(&[&*self.audience]);
        // The machine's clock is not that of these servers.
        validation.validate_exp = false;
        let key = DecodingKey::from_jwk(key).ok()?;
        let claims = decode::<Value>(token, &key, &validation).ok()?.claims;
        let expires_at = claims.get("exp")?.as_i64()?;
        (self.clock.now().seconds() < expires_at).then_some(claims)
    }
}
