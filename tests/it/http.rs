//! The layer over HTTP: which requests are refreshed on the way, and what handlers see of them.

mod arrival;
mod commute;
mod cookies;
mod everywhere;
mod failures;
mod hostile;
mod mixed;
mod named;
mod origin;
mod passing;
mod routes;
mod schemes;

use axum::http::{Request, StatusCode, header, request::Builder};
use coatroom::{Session, SessionId, refresh_token::RefreshToken, store::Trigger};

use crate::support::{
    ACCESS, TICK, World,
    app::app,
    browser::{Answer, BOTH, Browser, call, document},
    just_under, until,
};

pub(crate) const NO_COOKIES: [&str; 0] = [];

pub(crate) async fn signed_up() -> (World, Browser) {
    let world = World::in_memory().await;
    let browser = sign_up(&world).await;
    (world, browser)
}

pub(crate) async fn sign_up(world: &World) -> Browser {
    let mut browser = Browser::new(app(&world.accounts));
    let answer = browser.call("POST", "/sign-up").await;
    assert_eq!(answer.status, StatusCode::OK);
    browser
}

/// The session that the jar belongs to.
pub(crate) fn sid(browser: &Browser) -> SessionId {
    RefreshToken::parse(browser.refresh()).expect("a refresh token").sid()
}

pub(crate) async fn session(world: &World, browser: &Browser) -> Session {
    world.auth.session(sid(browser)).await.expect("answers").expect("the session is there")
}

/// Makes one cheap request, and waits until the server has noted that its answer was delivered.
pub(crate) async fn deliver(world: &World, browser: &mut Browser) {
    browser.call("GET", "/who").await;
    world.acknowledged(sid(browser)).await;
}

/// A browser whose access token has expired, and whose generation can be left.
pub(crate) async fn expired() -> (World, Browser) {
    let (world, mut browser) = signed_up().await;
    deliver(&world, &mut browser).await;
    world.advance(ACCESS);
    (world, browser)
}

pub(crate) fn refused(answer: &Answer, code: &str) {
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.body, format!(r#"{{"error":"{code}"}}"#));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let challenge = match code {
        "unauthenticated" => r#"Bearer realm="The \"shop\"""#,
        _ => r#"Bearer realm="The \"shop\"", error="invalid_token""#,
    };
    assert_eq!(answer.header("www-authenticate"), Some(challenge));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.cookie_names(), NO_COOKIES);
}

#[tokio::test]
async fn a_document_request_after_expiry_refreshes_before_the_handler() {
    let old_browser = Request::get("/who").header("accept", "text/html,*/*;q=0.8");
    let form = Request::post("/who").header("sec-fetch-dest", "document");
    for request in [document("/who"), old_browser, form] {
        let (world, mut browser) = expired().await;
        let answer = browser.send(request).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.body, "signed in, generation 1");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.sets(), BOTH);
        let event = &world.auth.events(sid(&browser), 1).await.expect("answers")[0];
        assert_eq!((event.generation, event.trigger), (1, Trigger::Document));
        browser.receive(&answer);
        let answer = browser.open("/me").await;
        assert_eq!((answer.status, answer.cookie_names().len()), (StatusCode::OK, 0));
    }
}

#[tokio::test]
async fn an_access_token_lasts_until_its_last_millisecond() {
    let (world, mut browser) = signed_up().await;
    deliver(&world, &mut browser).await;
    world.advance(just_under(ACCESS));
    let answer = browser.open("/who").await;
    assert_eq!(answer.body, "signed in, generation 0");
    assert_eq!(answer.cookie_names(), NO_COOKIES);
    assert_eq!(browser.call("GET", "/me").await.status, StatusCode::OK);
    world.advance(TICK);
    assert_eq!(browser.call("GET", "/who").await.body, "refresh due");
    assert_eq!(browser.open("/who").await.body, "signed in, generation 1");
}

#[tokio::test]
async fn a_document_that_proves_delivery_gets_only_an_access_token() {
    let (world, mut browser) = signed_up().await;
    world.advance(ACCESS);
    let answer = browser.open("/who").await;
    assert_eq!(answer.body, "signed in, generation 0");
    assert_eq!(answer.sets(), ["access"]);
    assert_eq!(session(&world, &browser).await.acknowledged_at, Some(world.auth.now()));
    assert_eq!(browser.call("GET", "/me").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_rotation_is_not_proven_delivered_by_its_own_request() {
    let (world, mut browser) = expired().await;
    browser.open("/who").await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let rotated = session(&world, &browser).await;
    assert_eq!((rotated.generation, rotated.acknowledged_at), (1, None));
    world.advance(TICK);
    deliver(&world, &mut browser).await;
    let seen = session(&world, &browser).await.acknowledged_at;
    assert_eq!(seen, Some(world.auth.now()));
}

#[tokio::test]
async fn a_document_with_the_refresh_cookie_alone_is_refreshed() {
    let (world, mut browser) = expired().await;
    browser.lose("access");
    assert_eq!(browser.call("GET", "/who").await.body, "refresh due");
    assert_eq!(browser.open("/who").await.body, "signed in, generation 1");
    assert_eq!(session(&world, &browser).await.generation, 1);
}

#[tokio::test]
async fn a_call_after_expiry_gets_refresh_due_and_changes_nothing() {
    let prefetch = |name: &str| document("/x").header(name, "prefetch;prerender");
    let requests: Vec<Builder> = vec![
        call("GET", "/x"),
        prefetch("sec-purpose"),
        prefetch("purpose"),
        prefetch("x-moz"),
        Request::get("/x").header("sec-fetch-dest", "image").header("accept", "text/html"),
        Request::get("/x").header("accept", "application/json"),
        Request::get("/x"),
    ];
    let (world, browser) = expired().await;
    let before = session(&world, &browser).await;
    for request in requests {
        let copy = |path: &str| {
            let mut copy = Request::get(path);
            for (name, value) in request.headers_ref().expect("headers") {
                copy = copy.header(name, value);
            }
            copy
        };
        let answer = browser.send(copy("/who")).await;
        assert_eq!(answer.body, "refresh due");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.cookie_names(), NO_COOKIES);
        refused(&browser.send(copy("/me")).await, "access_expired");
    }
    assert_eq!(session(&world, &browser).await, before);
}

#[tokio::test]
async fn documents_at_the_same_moment_get_the_same_cookies() {
    let (world, browser) = expired().await;
    let (one, two, three) = tokio::join!(
        browser.send(document("/who")),
        browser.send(document("/who")),
        browser.send(document("/who")),
    );
    for answer in [&one, &two, &three] {
        assert_eq!(answer.body, "signed in, generation 1");
        assert_eq!(answer.cookies(), one.cookies());
    }
    // They share one answer.
    assert_eq!(session(&world, &browser).await.replays, 0);
}

#[tokio::test]
async fn a_refresh_done_by_the_layer_is_not_repeated_by_the_handler() {
    let (world, browser) = expired().await;
    let answer = browser.send(document("/refresh").method("POST")).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "6"));
    let rotated = session(&world, &browser).await;
    assert_eq!((rotated.generation, rotated.replays), (1, 0));
}

#[tokio::test]
async fn a_call_refreshes_by_itself_and_then_passes() {
    let (world, mut browser) = expired().await;
    refused(&browser.call("GET", "/me").await, "access_expired");
    let answer = browser.call("POST", "/refresh").await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "6"));
    let answer = browser.call("GET", "/me").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body, session(&world, &browser).await.subject.to_string());
    let event = &world.auth.events(sid(&browser), 1).await.expect("answers")[0];
    assert_eq!(event.trigger, Trigger::Call);
}

#[tokio::test]
async fn a_browser_without_cookies_is_challenged_as_unauthenticated() {
    let world = World::in_memory().await;
    let mut browser = Browser::new(app(&world.accounts));
    for answer in [browser.open("/who").await, browser.call("GET", "/who").await] {
        assert_eq!(answer.body, "signed out");
        assert_eq!(answer.cookie_names(), NO_COOKIES);
    }
    refused(&browser.open("/me").await, "unauthenticated");
    refused(&browser.call("GET", "/me").await, "unauthenticated");
}

#[tokio::test]
async fn an_ended_session_is_signed_out_at_once_and_with_its_reason() {
    let (_world, mut browser) = signed_up().await;
    let mut thief = browser.clone();
    browser.call("POST", "/sign-out").await;
    for answer in [thief.open("/who").await, thief.call("GET", "/who").await] {
        assert_eq!(answer.body, "signed out: signed_out");
        assert_eq!(answer.cookie_names(), NO_COOKIES);
    }
    refused(&thief.open("/me").await, "invalid_token");
    refused(&thief.call("GET", "/me").await, "invalid_token");
    thief.lose("access");
    assert_eq!(thief.open("/who").await.body, "signed out: signed_out");
}

#[tokio::test]
async fn handlers_see_neither_token_cookie_and_all_others() {
    let (_world, mut browser) = expired().await;
    browser.plant("theme", "dark");
    browser.plant("__Host-cart", "7");
    let answer = browser.open("/cookies").await;
    let (header, jar) = answer.body.split_once('\n').expect("two lines");
    assert_eq!(header, "__Host-cart=7; theme=dark");
    for (name, value) in browser.jar.iter().filter(|(name, _)| name.starts_with("__Host-Http")) {
        assert!(!header.contains(name), "{header}");
        assert!(!header.contains(value), "{header}");
    }
    // The jar of the answer holds what the layer sets on the answer, and not what came in.
    assert_eq!(answer.sets(), BOTH);
    assert!(jar.contains("theme=dark"), "{jar}");

    let only_tokens = browser.clone();
    let request = call("GET", "/cookies");
    let tokens = BOTH.map(|kind| browser.name(kind));
    let tokens = tokens.map(|name| format!("{name}={}", browser.jar[&name]));
    let answer = only_tokens.send_bare(request.header(header::COOKIE, tokens.join("; "))).await;
    assert_eq!(answer.body, "\n", "nothing at all is left");
}

#[tokio::test]
async fn a_refresh_whose_client_hung_up_still_reaches_the_store() {
    let (world, store) = World::flaky().await;
    let mut browser = sign_up(&world).await;
    deliver(&world, &mut browser).await;
    world.advance(ACCESS);
    let door = store.close_door().await;
    tokio::select! {
        biased;
        _ = browser.send(document("/who")) => panic!("it passed a closed door"),
        () = store.arrivals(1) => (),
    }
    drop(door);
    until("the rotation", || async {
        (session(&world, &browser).await.generation == 1).then_some(())
    })
    .await;
    // The browser never got that answer; its next page does.
    let answer = browser.open("/who").await;
    assert_eq!(answer.body, "signed in, generation 1");
    assert_eq!(answer.sets(), BOTH);
}
