//! Signing out everywhere over HTTP: the requests that may, and what becomes of every browser of the account.

use axum::http::StatusCode;
use coatroom::web::{CookieKind, CookiePolicy};

use super::{NO_COOKIES, expired, refused, sid, signed_up};
use crate::support::{
    EMAIL, PASSWORD, TICK, World,
    app::app,
    browser::{BOTH, Browser, call, document},
    context, credentials,
    flaky::Fault,
};

const PATH: &str = "/sign-out-everywhere";

/// Another browser of the same account.
async fn signed_in(world: &World) -> Browser {
    let mut browser = Browser::new(app(&world.accounts));
    let answer = browser.call("POST", "/sign-in").await;
    assert_eq!(answer.status, StatusCode::OK);
    browser
}

#[tokio::test]
async fn every_browser_is_signed_out_and_the_callers_cookies_deleted() {
    let (world, mut browser) = signed_up().await;
    let mut others = [signed_in(&world).await, signed_in(&world).await];
    let answer = browser.call("POST", PATH).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "3"));
    assert_eq!(answer.deletes(), BOTH);
    assert!(browser.jar.is_empty());
    for other in &mut others {
        refused(&other.call("GET", "/me").await, "invalid_token");
        assert_eq!(other.open("/who").await.body, "signed out: signed_out");
        assert_eq!(other.call("POST", "/refresh").await.body, "2");
        // Their cookies are theirs to give up, as after any other end.
        assert_eq!(other.jar.len(), 2);
    }
    refused(&browser.call("POST", PATH).await, "unauthenticated");
    let mut back = signed_in(&world).await;
    assert_eq!(back.call("GET", "/me").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_client_that_is_not_signed_in_ends_no_session() {
    let (world, browser) = expired().await;
    let nobody = Browser::new(app(&world.accounts));
    refused(&nobody.send(call("POST", PATH)).await, "unauthenticated");
    // A call with an expired access token refreshes first.
    refused(&browser.send(call("POST", PATH)).await, "access_expired");
    let mut over = signed_in(&world).await;
    let copy = over.clone();
    over.call("POST", "/sign-out").await;
    refused(&copy.send(call("POST", PATH)).await, "invalid_token");
    let session = world.auth.session(sid(&browser)).await.expect("answers").expect("known");
    assert_eq!(session.revoked, None);

    // A form is refreshed on its way, and then it counts.
    let answer = browser.send(document(PATH).method("POST")).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "1"));
    assert!(answer.sets().is_empty(), "{answer:?}");
    assert_eq!(answer.deletes(), BOTH);
}

#[tokio::test]
async fn another_accounts_session_in_the_same_jar_ends_too() {
    let (world, mut browser) = signed_up().await;
    let sign_in = async |email| {
        let pair = world.accounts.sign_in(credentials(email, PASSWORD), context(None)).await;
        pair.expect("signed in").into_signed().expect("signed tokens")
    };
    let ben = credentials("ben@example.com", PASSWORD);
    let elsewhere = world
        .accounts
        .sign_up(ben, context(None))
        .await
        .expect("signed up")
        .into_signed()
        .expect("signed tokens");
    let ada = sign_in(EMAIL).await;
    world.advance(TICK);
    let here = sign_in("ben@example.com").await;
    // The older cookies of Ada's session beside the refresh cookie of Ben's, whose access cookie was lost.
    browser.jar.clear();
    let policy = CookiePolicy::default();
    browser.plant(&policy.cookie_name(CookieKind::Access, ada.session.id), ada.access.reveal());
    let refresh = here.refresh.as_ref().expect("a refresh token").reveal();
    browser.plant(&policy.cookie_name(CookieKind::Refresh, here.session.id), &refresh);
    let answer = browser.send(document(PATH).method("POST")).await;
    assert_eq!(answer.body, "2", "the newest session is Ben's, and so is one elsewhere");
    for (pair, over) in [(ada, true), (here, true), (elsewhere, true)] {
        let session = world.auth.session(pair.session.id).await.expect("answers").expect("known");
        assert_eq!(session.revoked.is_some(), over, "{session:?}");
    }
}

#[tokio::test]
async fn a_store_that_is_down_costs_no_cookie() {
    let (world, store) = World::flaky().await;
    let mut browser = super::sign_up(&world).await;
    store.set(Fault::Down);
    let answer = browser.call("POST", PATH).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.cookie_names(), NO_COOKIES);
    store.set(Fault::None);
    assert_eq!(browser.call("POST", PATH).await.body, "1");
}
