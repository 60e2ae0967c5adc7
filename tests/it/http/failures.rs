//! A store that does not answer, over HTTP: 503, no cookie touched, and no user signed out.

use std::sync::Arc;

use axum::http::StatusCode;
use coatroom::config::{Scheme, Verification};

use super::{NO_COOKIES, deliver, session, sign_up};
use crate::support::{
    ACCESS, Place, World,
    browser::{Answer, BOTH, Browser},
    config,
    flaky::{Fault, FlakyStore},
};

fn unavailable(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.body, r#"{"error":"unavailable"}"#);
    assert_eq!(answer.header("retry-after"), Some("2"));
    assert_eq!(answer.header("www-authenticate"), None);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.cookie_names(), NO_COOKIES);
}

async fn read_identity(browser: &mut Browser) -> String {
    let answer = browser.open("/who").await;
    assert_eq!(answer.cookie_names(), NO_COOKIES);
    answer.body
}

#[tokio::test]
async fn a_store_down_sets_no_cookie_and_sessions_go_on_afterwards() {
    let (world, store) = World::flaky().await;
    let mut browser = sign_up(&world).await;
    deliver(&world, &mut browser).await;
    world.advance(ACCESS);
    let (jar, before) = (browser.jar.clone(), session(&world, &browser).await);
    store.set(Fault::Down);
    for _ in 0..3 {
        unavailable(&browser.open("/me").await);
        assert_eq!(read_identity(&mut browser).await, "unavailable");
        unavailable(&browser.call("POST", "/refresh").await);
        unavailable(&browser.call("POST", "/sign-out").await);
        unavailable(&browser.call("POST", "/clear").await);
        let answer = browser.call("POST", "/sign-in").await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.cookie_names(), NO_COOKIES);
    }
    assert_eq!(browser.jar, jar);
    store.set(Fault::None);
    assert_eq!(session(&world, &browser).await, before);
    let answer = browser.open("/who").await;
    assert_eq!(answer.body, "signed in, generation 1");
    assert_eq!(answer.sets(), BOTH);
}

#[tokio::test]
async fn a_good_access_token_is_served_while_the_store_is_down() {
    let (world, store) = World::flaky().await;
    let mut browser = sign_up(&world).await;
    store.set(Fault::Down);
    assert_eq!(browser.open("/me").await.status, StatusCode::OK);
    assert_eq!(browser.call("GET", "/me").await.status, StatusCode::OK);
    assert_eq!(read_identity(&mut browser).await, "signed in, generation 0");
}

#[tokio::test]
async fn the_next_page_repairs_a_committed_refresh_without_an_answer() {
    let (world, store) = World::flaky().await;
    let mut browser = sign_up(&world).await;
    deliver(&world, &mut browser).await;
    world.advance(ACCESS);
    store.set(Fault::AnswersLost);
    unavailable(&browser.open("/me").await);
    store.set(Fault::None);
    let answer = browser.open("/who").await;
    assert_eq!(answer.body, "signed in, generation 1");
    assert_eq!(answer.sets(), BOTH);
}

#[tokio::test]
async fn a_revoked_session_stays_refused_while_the_store_is_down() {
    let (world, store) = World::flaky().await;
    let mut browser = sign_up(&world).await;
    let mut thief = browser.clone();
    browser.call("POST", "/sign-out").await;
    store.set(Fault::Down);
    let answer = thief.call("GET", "/me").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.cookie_names(), NO_COOKIES);
}

/// Sends the access token alone, while it cannot be looked up: a sign-out that only deleted the cookies would leave the
/// session to any other client that holds it.
#[tokio::test]
async fn no_client_is_told_signed_out_while_the_store_is_down() {
    let store = Arc::new(FlakyStore::default());
    let mut config = config();
    config.scheme = Scheme::Hybrid(Verification::Strict);
    let world = World::with(config, Place::full(store.clone())).await;
    let mut browser = sign_up(&world).await;
    browser.lose("refresh");
    store.set(Fault::Down);
    unavailable(&browser.call("POST", "/sign-out").await);
    unavailable(&browser.call("POST", "/clear").await);
    store.set(Fault::None);
    assert_eq!(browser.call("POST", "/sign-out").await.deletes(), BOTH);
}
