//! A page without a framework, whose every part is for a user who is signed in: calls of scripts, an image, a stream of
//! events, a WebSocket. The server refreshes each on its way, so the page's script is `coatroom.js`, of 30 lines.
//!
//! `cargo run --example live_page`, then open <http://localhost:3000>: by that name, and not in Safari, as
//! `axum_login.rs` explains. Its button signs a guest in without a proof: your check of one stands before
//! [`AuthSession::begin`]. The script keeps a stream and a WebSocket open; each ends with its session, here or on another
//! node, because it waits for [`Auth::wait_until_ended`]. To listen alone is no use of a session: its idle lifetime goes on.

use std::{convert::Infallible, env, pin::pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use axum::{
    Router,
    extract::ws::{WebSocket, WebSocketUpgrade},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{
        Html, IntoResponse, Redirect, Response,
        sse::{Event, Sse},
    },
    routing::{any, get, post},
};
use coatroom::{
    Auth, AuthConfig, AuthLayer, AuthSession, CurrentUser, Means, People, Persistence, Person,
    Role, ServerSecret, Subject,
    config::FeedTiming,
    people::PeopleError,
    store::memory::MemoryStore,
    web::{self, AuthRejection, SameOriginUpgrade},
};
use futures::{Stream, StreamExt as _, stream};
use tokio::{net::TcpListener, time::sleep};
use tower_http::csrf::CsrfLayer;

const PAGE: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("coatroom.js");
const FORM: &str = r#"<!doctype html><html lang="en"><title>Sign in</title>
<form method="post" action="/sign-in"><button>Sign in as a guest</button></form>"#;
const PICTURE: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 48">
<rect x="2" y="2" width="92" height="44" rx="8" fill="none" stroke="teal" stroke-width="3"/></svg>"#;

/// A user whom the example knows.
#[derive(Debug)]
struct Guests;

#[async_trait]
impl People for Guests {
    async fn find(&self, subject: &Subject) -> Result<Option<Person>, PeopleError> {
        Ok((subject.as_str() == "guest").then(|| Person::new(Role::USER)))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Another port and a shorter life of access tokens, for tests.
    let port: u16 = env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let secret = ServerSecret::new(ServerSecret::generate())?;
    let mut config = AuthConfig::new(format!("http://localhost:{port}"), secret);
    if let Ok(seconds) = env::var("ACCESS_TTL") {
        let life = Duration::from_secs(seconds.parse()?);
        // None of these may be longer than an access token lives.
        (config.access_ttl, config.grace, config.clock_skew) = (life, life / 10, life);
        config.feed = FeedTiming::new(life / 2, life);
    }
    let auth = Auth::new(config, Arc::new(MemoryStore::new()), Arc::new(Guests)).await?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    eprintln!("Open http://localhost:{port}");
    Ok(axum::serve(listener, app(auth)).await?)
}

fn app(auth: Auth) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/sign-in", get(async || Html(FORM)).post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/part", get(part))
        .route("/picture", get(picture))
        .route("/events", get(events))
        .route("/socket", any(socket))
        // `GET /auth/session`, which the script asks.
        .nest("/auth", web::routes())
        .layer(AuthLayer::new(auth))
        // Outermost, so that what another site posts neither refreshes nor changes anything.
        .layer(CsrfLayer::new())
        .route("/coatroom.js", get(async || ([(CONTENT_TYPE, "text/javascript")], SCRIPT)))
}

async fn page(user: Result<Option<CurrentUser>, AuthRejection>) -> Response {
    match user {
        Ok(Some(_)) => Html(PAGE).into_response(),
        Ok(None) => Redirect::to("/sign-in").into_response(),
        Err(rejection) => rejection.into_response(),
    }
}

async fn sign_in(session: AuthSession) -> Response {
    let Ok(guest) = Subject::new("guest") else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    // Your check of a password, or of another proof, stands here.
    match session.begin(&guest, Means::default(), Persistence::Browser).await {
        Ok(_) => Redirect::to("/").into_response(),
        Err(_) => AuthRejection::Unavailable.into_response(),
    }
}

async fn sign_out(session: AuthSession) -> Response {
    let done = session.sign_out().await;
    done.map_or_else(
        |_| AuthRejection::Unavailable.into_response(),
        |()| Redirect::to("/sign-in").into_response(),
    )
}

async fn part(CurrentUser(user): CurrentUser) -> Html<String> {
    Html(format!("<p>For {} alone.</p>", user.authority.role))
}

async fn picture(_: CurrentUser) -> Response {
    ([(CONTENT_TYPE, "image/svg+xml")], PICTURE).into_response()
}

/// Sends an event each second, until the session ends.
async fn events(
    CurrentUser(user): CurrentUser,
    session: AuthSession,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let auth = session.auth().clone();
    let ended = async move { auth.wait_until_ended(&user).await };
    let counted = stream::iter(1_u32..).then(async |number| {
        if number > 1 {
            sleep(Duration::from_secs(1)).await;
        }
        Ok(Event::default().data(number.to_string()))
    });
    Sse::new(counted.take_until(Box::pin(ended)))
}

async fn socket(
    _: SameOriginUpgrade,
    CurrentUser(user): CurrentUser,
    session: AuthSession,
    upgrade: WebSocketUpgrade,
) -> Response {
    let auth = session.auth().clone();
    upgrade.on_upgrade(async move |mut socket: WebSocket| {
        let mut ended = pin!(auth.wait_until_ended(&user));
        let hello = format!("open for {}", user.subject);
        if socket.send(hello.into()).await.is_err() {
            return;
        }
        loop {
            tokio::select! {
                // The socket is dropped, and so the connection is closed.
                _reason = &mut ended => return,
                message = socket.recv() => if !matches!(message, Some(Ok(_))) { return },
            }
        }
    })
}
