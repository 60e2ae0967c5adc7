//! Sign-in in plain axum: forms that need no JavaScript, accounts in memory.
//!
//! `cargo run --example axum_login`, then open <http://localhost:3000>: by that name, because the cookies are `Secure`,
//! and not in Safari, which keeps none of `http://localhost`. Nothing here refreshes a token. The layer does, before a
//! page is rendered. Of Coatroom's features it needs `axum` alone, the default.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Form, Router,
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use coatroom::{
    Accounts, AuthConfig, AuthLayer, AuthSession, Credentials, CurrentUser, Persistence,
    ServerSecret, UserId,
    accounts::{SignInError, SignUpError},
    store::memory::MemoryStore,
    web::AuthRejection,
};
use tower_http::csrf::CsrfLayer;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Your secret comes from a file that only the server reads: sessions outlive a restart if it and their store do.
    let secret = ServerSecret::new(ServerSecret::generate())?;
    let config = AuthConfig::new("http://localhost:3000", secret);
    let accounts = Accounts::new(config, Arc::new(MemoryStore::new())).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    eprintln!("Open http://localhost:3000");
    // Passes the browser's address on, so that a session can say which network it was used from.
    let service = app(accounts).into_make_service_with_connect_info::<SocketAddr>();
    Ok(axum::serve(listener, service).await?)
}

pub fn app(accounts: Accounts) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/sign-in", get(async || page(FORM)).post(sign_in))
        .route("/sign-up", post(sign_up))
        .route("/sign-out", post(sign_out))
        .layer(AuthLayer::new(accounts.auth().clone()))
        // Outermost, so that what another site posts neither refreshes nor changes anything.
        .layer(CsrfLayer::new())
        .with_state(accounts)
}

/// Greets a person who is signed in; every other visitor is sent to the form.
async fn home(
    State(accounts): State<Accounts>,
    user: Result<Option<CurrentUser>, AuthRejection>,
) -> Response {
    let sign_in = Redirect::to("/sign-in").into_response();
    let Ok(user) = user else { return unavailable() };
    let Some(CurrentUser(principal)) = user else { return sign_in };
    let Some(id) = UserId::parse(principal.subject.as_str()) else { return sign_in };
    let Ok(user) = accounts.user(id).await else { return unavailable() };
    // An account that was deleted.
    let Some(user) = user else { return sign_in };
    // There are addresses with a `<` in them.
    let email = user.email.as_str().replace('&', "&amp;").replace('<', "&lt;");
    page(&format!("<p>You are signed in as {email}.</p>{SIGN_OUT}")).into_response()
}

async fn sign_in(
    State(accounts): State<Accounts>,
    session: AuthSession,
    Form(who): Form<Credentials>,
) -> Response {
    match session.sign_in(&accounts, who, Persistence::Browser).await {
        Ok(_) => Redirect::to("/").into_response(),
        Err(error @ SignInError::InvalidCredentials) => refuse(StatusCode::UNAUTHORIZED, &error),
        Err(_) => unavailable(),
    }
}

async fn sign_up(
    State(accounts): State<Accounts>,
    session: AuthSession,
    Form(who): Form<Credentials>,
) -> Response {
    match session.sign_up(&accounts, who, Persistence::Browser).await {
        Ok(_) => Redirect::to("/").into_response(),
        Err(error @ SignUpError::EmailTaken) => refuse(StatusCode::CONFLICT, &error),
        Err(error @ (SignUpError::Email(_) | SignUpError::Password(_))) => {
            refuse(StatusCode::UNPROCESSABLE_ENTITY, &error)
        }
        Err(_) => unavailable(),
    }
}

async fn sign_out(session: AuthSession) -> Response {
    let done = session.sign_out().await;
    done.map_or_else(|_| unavailable(), |()| Redirect::to("/sign-in").into_response())
}

fn refuse(status: StatusCode, error: &dyn std::error::Error) -> Response {
    (status, page(&format!(r#"<p role="alert">Sorry: {error}.</p>{FORM}"#))).into_response()
}

/// Answers if the store does not, or if too many sign in at once. That signs no person out.
fn unavailable() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, page("<p>Please try again in a moment.</p>")).into_response()
}

fn page(body: &str) -> Html<String> {
    Html(format!(r#"<!doctype html><html lang="en"><title>Sign-in</title>{body}</html>"#))
}

const SIGN_OUT: &str = r#"<form method="post" action="/sign-out"><button>Sign out</button></form>"#;
const FORM: &str = r#"<form method="post" action="/sign-in">
<p><label>Email <input name="email" type="email" autocomplete="username" required></label>
<p><label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<p><button>Sign in</button> <button formaction="/sign-up">Sign up</button>
</form>"#;
