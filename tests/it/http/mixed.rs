//! Jars that late answers have mixed up, and handlers that do more than they should.

use axum::{
    Extension, Router,
    http::StatusCode,
    routing::{get, post},
};
use coatroom::web::{AuthLayer, AuthSession};

use super::{expired, sid, signed_up};
use crate::support::{World, browser::*};

/// The access cookie of an old session beside the refresh cookie of a newer one: the answer to a refresh of the old
/// session was slower than a sign-in.
async fn mixed() -> (World, Browser) {
    let (world, mut browser) = signed_up().await;
    let late = browser.send(call("POST", "/refresh")).await;
    browser.call("POST", "/sign-in").await;
    browser.receive(&late);
    (world, browser)
}

#[tokio::test]
async fn a_revoked_access_cookie_does_not_hide_a_living_refresh_cookie_from_a_document() {
    let (_world, mut browser) = mixed().await;
    assert_eq!(browser.open("/who").await.body, "signed in, generation 0");
}

#[tokio::test]
async fn a_revoked_access_cookie_does_not_hide_a_living_refresh_cookie_from_a_call() {
    let (_world, mut browser) = mixed().await;
    assert_eq!(browser.call("GET", "/who").await.body, "refresh due");
    browser.call("POST", "/refresh").await;
    assert_eq!(browser.call("GET", "/who").await.body, "signed in, generation 0");
}

#[tokio::test]
async fn a_sign_out_ends_every_session_that_the_jar_holds() {
    let (world, mut browser) = mixed().await;
    let living = sid(&browser);
    browser.call("POST", "/sign-out").await;
    let session = world.auth.session(living).await.unwrap().unwrap();
    assert!(session.revoked.is_some());
}

/// The jar of a browser whose access token has expired, before a router of one's own.
async fn before(route: impl FnOnce(Router) -> Router) -> (World, Browser) {
    let (world, browser) = expired().await;
    let mut other = Browser::new(route(Router::new()).layer(AuthLayer::new(world.auth.clone())));
    other.jar = browser.jar;
    (world, other)
}

#[tokio::test]
async fn no_handler_can_have_an_answer_with_cookies_cached() {
    let cached = || async { ([("cache-control", "public, max-age=60")], "x") };
    let (_world, mut browser) = before(|router| router.route("/c", get(cached))).await;
    let answer = browser.open("/c").await;
    assert_eq!(answer.cookie_names().len(), 2);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn one_request_refreshes_once_however_often_its_handler_asks() {
    let twice = |Extension(session): Extension<AuthSession>| async move {
        let first = session.refresh().await.unwrap().decision;
        let second = session.refresh().await.unwrap().decision;
        format!("{first:?} {second:?}")
    };
    let (world, mut browser) = before(|router| router.route("/c", post(twice))).await;
    let answer = browser.call("POST", "/c").await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "Rotate Rotate"));
    let session = world.auth.session(sid(&browser)).await.unwrap().unwrap();
    assert_eq!((session.generation, session.replays), (1, 0));
}
