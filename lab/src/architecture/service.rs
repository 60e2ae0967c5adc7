//! Another service, which has the public keys of a server and nothing else of it: no store, no secret, no news.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Request, State},
    http::StatusCode,
    routing::post,
};
use coatroom::{
    Verifier,
    access_token::{AccessToken, Verified},
    auth::Auth,
    clock::Clock,
    config::Scheme,
    web::{CookieKind, CookiePolicy},
};
use http::header;
use serde_json::{Value, json};

/// The service, with the keys as the server shows them now.
#[derive(Clone)]
struct Service {
    verifier: Arc<Verifier>,
    clock: Arc<dyn Clock>,
}

/// Returns its router; `None` if the server shows no key that another may have.
pub(super) fn router(auth: &Auth, clock: Arc<dyn Clock>) -> Option<Router> {
    let config = auth.config();
    let (issuer, audience) = (config.issuer.as_str(), config.audience.as_str());
    let verifier = Verifier::from_jwks(&auth.jwks(), issuer, audience).ok()?;
    let verifier = match config.scheme {
        Scheme::Token(_) => verifier.of_session_tokens(),
        _ => verifier,
    };
    let service = Service { verifier: Arc::new(verifier), clock };
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
    let subject = tokens.find_map(|(_, token)| {
        let token = AccessToken::parse(token).ok()?;
        match service.verifier.verify(&token, service.clock.now()).ok()? {
            Verified::Valid(info) => Some(info.claims.sub.clone()),
            Verified::Expired(_) => None,
        }
    });
    subject.map(|sub| Json(json!({ "sub": sub }))).ok_or(StatusCode::UNAUTHORIZED)
}
