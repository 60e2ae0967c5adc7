//! Jars that late answers have mixed up, and handlers that do more than they should.

use std::time::Duration;

use axum::{
    Extension, Router,
    http::StatusCode,
    routing::{get, post},
};
use coatroom::{
    refresh_token::RefreshToken,
    web::{AuthLayer, AuthSession},
};

use super::{expired, session, sid, signed_up};
use crate::support::{ACCESS, TICK, World, browser::*};

/// The cookies of an old session beside those of a newer one: the answer to a refresh of the old session was slower
/// than a sign-in.
async fn mixed() -> (World, Browser) {
    let (world, mut browser) = signed_up().await;
    let late = browser.send(call("POST", "/refresh")).await;
    browser.call("POST", "/sign-in").await;
    browser.receive(&late);
    (world, browser)
}

#[tokio::test]
async fn a_late_answer_of_an_old_session_hides_no_newer_one() {
    for request in [document("/who"), call("GET", "/who")] {
        let (_world, browser) = mixed().await;
        let answer = browser.send(request).await;
        assert_eq!(answer.body, "signed in, generation 0");
        assert_eq!((answer.sets(), answer.deletes()), (vec![], BOTH.to_vec()), "the old one's");
    }
}

/// The story that stranded users: the answer to a refresh is held, its owner signs out and in again, and it lands.
#[tokio::test]
async fn a_late_answer_after_sign_out_and_sign_in_ends_nothing() {
    let (world, mut browser) = expired().await;
    let late = browser.send(call("POST", "/refresh")).await;
    browser.call("POST", "/sign-out").await;
    browser.call("POST", "/sign-in").await;
    let living = sid(&browser);
    browser.receive(&late);
    assert_eq!(browser.call("GET", "/me").await.status, StatusCode::OK);
    assert_eq!(browser.jar.len(), 2, "what is dead went by name: {:?}", browser.jar.keys());
    world.advance(ACCESS);
    assert!(browser.open("/who").await.body.starts_with("signed in"));
    assert_eq!(sid(&browser), living);
}

#[tokio::test]
async fn a_late_answer_to_a_sign_out_deletes_no_newer_sign_in() {
    let (_world, mut browser) = signed_up().await;
    for path in ["/sign-out", "/clear"] {
        let late = browser.send(call("POST", path)).await;
        browser.call("POST", "/sign-in").await;
        browser.receive(&late);
        assert_eq!(browser.call("GET", "/me").await.status, StatusCode::OK, "{path}");
    }
}

/// Two tabs sign in at once: neither request shows the other's session, and both live.
#[tokio::test]
async fn of_two_sessions_the_newest_counts_and_a_sign_out_ends_both() {
    let world = World::in_memory().await;
    super::sign_up(&world).await;
    let mut browser = Browser::new(crate::support::app::app(&world.accounts));
    let first = browser.send(call("POST", "/sign-in")).await;
    world.advance(TICK);
    let second = browser.send(call("POST", "/sign-in")).await;
    for answer in [&second, &first] {
        browser.receive(answer);
    }
    assert_eq!(browser.jar.len(), 4);
    let newest = {
        let mut other = browser.clone();
        other.jar.clear();
        other.receive(&second);
        sid(&other)
    };
    for wait in [Duration::ZERO, ACCESS] {
        world.advance(wait);
        let answer = browser.open("/sid").await;
        assert_eq!(answer.body, newest.to_string(), "after {wait:?}");
        assert_eq!(answer.deletes().len(), 0, "the other one lives");
    }
    let ids: Vec<_> = browser.jar.values().filter_map(|text| RefreshToken::parse(text)).collect();
    browser.call("POST", "/sign-out").await;
    assert!(browser.jar.is_empty());
    for token in ids {
        let session = world.auth.session(token.sid()).await.unwrap().unwrap();
        assert!(session.revoked.is_some());
    }
}

/// Two applications on one host, as on two ports: each is sent the other's cookies.
#[tokio::test]
async fn two_applications_on_one_host_sign_no_user_out() {
    let worlds = [World::in_memory().await, World::in_memory().await];
    let [mut one, mut other] =
        worlds.each_ref().map(|world| Browser::new(crate::support::app::app(&world.accounts)));
    for _ in 0..2 {
        for path in ["/sign-up", "/sign-in", "/clear", "/refresh"] {
            one.call("POST", path).await;
            other.jar.clone_from(&one.jar);
            other.call("POST", path).await;
            one.jar.clone_from(&other.jar);
        }
        for world in &worlds {
            world.advance(ACCESS);
        }
    }
    assert_eq!(one.jar.len(), 4);
    assert!(one.open("/who").await.body.starts_with("signed in"));
    other.jar.clone_from(&one.jar);
    other.call("POST", "/sign-out").await;
    one.jar.clone_from(&other.jar);
    assert!(one.open("/who").await.body.starts_with("signed in"), "the other one's sign-out");
}

/// An upgrade from names without a tag signs no user out.
#[tokio::test]
async fn untagged_cookies_are_read_and_replaced_at_the_next_rotation() {
    let (world, mut browser) = expired().await;
    let tagged = std::mem::take(&mut browser.jar);
    for (name, value) in tagged {
        let kind = if name.contains("-access-") { "access" } else { "refresh" };
        browser.plant(&format!("__Host-Http-{kind}"), &value);
    }
    let answer = browser.open("/who").await;
    assert_eq!(answer.body, "signed in, generation 1");
    assert_eq!((answer.sets(), answer.deletes()), (BOTH.to_vec(), BOTH.to_vec()));
    assert_eq!(browser.jar.len(), 2);
    assert_eq!(session(&world, &browser).await.generation, 1);
}

/// The jar of a browser whose access token has expired, before a router of the test's own.
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
