//! The routes that a page's script needs, ready to be merged or nested.

use axum::{
    Router,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use http::{HeaderValue, header};
use serde_json::{Value, json};

use super::{AuthRejection, AuthSession, CurrentUser};
use crate::{principal::Principal, session::Decision};

/// Returns three routes, to be placed behind [`AuthLayer`](super::AuthLayer) and a same-origin check.
///
/// | route | answer |
/// |---|---|
/// | `GET /session` | 200 with the session, or the refusal of [`CurrentUser`] |
/// | `POST /refresh` | 200 with the session after a refresh; 401, 429 or 503 as [`AuthRejection`] says it |
/// | `POST /clear` | 200 with `{"cleared": true}` if no session of the request lives: its cookies are deleted |
///
/// Under another scheme than [`Scheme::Hybrid`](crate::config::Scheme), `/refresh` answers as `/session` does.
///
/// A session is `{"sub", "sid", "role", "expires_at"}`: three texts, and the end of what the request proved in
/// seconds since the epoch: that of the access token, or of the session under [`Opaque`](crate::config::Scheme::Opaque).
///
/// ```
/// # use axum::Router;
/// let app: Router = Router::new().nest("/auth", coatroom::web::routes());
/// ```
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/session", get(session))
        .route("/refresh", post(refresh))
        .route("/clear", post(clear))
}

async fn session(CurrentUser(principal): CurrentUser) -> Response {
    answer(&described(&principal))
}

async fn refresh(session: AuthSession) -> Result<Response, AuthRejection> {
    // Of the other schemes none has a token to exchange: the request itself was let in, or not.
    if !session.rotates() {
        return Ok(answer(&described(session.current_user()?)));
    }
    let outcome = session.refresh().await.map_err(|error| {
        tracing::error!(%error, "refreshing a session failed");
        AuthRejection::Unavailable
    })?;
    match (outcome.info, outcome.decision) {
        (Some(info), _) => Ok(answer(&described(&info.claims.principal()))),
        (None, Decision::TooManyReplays { retry_after, .. }) => {
            Err(AuthRejection::TooManyReplays { retry_after })
        }
        (None, _) if session.presented_any() => Err(AuthRejection::InvalidToken),
        (None, _) => Err(AuthRejection::Missing),
    }
}

async fn clear(session: AuthSession) -> Result<Response, AuthRejection> {
    let cleared = session.clear_if_dead().await.map_err(|error| {
        tracing::error!(%error, "checking the sessions of a request's cookies failed");
        AuthRejection::Unavailable
    })?;
    Ok(answer(&json!({ "cleared": cleared })))
}

fn described(principal: &Principal) -> Value {
    let Principal { subject, session, authority, expires_at, .. } = principal;
    let expires_at = expires_at.seconds();
    json!({ "sub": subject, "sid": session, "role": authority.role, "expires_at": expires_at })
}

fn answer(body: &Value) -> Response {
    let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (json, body.to_string()).into_response()
}
