//! Refreshing in passing on every request, as the layer does unless it is told otherwise: a burst after expiry is
//! answered whole, and costs one rotation.

use std::sync::Arc;

use axum::http::{Request, StatusCode, request::Builder};
use coatroom::{
    auth::Refreshed,
    session::Client,
    store::{Event, EventKind, Trigger},
    web::AuthLayer,
};
use futures::future::join_all;

use super::{deliver, refused, session, sid};
use crate::support::{
    ACCESS, G, TICK, World,
    app::behind,
    browser::{Answer, BOTH, Browser, call},
    flaky::Fault,
    refresh_token,
};

const BURST: usize = 120;

/// Signs up in a browser before the default layer, and lets the access token expire.
async fn expired(world: &World) -> Browser {
    let mut browser = Browser::new(behind(&world.accounts, AuthLayer::new(world.auth.clone())));
    assert_eq!(browser.call("POST", "/sign-up").await.status, StatusCode::OK);
    deliver(world, &mut browser).await;
    world.advance(ACCESS);
    browser
}

/// Sends the parts of a page that asks for everything at once: calls, posts, images, and what an event source asks for.
async fn burst(browser: &Browser) -> Vec<Answer> {
    let request = |number: usize| -> Builder {
        match number % 4 {
            0 => call("GET", "/me"),
            1 => call("POST", "/who"),
            2 => Request::get("/me").header("sec-fetch-dest", "image"),
            _ => Request::get("/me").header("accept", "text/event-stream"),
        }
    };
    join_all((0..BURST).map(|number| browser.send(request(number)))).await
}

async fn events(world: &World, browser: &Browser, kind: EventKind) -> Vec<Event> {
    let events = world.auth.events(sid(browser), 500).await.expect("answers");
    events.into_iter().filter(|event| event.kind == kind).collect()
}

fn all_signed_in(answers: &[Answer]) {
    for answer in answers {
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.sets(), BOTH);
        assert_eq!(answer.cookies(), answers[0].cookies());
    }
}

#[tokio::test]
async fn a_burst_after_expiry_costs_one_rotation() {
    let world = World::in_memory().await;
    let mut browser = expired(&world).await;
    let answers = burst(&browser).await;
    all_signed_in(&answers);
    assert_eq!(events(&world, &browser, EventKind::Rotated).await.len(), 1);
    assert!(events(&world, &browser, EventKind::ReplayedUndelivered).await.is_empty());
    // Any of the answers leaves a usable jar, in whatever order they arrive.
    for answer in answers.iter().rev() {
        browser.receive(answer);
    }
    assert_eq!(browser.call("GET", "/who").await.body, "signed in, generation 1");
}

/// The store holds the rotation back until all of the burst wait for it: each asks once, and one write arrives.
#[tokio::test]
async fn a_burst_is_one_write_however_slow_the_store_is() {
    let (world, store) = World::flaky().await;
    let browser = expired(&world).await;
    let door = store.close_door().await;
    let answers = tokio::spawn({
        let browser = browser.clone();
        async move { burst(&browser).await }
    });
    store.arrivals(1).await;
    drop(door);
    all_signed_in(&answers.await.expect("no panic"));
    assert_eq!(events(&world, &browser, EventKind::Rotated).await.len(), 1);
    assert!(events(&world, &browser, EventKind::ReplayedUndelivered).await.is_empty());
}

#[tokio::test]
async fn a_request_after_the_burst_is_a_replay_and_counted_in_one_row() {
    let world = World::in_memory().await;
    let browser = expired(&world).await;
    let first = burst(&browser).await;
    for _ in 0..3 {
        let late = burst(&browser).await;
        all_signed_in(&late);
        assert_eq!(late[0].cookies(), first[0].cookies());
    }
    let replays = events(&world, &browser, EventKind::ReplayedUndelivered).await;
    assert_eq!(replays.iter().map(|event| event.times).collect::<Vec<_>>(), [3]);
}

/// A copy that is used at the very moment of its owner's refresh is counted, as one a moment later is.
#[tokio::test]
async fn another_client_shares_no_answer() {
    let (world, store) = World::flaky().await;
    let browser = expired(&world).await;
    let door = store.close_door().await;
    let owner = tokio::spawn({
        let browser = browser.clone();
        async move { browser.send(call("GET", "/me").header("user-agent", "owner")).await }
    });
    store.arrivals(1).await;
    let thief = tokio::spawn({
        let browser = browser.clone();
        async move { browser.send(call("GET", "/me").header("user-agent", "thief")).await }
    });
    store.arrivals(2).await;
    drop(door);
    all_signed_in(&[owner.await.expect("no panic"), thief.await.expect("no panic")]);
    assert_eq!(events(&world, &browser, EventKind::ReplayedUndelivered).await.len(), 1);
}

#[tokio::test]
async fn a_store_that_fails_signs_none_of_a_burst_out() {
    let (world, store) = World::flaky().await;
    let browser = expired(&world).await;
    store.set(Fault::Down);
    for answer in burst(&browser).await {
        let unavailable = answer.body == "unavailable" && answer.status == StatusCode::OK;
        assert!(unavailable || answer.status == StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.cookie_names(), super::NO_COOKIES);
    }
    store.set(Fault::None);
    all_signed_in(&burst(&browser).await);
}

/// One question fails for all that wait for it; each asking for itself would be a wait and a replay more.
#[tokio::test]
async fn a_failure_is_shared_as_an_answer_is() {
    let (world, store) = World::flaky().await;
    let browser = expired(&world).await;
    store.set(Fault::AnswersLost);
    for answer in burst(&browser).await {
        assert_eq!(answer.cookie_names(), super::NO_COOKIES);
    }
    store.set(Fault::None);
    assert_eq!(events(&world, &browser, EventKind::Rotated).await.len(), 1);
    assert!(events(&world, &browser, EventKind::ReplayedUndelivered).await.is_empty());
    all_signed_in(&burst(&browser).await);
}

/// The client of the first request disconnects; the others were waiting for its answer.
#[tokio::test]
async fn a_race_goes_on_without_the_request_that_began_it() {
    let (world, store) = World::flaky().await;
    let browser = expired(&world).await;
    let door = store.close_door().await;
    let first = tokio::spawn({
        let browser = browser.clone();
        async move { browser.send(call("GET", "/me")).await }
    });
    store.arrivals(1).await;
    let second = tokio::spawn({
        let browser = browser.clone();
        async move { browser.send(call("GET", "/me")).await }
    });
    first.abort();
    assert!(first.await.expect_err("aborted").is_cancelled());
    drop(door);
    all_signed_in(&[second.await.expect("no panic")]);
    assert_eq!(session(&world, &browser).await.generation, 1);
}

/// A race is over with its answer: nothing is kept for a token that comes again after it was left behind.
#[tokio::test]
async fn a_shared_answer_outlives_no_grace() {
    let world = World::in_memory().await;
    let old = world.sign_up().await;
    let refresh = async || -> Refreshed {
        let (token, client) = (Some(refresh_token(&old)), Client::default());
        world.auth.refresh(token, Trigger::Call, client).await.expect("answers")
    };
    assert_eq!(refresh().await.decision.row(), 5);
    world.advance(ACCESS);
    let rotated = Arc::new(refresh().await);
    assert_eq!(rotated.decision.row(), 6);
    let tokens = rotated.tokens.clone().expect("tokens");
    world.auth.authenticate(&tokens.access).await.expect("answers");
    world.acknowledged(tokens.session.id).await;
    world.advance(G + TICK);
    let late = join_all((0..5).map(|_| refresh())).await;
    assert!(late.iter().all(|refreshed| refreshed.tokens.is_none()));
}

#[tokio::test]
async fn prefetches_and_upgrades_are_not_refreshed() {
    let world = World::in_memory().await;
    let browser = expired(&world).await;
    for request in [
        call("GET", "/me").header("sec-purpose", "prefetch"),
        call("GET", "/me").header("connection", "upgrade").header("upgrade", "websocket"),
    ] {
        refused(&browser.send(request).await, "access_expired");
    }
    assert_eq!(session(&world, &browser).await.generation, 0);
}
