//! The ready routes, the extractor of a client that may be signed out, and that of bearer tokens.

use axum::{
    Router,
    http::{Request, StatusCode, request::Builder},
    routing::get,
};
use coatroom::{
    auth::TokenPair,
    session::{Client, EndReason},
    web::{AuthLayer, BearerUser, CurrentUser, RefreshOn, routes},
};
use serde_json::{Value, json};

use super::{deliver, refused, sid};
use crate::support::{
    ACCESS, World,
    app::behind,
    browser::{BOTH, Browser, call},
    flaky::Fault,
};

fn app(world: &World) -> Browser {
    let layer = AuthLayer::new(world.auth.clone()).refresh_on(RefreshOn::Documents);
    let router = Router::new()
        .nest("/auth", routes())
        .route("/maybe", get(maybe))
        .route("/bearer", get(bearer))
        .layer(layer.clone());
    Browser::new(router.merge(behind(&world.accounts, layer)))
}

async fn maybe(user: Option<CurrentUser>) -> &'static str {
    user.map_or("signed out", |_| "signed in")
}

async fn bearer(BearerUser(principal): BearerUser) -> String {
    principal.session.to_string()
}

async fn signed_up(world: &World) -> Browser {
    let mut browser = app(world);
    assert_eq!(browser.call("POST", "/sign-up").await.status, StatusCode::OK);
    deliver(world, &mut browser).await;
    browser
}

#[tokio::test]
async fn the_routes_tell_of_the_session_refresh_it_and_clear_it() {
    let world = World::in_memory().await;
    let mut browser = signed_up(&world).await;
    let told = browser.call("GET", "/auth/session").await;
    let session: Value = serde_json::from_str(&told.body).expect("JSON");
    assert_eq!(session["sid"], json!(sid(&browser)));
    assert_eq!(session["role"], "user");
    assert_eq!(told.header("content-type"), Some("application/json"));
    let lives = browser.call("POST", "/auth/clear").await;
    assert_eq!((lives.body.as_str(), lives.deletes().len()), (r#"{"cleared":false}"#, 0));

    world.advance(ACCESS);
    refused(&browser.call("GET", "/auth/session").await, "access_expired");
    let refreshed = browser.call("POST", "/auth/refresh").await;
    assert_eq!((refreshed.status, refreshed.sets()), (StatusCode::OK, BOTH.to_vec()));
    let later: Value = serde_json::from_str(&refreshed.body).expect("JSON");
    assert!(later["expires_at"].as_i64() > session["expires_at"].as_i64());
    assert_eq!(browser.call("GET", "/auth/session").await.body, refreshed.body);

    let session = sid(&browser);
    world.auth.sign_out(session, Client::default()).await.expect("answers");
    refused(&browser.call("POST", "/auth/refresh").await, "invalid_token");
    let cleared = browser.call("POST", "/auth/clear").await;
    assert_eq!((cleared.body.as_str(), cleared.deletes()), (r#"{"cleared":true}"#, BOTH.to_vec()));
    refused(&browser.call("POST", "/auth/refresh").await, "unauthenticated");
}

#[tokio::test]
async fn the_routes_refuse_other_methods_and_say_if_the_store_fails() {
    let (world, store) = World::flaky().await;
    let mut browser = signed_up(&world).await;
    for (method, path) in
        [("GET", "/auth/refresh"), ("GET", "/auth/clear"), ("POST", "/auth/session")]
    {
        assert_eq!(
            browser.call(method, path).await.status,
            StatusCode::METHOD_NOT_ALLOWED,
            "{path}"
        );
    }
    world.advance(ACCESS);
    store.set(Fault::Down);
    for path in ["/auth/refresh", "/auth/clear"] {
        let answer = browser.call("POST", path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(answer.cookie_names(), super::NO_COOKIES);
    }
}

#[tokio::test]
async fn an_optional_user_is_refused_only_if_the_answer_is_unknown() {
    let (world, store) = World::flaky().await;
    let mut browser = signed_up(&world).await;
    assert_eq!(browser.call("GET", "/maybe").await.body, "signed in");
    assert_eq!(app(&world).call("GET", "/maybe").await.body, "signed out");
    let mut forged = browser.clone();
    forged.lose("refresh");
    let name = forged.name("access");
    forged.plant(&name, "no token");
    assert_eq!(forged.call("GET", "/maybe").await.body, "signed out");
    world.advance(ACCESS);
    refused(&browser.call("GET", "/maybe").await, "access_expired");
    store.set(Fault::Down);
    let unknown = browser.send(call("GET", "/maybe").header("sec-fetch-dest", "document")).await;
    assert!(unknown.status == StatusCode::SERVICE_UNAVAILABLE || unknown.body != "signed out");
}

fn with(value: &str) -> Builder {
    Request::get("/bearer").header("authorization", value)
}

fn shown(tokens: &TokenPair) -> String {
    format!("Bearer {}", tokens.access.reveal())
}

#[tokio::test]
async fn a_bearer_token_is_checked_as_a_cookie_is() {
    let world = World::in_memory().await;
    let tokens = world.sign_up().await;
    let client = app(&world);
    let sid = tokens.session.id.to_string();
    assert_eq!(client.send(with(&shown(&tokens))).await.body, sid);
    // A scheme has no case (RFC 9110 §11.1).
    assert_eq!(client.send(with(&shown(&tokens).replace("Bearer", "bEARER"))).await.body, sid);
    world.advance(ACCESS);
    refused(&client.send(with(&shown(&tokens))).await, "access_expired");
    let again = world.sign_in(None).await.expect("signed in");
    world.auth.sign_out(again.session.id, Client::default()).await.expect("answers");
    refused(&client.send(with(&shown(&again))).await, "invalid_token");
    let ended = world.auth.session(again.session.id).await.expect("answers").expect("there");
    assert_eq!(ended.revoked.map(|revocation| revocation.reason), Some(EndReason::SignedOut));
}

#[tokio::test]
async fn a_request_without_one_clear_bearer_token_is_refused() {
    let world = World::in_memory().await;
    let browser = signed_up(&world).await;
    let tokens = world.sign_in(None).await.expect("signed in");
    let good = shown(&tokens);
    // Its cookies are good, and count for nothing.
    refused(&browser.send(call("GET", "/bearer")).await, "unauthenticated");
    refused(&browser.send(with("Basic YTpi")).await, "unauthenticated");
    for bad in ["Bearer", "Bearer ", "Bearer x.y.z", &format!("{good} {good}"), &format!("{good}x")]
    {
        refused(&browser.send(with(bad)).await, "invalid_token");
    }
    let doubled = with(&good).header("authorization", &good);
    refused(&browser.send(doubled).await, "invalid_token");
    let refresh = tokens.refresh.expect("a refresh token");
    refused(&browser.send(with(&format!("Bearer {}", refresh.reveal()))).await, "invalid_token");
}
