//! The smallest application behind the layer: each handler does one thing and says what it saw.

use axum::{
    Extension, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use coatroom::{
    Accounts,
    session::{Decision, Persistence},
    web::{AuthLayer, AuthRejection, AuthSession, CurrentUser, Identity, RefreshOn},
};

use super::{EMAIL, PASSWORD, credentials};

/// The application; its calls are not refreshed in passing, so that each refresh is one that a test asks for.
pub(crate) fn app(accounts: &Accounts) -> Router {
    let layer = AuthLayer::new(accounts.auth().clone());
    behind(accounts, layer.refresh_on(RefreshOn::Documents))
}

/// The application behind a layer that is not the default one.
pub(crate) fn behind(accounts: &Accounts, layer: AuthLayer) -> Router {
    Router::new()
        .route("/who", get(describe_identity).post(describe_identity))
        .route("/me", get(me))
        .route("/sid", get(sid))
        .route("/role", get(role))
        .route("/cookies", get(cookies))
        .route("/sign-up", post(sign_up))
        .route("/sign-in", post(sign_in))
        .route("/sign-in-for-now", post(sign_in_for_now))
        .route("/refresh", post(refresh))
        .route("/sign-out", post(sign_out))
        .route("/sign-out-everywhere", post(sign_out_everywhere))
        .route("/clear", post(clear))
        .layer(layer)
        .with_state(accounts.clone())
}

/// Answers what the layer found, in words.
async fn describe_identity(Extension(session): Extension<AuthSession>) -> String {
    match session.identity() {
        Identity::SignedIn(_) => match session.token() {
            Some(token) => format!("signed in, generation {}", token.claims.generation),
            None => "signed in".into(),
        },
        Identity::RefreshDue => "refresh due".into(),
        Identity::SignedOut(Some(reason)) => format!("signed out: {}", reason.as_str()),
        Identity::SignedOut(None) => "signed out".into(),
        Identity::TooManyReplays(_) => "too many replays".into(),
        Identity::Unavailable => "unavailable".into(),
    }
}

/// Answers the account of a client that is signed in, and no other client.
async fn me(CurrentUser(principal): CurrentUser) -> String {
    principal.subject.to_string()
}

/// The session that the request comes from.
async fn sid(CurrentUser(principal): CurrentUser) -> String {
    principal.session.to_string()
}

/// The role of the owner, as the request proves it.
async fn role(CurrentUser(principal): CurrentUser) -> String {
    principal.authority.role.to_string()
}

/// Every cookie that a handler can get hold of, by whatever way.
async fn cookies(headers: HeaderMap, jar: Option<Extension<tower_cookies::Cookies>>) -> String {
    let headers: Vec<String> = headers
        .get_all(header::COOKIE)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .collect();
    let jar: Vec<String> = jar
        .map(|Extension(jar)| jar.list().iter().map(ToString::to_string).collect())
        .unwrap_or_default();
    format!("{}\n{}", headers.join(" | "), jar.join(" | "))
}

async fn sign_up(
    State(accounts): State<Accounts>,
    Extension(session): Extension<AuthSession>,
) -> StatusCode {
    let done =
        session.sign_up(&accounts, credentials(EMAIL, PASSWORD), Persistence::Remembered).await;
    done.map_or(StatusCode::SERVICE_UNAVAILABLE, |_| StatusCode::OK)
}

async fn sign_in(
    State(accounts): State<Accounts>,
    Extension(session): Extension<AuthSession>,
) -> StatusCode {
    let done =
        session.sign_in(&accounts, credentials(EMAIL, PASSWORD), Persistence::Remembered).await;
    done.map_or(StatusCode::SERVICE_UNAVAILABLE, |_| StatusCode::OK)
}

async fn sign_in_for_now(
    State(accounts): State<Accounts>,
    Extension(session): Extension<AuthSession>,
) -> StatusCode {
    let done = session.sign_in(&accounts, credentials(EMAIL, PASSWORD), Persistence::Browser).await;
    done.map_or(StatusCode::SERVICE_UNAVAILABLE, |_| StatusCode::OK)
}

/// Answers the row of the rule that decided.
async fn refresh(Extension(session): Extension<AuthSession>) -> Response {
    match session.refresh().await {
        Ok(refreshed) => {
            let status = match refreshed.decision {
                Decision::TooManyReplays { .. } => StatusCode::TOO_MANY_REQUESTS,
                _ if refreshed.info.is_some() => StatusCode::OK,
                _ => StatusCode::UNAUTHORIZED,
            };
            (status, refreshed.decision.row().to_string()).into_response()
        }
        Err(_) => AuthRejection::Unavailable.into_response(),
    }
}

async fn sign_out(Extension(session): Extension<AuthSession>) -> Response {
    match session.sign_out().await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(_) => AuthRejection::Unavailable.into_response(),
    }
}

/// Answers how many sessions ended.
async fn sign_out_everywhere(
    Extension(session): Extension<AuthSession>,
) -> Result<String, AuthRejection> {
    session.sign_out_everywhere().await.map(|ended| ended.to_string())
}

/// Answers whether the cookies were dead.
async fn clear(Extension(session): Extension<AuthSession>) -> Response {
    match session.clear_if_dead().await {
        Ok(dead) => dead.to_string().into_response(),
        Err(_) => AuthRejection::Unavailable.into_response(),
    }
}
