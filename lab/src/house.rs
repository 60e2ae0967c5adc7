//! The service of a node of a world: the routes of an application, behind the very layers that the application has.
//!
//! A handler does what the application's does, and nothing for the lab's sake.

pub(crate) mod slip;

use std::sync::Arc;

use axum::{
    Form, Json, Router,
    extract::{Request, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use coatroom::{
    Role,
    access_token::{AccessToken, Verified},
    accounts::{Accounts, Credentials, SignInError},
    auth::{Auth, IssueError},
    clock::Clock,
    session::{Decision, Persistence},
    verifier::Verifier,
    web::{AuthLayer, AuthRejection, AuthSession, CookieKind, CookiePolicy, CurrentUser, Identity},
};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use tower_http::csrf::CsrfLayer;

use super::{
    action::{Ask, Passing},
    setting::ORIGIN,
};

/// The address of the world's account.
pub const EMAIL: &str = "ada@house.example";
/// Its password, which no real account has.
pub const PASSWORD: &str = "a quiet harbour at dawn";

/// Returns the method and the path of that request.
pub const fn route(ask: Ask) -> (&'static str, &'static str) {
    match ask {
        Ask::Reload => ("GET", "/"),
        Ask::SignIn => ("POST", "/api/sign_in"),
        Ask::Call | Ask::Use => ("POST", "/api/call"),
        Ask::Admin => ("POST", "/api/admin"),
        Ask::Refresh => ("POST", "/api/refresh"),
        Ask::SignOut | Ask::Post => ("POST", "/api/sign_out"),
        Ask::SignOutEverywhere => ("POST", "/api/sign_out_everywhere"),
    }
}

/// A node of the house, which refreshes these requests in passing.
pub(super) fn node(accounts: Accounts, passing: Passing) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/api/sign_in", post(sign_in))
        .route("/api/call", post(call))
        .route("/api/admin", post(admin))
        .route("/api/refresh", post(refresh))
        .route("/api/sign_out", post(sign_out))
        .route("/api/sign_out_everywhere", post(sign_out_everywhere))
        .layer(AuthLayer::new(accounts.auth().clone()).refresh_on(passing.into()))
        // Outermost, so that what another site posts neither refreshes nor changes anything.
        .layer(CsrfLayer::new())
        // A server does the same when it begins to listen; otherwise every request builds its route anew.
        .with_state(accounts)
}

/// Serves a page to a visitor who is signed in, and sends one who is not to the form.
async fn page(session: AuthSession) -> Response {
    match session.identity() {
        Identity::SignedIn(_) => "signed in".into_response(),
        Identity::Unavailable => AuthRejection::Unavailable.into_response(),
        Identity::TooManyReplays(retry_after) => {
            AuthRejection::TooManyReplays { retry_after: *retry_after }.into_response()
        }
        _ => Redirect::to("/sign-in").into_response(),
    }
}

async fn sign_in(
    State(accounts): State<Accounts>,
    session: AuthSession,
    Form(who): Form<Credentials>,
) -> Response {
    match session.sign_in(&accounts, who, Persistence::Remembered).await {
        Ok(_) => Json(json!({ "signed_in": true })).into_response(),
        Err(SignInError::InvalidCredentials) => {
            refuse(StatusCode::UNAUTHORIZED, "invalid_credentials")
        }
        Err(_) => AuthRejection::Unavailable.into_response(),
    }
}

async fn call(CurrentUser(user): CurrentUser) -> Response {
    Json(json!({ "sub": user.subject, "role": user.authority.role })).into_response()
}

async fn admin(CurrentUser(user): CurrentUser) -> Response {
    if user.authority.role != Role::ADMIN {
        return refuse(StatusCode::FORBIDDEN, "not_allowed");
    }
    Json(json!({ "closed_the_house": true })).into_response()
}

async fn refresh(session: AuthSession) -> Response {
    match session.refresh().await {
        Err(IssueError::Store(_)) => AuthRejection::Unavailable.into_response(),
        Err(_) => refuse(StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        Ok(refreshed) if refreshed.info.is_some() => {
            Json(json!({ "row": refreshed.decision.row() })).into_response()
        }
        Ok(refreshed) => match refreshed.decision {
            Decision::TooManyReplays { retry_after, .. } => {
                AuthRejection::TooManyReplays { retry_after }.into_response()
            }
            Decision::Ended(_) | Decision::Reuse(_) => {
                refuse(StatusCode::UNAUTHORIZED, "session_ended")
            }
            _ => AuthRejection::InvalidToken.into_response(),
        },
    }
}

async fn sign_out(session: AuthSession) -> Response {
    match session.sign_out().await {
        Ok(()) => Json(json!({ "signed_out": true })).into_response(),
        Err(_) => AuthRejection::Unavailable.into_response(),
    }
}

async fn sign_out_everywhere(session: AuthSession) -> Response {
    match session.sign_out_everywhere().await {
        Ok(ended) => Json(json!({ "ended": ended })).into_response(),
        Err(rejection) => rejection.into_response(),
    }
}

fn refuse(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({ "error": error }))).into_response()
}

/// Another service behind the same host name: it has the public keys, checks signatures by itself, and hears of
/// nothing. Its copy of the key set is always fresh here.
pub(super) fn service(auth: Auth, clock: Arc<dyn Clock>) -> Router {
    Router::new().route("/api/call", post(check)).with_state((auth, clock))
}

async fn check(State((auth, clock)): State<(Auth, Arc<dyn Clock>)>, request: Request) -> Response {
    let mut tokens =
        request.headers().get_all(header::COOKIE).iter().flat_map(access_tokens).peekable();
    if tokens.peek().is_none() {
        return AuthRejection::Missing.into_response();
    }
    let Ok(verifier) = Verifier::from_jwks(&auth.jwks(), ORIGIN, &auth.config().audience) else {
        return AuthRejection::InvalidToken.into_response();
    };
    // A jar may hold those of several sessions.
    let good = tokens.find_map(|token| match verifier.verify(&token, clock.now()) {
        Ok(Verified::Valid(token)) => Some(token),
        _ => None,
    });
    match good {
        Some(token) => Json(json!({ "sub": token.claims.sub })).into_response(),
        None => AuthRejection::InvalidToken.into_response(),
    }
}

fn access_tokens(header: &HeaderValue) -> impl Iterator<Item = AccessToken> + use<'_> {
    let policy = CookiePolicy::default();
    let pairs = header.to_str().unwrap_or_default().split("; ");
    pairs
        .filter_map(|pair| pair.split_once('='))
        .filter(move |(name, _)| policy.cookie_kind(name) == Some(CookieKind::Access))
        .filter_map(|(_, value)| AccessToken::parse(value).ok())
}
