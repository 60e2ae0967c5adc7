//! Cookies: their attributes, the answers that set them, and the few that delete them.

use axum::http::StatusCode;
use coatroom::{
    SessionId,
    web::{AuthLayer, CookieKind, CookiePolicy, SameSite},
};

use super::{NO_COOKIES, deliver, expired, refused, session, sid, sign_up, signed_up};
use crate::support::{
    ACCESS, D, DAY, G, TICK, World,
    app::{app, behind},
    browser::{Answer, BOTH, Browser, SetCookie, call, document},
};

const FOR_NOW: [&str; 4] = ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"];

fn remembered(max_age: u64) -> Vec<String> {
    let max_age = format!("Max-Age={max_age}");
    ["HttpOnly", &max_age, "Path=/", "SameSite=Lax", "Secure"].map(str::to_owned).to_vec()
}

/// Checks that an answer sets exactly these cookies, to something, with exactly these attributes.
fn sets(answer: &Answer, kinds: &[&str], attributes: &[impl AsRef<str>]) {
    assert_eq!(answer.sets(), kinds);
    for SetCookie { name, value, attributes: found } in answer.cookies() {
        if value.is_empty() {
            continue;
        }
        let expected: Vec<&str> = attributes.iter().map(AsRef::as_ref).collect();
        assert_eq!(found, expected, "{name}");
    }
}

/// Checks that an answer deletes both cookies of a session and no others, in the way that `__Host-` names demand.
fn deletes(answer: &Answer, session: SessionId) {
    let policy = CookiePolicy::default();
    let deleted: Vec<SetCookie> = [CookieKind::Access, CookieKind::Refresh]
        .map(|kind| SetCookie {
            name: policy.cookie_name(kind, session),
            value: String::new(),
            attributes: remembered(0),
        })
        .to_vec();
    assert_eq!(answer.cookies(), deleted);
}

#[tokio::test]
async fn a_remembered_session_has_cookies_that_live_as_long_as_it_may() {
    let world = World::in_memory().await;
    let mut browser = Browser::new(app(&world.accounts));
    let month = 30 * DAY.as_secs();
    sets(&browser.call("POST", "/sign-up").await, &BOTH, &remembered(month));
    sets(&browser.call("POST", "/sign-in").await, &BOTH, &remembered(month));
    world.advance(ACCESS);
    sets(&browser.open("/who").await, &["access"], &remembered(month));
    world.advance(D);
    let left = month - (ACCESS + D).as_secs();
    sets(&browser.call("POST", "/refresh").await, &BOTH, &remembered(left));
}

#[tokio::test]
async fn a_session_for_now_has_cookies_that_die_with_the_browser() {
    let (world, mut browser) = signed_up().await;
    sets(&browser.call("POST", "/sign-in-for-now").await, &BOTH, &FOR_NOW);
    world.advance(ACCESS);
    sets(&browser.open("/who").await, &["access"], &FOR_NOW);
    world.advance(D);
    sets(&browser.call("POST", "/refresh").await, &BOTH, &FOR_NOW);
}

#[tokio::test]
async fn a_replay_sets_the_very_same_cookies_later_too() {
    let (world, browser) = expired().await;
    let first = browser.send(call("POST", "/refresh")).await;
    world.advance(G);
    let replay = browser.send(call("POST", "/refresh")).await;
    assert_eq!((first.body.as_str(), replay.body.as_str()), ("6", "7"));
    assert_eq!(first.cookies(), replay.cookies());
    // Also if a page's load repairs it, and after the delivery.
    let page = browser.send(document("/who")).await;
    assert_eq!(first.cookies(), page.cookies());
    let mut other_tab = browser.clone();
    other_tab.receive(&first);
    deliver(&world, &mut other_tab).await;
    world.advance(G);
    let replay = browser.send(call("POST", "/refresh")).await;
    assert_eq!((replay.body.as_str(), replay.cookies()), ("8", first.cookies()));
}

#[tokio::test]
async fn the_policy_of_other_sites_is_the_embedders_choice() {
    let world = World::in_memory().await;
    let mut policy = CookiePolicy::default();
    policy.same_site = SameSite::Strict;
    let layer = AuthLayer::new(world.auth.clone()).with_cookie_policy(policy);
    let mut browser = Browser::new(behind(&world.accounts, layer));
    for path in ["/sign-up", "/sign-out"] {
        let answer = browser.call("POST", path).await;
        assert_eq!(answer.cookies().len(), 2);
        for cookie in answer.cookies() {
            assert!(cookie.attributes.contains(&"SameSite=Strict".to_owned()), "{cookie:?}");
        }
    }
    assert!(browser.jar.is_empty());
}

#[tokio::test]
async fn no_refresh_ever_deletes_a_cookie() {
    let nothing_is_set = async |browser: &Browser, row: &str| {
        let answer = browser.send(call("POST", "/refresh")).await;
        assert_eq!(answer.body, row);
        assert_eq!(answer.cookie_names(), NO_COOKIES, "row {row}");
        let answer = browser.send(document("/who")).await;
        assert_eq!(answer.cookie_names(), NO_COOKIES, "row {row}: {}", answer.body);
    };
    // Reuse, and what it ends.
    let (world, mut browser) = expired().await;
    let thief = browser.clone();
    browser.open("/who").await;
    deliver(&world, &mut browser).await;
    world.advance(ACCESS);
    nothing_is_set(&thief, "9").await;
    nothing_is_set(&thief, "2").await;
    nothing_is_set(&browser, "2").await;
    // Expired.
    let (world, browser) = expired().await;
    world.advance(30 * DAY);
    nothing_is_set(&browser, "3").await;
    // Unrecognized: of another server, and none at all.
    let (_, mut browser) = expired().await;
    let (_, stranger) = expired().await;
    browser.jar = stranger.jar;
    nothing_is_set(&browser, "1").await;
    browser.jar.clear();
    nothing_is_set(&browser, "1").await;
    // Too many replays.
    let (world, browser) = expired().await;
    for _ in 0..=world.auth.config().replays.burst {
        browser.send(call("POST", "/refresh")).await;
    }
    let refused = browser.send(call("POST", "/refresh")).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    nothing_is_set(&browser, "7").await;
    assert_eq!(browser.send(document("/who")).await.body, "too many replays");
}

#[tokio::test]
async fn a_sign_out_deletes_both_cookies_with_all_their_attributes() {
    let (world, mut browser) = signed_up().await;
    let id = sid(&browser);
    let answer = browser.call("POST", "/sign-out").await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    deletes(&answer, id);
    assert!(browser.jar.is_empty());
    assert_eq!(browser.open("/who").await.body, "signed out");
    let session = world.auth.session(id).await.expect("answers").expect("known");
    assert!(session.revoked.is_some());
    assert_eq!(browser.call("POST", "/sign-out").await.cookie_names(), NO_COOKIES);
}

#[tokio::test]
async fn a_sign_out_ends_the_session_of_whatever_token_of_ours_came() {
    for (missing, wait, ends) in [
        ("access", TICK, true),
        ("access", ACCESS, true),
        ("refresh", TICK, true),
        // In any old log or backup: it proves delivery, and nothing else.
        ("refresh", ACCESS, false),
    ] {
        let (world, mut browser) = signed_up().await;
        let id = sid(&browser);
        world.advance(wait);
        browser.lose(missing);
        deletes(&browser.call("POST", "/sign-out").await, id);
        let session = world.auth.session(id).await.expect("answers").expect("known");
        assert_eq!(session.revoked.is_some(), ends, "without {missing} after {wait:?}");
    }
}

#[tokio::test]
async fn an_expired_access_token_alone_replaces_no_session() {
    let (world, mut browser) = expired().await;
    let owner = session(&world, &browser).await.id;
    browser.lose("refresh");
    browser.call("POST", "/sign-in").await;
    let session = world.auth.session(owner).await.expect("answers").expect("known");
    assert_eq!(session.revoked, None);
}

#[tokio::test]
async fn a_form_that_signs_out_ends_what_was_refreshed_on_its_way() {
    let (world, mut browser) = expired().await;
    let id = sid(&browser);
    let answer = browser.send(document("/sign-out").method("POST")).await;
    deletes(&answer, id);
    let session = world.auth.session(id).await.expect("answers").expect("known");
    assert_eq!(session.generation, 1, "it was refreshed first");
    assert!(session.revoked.is_some());
    browser.receive(&answer);
    assert!(browser.jar.is_empty());
}

#[tokio::test]
async fn a_sign_in_replaces_the_session_and_its_cookies() {
    let (world, mut browser) = signed_up().await;
    let mut thief = browser.clone();
    let answer = browser.call("POST", "/sign-in").await;
    assert_eq!((answer.sets(), answer.deletes()), (BOTH.to_vec(), BOTH.to_vec()));
    assert_eq!(browser.jar.len(), 2, "of the new session alone");
    assert_ne!(sid(&browser), sid(&thief));
    assert_eq!(browser.call("GET", "/me").await.status, StatusCode::OK);
    refused(&thief.call("GET", "/me").await, "invalid_token");
    assert_eq!(thief.open("/who").await.body, "signed out: replaced");
    assert!(session(&world, &browser).await.revoked.is_none());
}

#[tokio::test]
async fn compare_and_clear_deletes_dead_cookies() {
    // Of a session that is over.
    let (_world, mut browser) = signed_up().await;
    let (mut thief, id) = (browser.clone(), sid(&browser));
    browser.call("POST", "/sign-out").await;
    let answer = thief.call("POST", "/clear").await;
    assert_eq!(answer.body, "true");
    deletes(&answer, id);
    assert!(thief.jar.is_empty());
    // Expired.
    let (world, mut browser) = expired().await;
    world.advance(30 * DAY);
    let id = sid(&browser);
    deletes(&browser.call("POST", "/clear").await, id);
    assert_eq!(browser.call("POST", "/clear").await.cookie_names(), NO_COOKIES);
}

#[tokio::test]
async fn compare_and_clear_leaves_what_is_not_known_to_be_dead() {
    // Another application's on the same host, or no tokens at all.
    let (_world, mut browser) = signed_up().await;
    let (_other, stranger) = signed_up().await;
    let junk = CookiePolicy::default().cookie_name(CookieKind::Access, sid(&browser));
    for jar in [stranger.jar.clone(), [(junk, "x".to_owned())].into()] {
        browser.jar = jar;
        let answer = browser.call("POST", "/clear").await;
        assert_eq!((answer.body.as_str(), answer.cookie_names().len()), ("true", 0));
    }
    // An access token past its time, of a session that lives elsewhere.
    let (_world, mut browser) = expired().await;
    browser.lose("refresh");
    let answer = browser.call("POST", "/clear").await;
    assert_eq!((answer.body.as_str(), answer.cookie_names().len()), ("true", 0));
}

#[tokio::test]
async fn compare_and_clear_leaves_living_cookies() {
    let stays = async |browser: &mut Browser| {
        let jar = browser.jar.clone();
        let answer = browser.call("POST", "/clear").await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "false"));
        assert_eq!(answer.cookie_names(), NO_COOKIES);
        assert_eq!(browser.jar, jar);
    };
    let (world, mut browser) = signed_up().await;
    stays(&mut browser).await;
    world.advance(ACCESS);
    stays(&mut browser).await;
    browser.plant(&browser.name("access"), "garbage");
    stays(&mut browser).await;
    browser.lose("access");
    stays(&mut browser).await;
    // A spent token whose answer was lost, and one that was left behind: a refresh will tell.
    let (world, mut browser) = expired().await;
    let mut spent = browser.clone();
    browser.open("/who").await;
    stays(&mut spent).await;
    deliver(&world, &mut browser).await;
    world.advance(G + TICK);
    stays(&mut spent).await;
    // Another tab signed in meanwhile, and this one was told of the old session's end.
    let (_world, mut browser) = signed_up().await;
    browser.call("POST", "/sign-in").await;
    stays(&mut browser).await;
    // An access token that is still good.
    let mut browser = sign_up(&World::in_memory().await).await;
    browser.lose("refresh");
    stays(&mut browser).await;
}
