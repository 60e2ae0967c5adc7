//! The other schemes over HTTP: an opaque session, and a token alone with and without a denylist.

use std::{pin::pin, sync::Arc, task::Poll, time::Duration};

use axum::http::StatusCode;
use coatroom::{
    Accounts, Role, SessionId, Timestamp, UserId, Verifier,
    access_token::{AccessToken, TokenError, Verified},
    auth::Validity,
    clock::TestClock,
    config::{Scheme, Verification},
    keyring::SigningAlgorithm,
    session::EndReason,
    web::{CookieKind, CookiePolicy},
};

use super::refused;
use crate::support::{
    DAY, HOUR, Place, START, TICK, World,
    app::app,
    browser::{Answer, Browser, call},
    config,
    flaky::{Fault, FlakyStore},
    just_under, memory, on_every_store, until,
};

const STATELESS: Scheme = Scheme::Token(Verification::Stateless);
const DENYLIST: Scheme = Scheme::Token(Verification::Denylist);
const ALL: [Scheme; 3] = [Scheme::Opaque, STATELESS, DENYLIST];

on_every_store! {
    an_opaque_session_ends_at_once_on_every_node,
    an_opaque_session_has_its_owners_rights_at_once,
    a_used_opaque_session_lives_until_its_absolute_end,
    a_denied_token_is_refused_here_elsewhere_and_after_a_restart,
    a_token_is_refused_once_its_owners_rights_change,
}

async fn world(scheme: Scheme, place: Place) -> World {
    let mut config = config();
    config.scheme = scheme;
    World::with(config, place).await
}

/// Another node on the same store and clock.
async fn node(world: &World) -> Accounts {
    let config = world.auth.config().clone();
    let made = Accounts::with_clock(config, world.place.accounts(), world.clock.clone()).await;
    made.expect("an engine")
}

async fn sign_up(world: &World) -> Browser {
    let mut browser = Browser::new(app(&world.accounts));
    assert_eq!(browser.call("POST", "/sign-up").await.status, StatusCode::OK);
    browser
}

/// The same jar, at another node.
fn at(node: &Accounts, browser: &Browser) -> Browser {
    let mut other = Browser::new(app(node));
    other.jar.clone_from(&browser.jar);
    other
}

async fn read(browser: &mut Browser, path: &str) -> String {
    let answer = browser.call("GET", path).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.body
}

async fn account(browser: &mut Browser) -> UserId {
    UserId::parse(&read(browser, "/me").await).expect("an account")
}

async fn an_opaque_session_ends_at_once_on_every_node(place: Place) {
    let world = world(Scheme::Opaque, place).await;
    let other = node(&world).await;
    let mut browser = sign_up(&world).await;
    let mut thief = at(&other, &browser);
    let sid = SessionId::parse(&read(&mut browser, "/sid").await).expect("an id");
    assert_eq!(read(&mut thief, "/sid").await, sid.to_string());
    let answer = browser.call("POST", "/sign-out").await;
    assert_eq!(answer.deletes(), ["session"]);
    assert!(browser.jar.is_empty());
    refused(&thief.call("GET", "/me").await, "invalid_token");
    assert_eq!(read(&mut thief, "/who").await, "signed out: signed_out");
    assert_eq!(thief.call("POST", "/clear").await.deletes(), ["session"]);
}

async fn an_opaque_session_has_its_owners_rights_at_once(place: Place) {
    let world = world(Scheme::Opaque, place).await;
    let other = node(&world).await;
    let mut browser = sign_up(&world).await;
    let mut elsewhere = at(&other, &browser);
    assert_eq!(read(&mut browser, "/role").await, "user");
    let account = account(&mut browser).await;
    world.accounts.set_role(account, Role::ADMIN).await.expect("answers");
    assert_eq!(read(&mut elsewhere, "/role").await, "admin");
    assert_eq!(read(&mut browser, "/role").await, "admin");
}

async fn a_used_opaque_session_lives_until_its_absolute_end(place: Place) {
    let world = world(Scheme::Opaque, place).await;
    let lifetimes = world.auth.config().remembered;
    let mut browser = sign_up(&world).await;
    let sid = SessionId::parse(&read(&mut browser, "/sid").await).expect("an id");
    let row = async || world.auth.session(sid).await.expect("answers").expect("a row");
    let begun = row().await.created_at;
    let spacing = Duration::from_secs(60);
    world.advance(just_under(spacing));
    read(&mut browser, "/me").await;
    world.auth.drain().await;
    assert_eq!(row().await.last_seen_at, begun, "a burst writes once");
    world.advance(TICK);
    read(&mut browser, "/me").await;
    world.auth.drain().await;
    assert_eq!(row().await.last_seen_at, world.auth.now());
    while world.auth.now() + lifetimes.idle < begun + lifetimes.absolute {
        world.advance(just_under(lifetimes.idle));
        read(&mut browser, "/me").await;
        world.auth.drain().await;
        assert_eq!(row().await.last_seen_at, world.auth.now());
    }
    assert_eq!(row().await.idle_expires_at, begun + lifetimes.absolute);
    world.advance(just_under((begun + lifetimes.absolute).since(world.auth.now())));
    read(&mut browser, "/me").await;
    world.advance(TICK);
    assert_eq!(read(&mut browser, "/who").await, "signed out: absolute_expiry");
}

async fn a_denied_token_is_refused_here_elsewhere_and_after_a_restart(place: Place) {
    let world = world(DENYLIST, place).await;
    let other = node(&world).await;
    let mut browser = sign_up(&world).await;
    let mut thief = browser.clone();
    let mut elsewhere = at(&other, &browser);
    read(&mut elsewhere, "/me").await;
    assert_eq!(browser.call("POST", "/sign-out").await.deletes(), ["access"]);
    refused(&thief.call("GET", "/me").await, "invalid_token");
    assert_eq!(read(&mut thief, "/who").await, "signed out: denied");
    other.auth().poll_changes().await.expect("answers");
    refused(&elsewhere.call("GET", "/me").await, "invalid_token");
    // The log outlives the token.
    world.advance(just_under(world.auth.config().token_ttl));
    let restarted = node(&world).await;
    let mut thief = at(&restarted, &thief);
    until("the whole log", async || restarted.auth().is_up_to_date().then_some(())).await;
    refused(&thief.call("GET", "/me").await, "invalid_token");
    assert_eq!(read(&mut thief, "/who").await, "signed out: denied");
}

async fn a_token_is_refused_once_its_owners_rights_change(place: Place) {
    let world = world(DENYLIST, place).await;
    let mut browser = sign_up(&world).await;
    let mut other = Browser::new(app(&world.accounts));
    assert_eq!(other.call("POST", "/sign-in").await.status, StatusCode::OK);
    let account = account(&mut browser).await;
    world.accounts.set_role(account, Role::ADMIN).await.expect("answers");
    for browser in [&mut browser, &mut other] {
        refused(&browser.call("GET", "/me").await, "invalid_token");
        assert_eq!(read(browser, "/who").await, "signed out: denied");
        assert_eq!(browser.call("POST", "/sign-in").await.status, StatusCode::OK);
        assert_eq!(read(browser, "/role").await, "admin");
    }
    // Out everywhere, on every device, though no store has a list of them.
    assert_eq!(browser.call("POST", "/sign-out-everywhere").await.body, "0");
    refused(&other.call("GET", "/me").await, "invalid_token");
    assert_eq!(browser.call("POST", "/sign-in").await.status, StatusCode::OK);
    read(&mut browser, "/me").await;
}

#[tokio::test]
async fn each_scheme_sets_its_own_cookie_and_no_other() {
    for (scheme, kind) in ALL.into_iter().zip(["session", "access", "access"]) {
        let world = world(scheme, memory()).await;
        let mut browser = Browser::new(app(&world.accounts));
        let answer = browser.call("POST", "/sign-up").await;
        assert_eq!(answer.sets(), [kind], "{scheme:?}");
        let set = &answer.cookies()[0];
        let left = set.attributes.iter().find(|attribute| attribute.starts_with("Max-Age"));
        let ttl = if scheme == Scheme::Opaque { 30 * DAY } else { world.auth.config().token_ttl };
        assert_eq!(left, Some(&format!("Max-Age={}", ttl.as_secs())), "{scheme:?}");
        let for_now = browser.call("POST", "/sign-in-for-now").await;
        let left = |answer: &Answer| {
            let kept = answer.cookies().into_iter().filter(|cookie| !cookie.value.is_empty());
            kept.flat_map(|cookie| cookie.attributes).any(|each| each.starts_with("Max-Age"))
        };
        assert!(!left(&for_now), "{scheme:?}");
        assert_eq!(browser.jar.len(), 1, "{scheme:?}: the sign-in before is replaced");
        assert_eq!(read(&mut browser, "/role").await, "user");
        // Nothing is to be refreshed, and asking for it signs no user out.
        assert_eq!(browser.call("POST", "/refresh").await.cookie_names().len(), 0);
        read(&mut browser, "/me").await;
    }
}

#[tokio::test]
async fn a_token_alone_leaves_no_row_and_holds_until_its_last_moment() {
    for scheme in [STATELESS, DENYLIST] {
        let world = world(scheme, memory()).await;
        let mut browser = sign_up(&world).await;
        let account = account(&mut browser).await;
        let rows = world.place.store.sessions_of(&account.into()).await.expect("answers");
        assert!(rows.is_empty(), "{scheme:?}");
        world.advance(just_under(world.auth.config().token_ttl));
        read(&mut browser, "/me").await;
        world.advance(TICK);
        refused(&browser.call("GET", "/me").await, "invalid_token");
        assert_eq!(read(&mut browser, "/who").await, "signed out: absolute_expiry");
    }
}

#[tokio::test]
async fn a_stateless_token_outlives_sign_out_and_a_change_of_rights() {
    let world = world(STATELESS, memory()).await;
    let mut browser = sign_up(&world).await;
    let mut copy = browser.clone();
    let account = account(&mut browser).await;
    world.accounts.set_role(account, Role::ADMIN).await.expect("answers");
    assert_eq!(read(&mut browser, "/role").await, "user");
    assert_eq!(browser.call("POST", "/sign-out").await.deletes(), ["access"]);
    refused(&browser.call("GET", "/me").await, "unauthenticated");
    world.advance(just_under(world.auth.config().token_ttl));
    assert_eq!(read(&mut copy, "/role").await, "user");
    world.advance(TICK);
    refused(&copy.call("GET", "/me").await, "invalid_token");
}

#[tokio::test]
async fn a_store_that_is_down_signs_no_user_out_under_any_scheme() {
    for scheme in ALL {
        let store = Arc::new(FlakyStore::default());
        let mut config = config();
        config.scheme = scheme;
        let bound = config.feed.bound;
        let clock = Arc::new(TestClock::alone(START));
        let made = Accounts::with_clock(config, store.clone(), clock.clone()).await;
        let mut browser = Browser::new(app(&made.expect("an engine")));
        assert_eq!(browser.call("POST", "/sign-up").await.status, StatusCode::OK);
        let jar = browser.jar.clone();
        store.set(Fault::Down);
        // Beyond the bound, a node may have missed what was denied.
        clock.advance(bound + TICK);
        let answer = browser.call("GET", "/me").await;
        let reads_nothing = scheme == STATELESS;
        let expected = if reads_nothing { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        assert_eq!(answer.status, expected, "{scheme:?}");
        if !reads_nothing {
            assert_eq!(read(&mut browser, "/who").await, "unavailable");
            for path in ["/sign-out", "/clear"] {
                let answer = browser.call("POST", path).await;
                assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{scheme:?}{path}");
            }
        }
        assert_eq!(browser.jar, jar);
        store.set(Fault::None);
        until("the next poll", async || {
            let answer = browser.send(call("GET", "/me")).await;
            (answer.status == StatusCode::OK).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn tokens_of_one_scheme_count_for_nothing_under_another() {
    let place = memory();
    let schemes = [Scheme::Hybrid(Verification::Denylist), Scheme::Opaque, STATELESS];
    let clock = world(schemes[0], Place::full(place.accounts())).await.clock;
    let mut jars = Vec::new();
    let mut servers = Vec::new();
    for (number, scheme) in schemes.into_iter().enumerate() {
        let mut config = config();
        config.scheme = scheme;
        let made = Accounts::with_clock(config, place.accounts(), clock.clone()).await;
        let server = app(&made.expect("an engine"));
        let mut browser = Browser::new(server.clone());
        let path = if number == 0 { "/sign-up" } else { "/sign-in" };
        assert_eq!(browser.call("POST", path).await.status, StatusCode::OK);
        jars.push(browser.jar);
        servers.push(server);
    }
    for (here, server) in servers.iter().enumerate() {
        for (there, jar) in jars.iter().enumerate() {
            let mut browser = Browser::new(server.clone());
            browser.jar.clone_from(jar);
            let answer = browser.call("GET", "/me").await;
            let expected = if here == there { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
            assert_eq!(answer.status, expected, "{there} at {here}");
            // Under the name of this scheme's own cookie, too.
            let name = jars[here].keys().next().expect("a cookie").clone();
            for value in jar.values() {
                let mut browser = Browser::new(server.clone());
                browser.plant(&name, value);
                let let_in = browser.call("GET", "/me").await.status == StatusCode::OK;
                assert!(!let_in || here == there, "{there} under the name of {here}");
            }
        }
    }
}

#[tokio::test]
async fn another_service_checks_the_tokens_of_the_kind_it_was_told() {
    let now = START;
    for (scheme, good) in [(STATELESS, true), (Scheme::Hybrid(Verification::Denylist), false)] {
        let world = world(scheme, memory()).await;
        let held = world.sign_up().await;
        let jwks = world.auth.jwks();
        let config = world.auth.config();
        let verifier = || {
            Verifier::from_jwks(&jwks, config.issuer.clone(), config.audience.clone())
                .expect("a key set")
        };
        let access = verifier().verify(&held.access, now);
        let session = verifier().of_session_tokens().verify(&held.access, now);
        let (right, wrong) = if good { (session, access) } else { (access, session) };
        assert!(matches!(right, Ok(Verified::Valid(_))), "{scheme:?}: {right:?}");
        assert_eq!(wrong, Err(TokenError::Type), "{scheme:?}");
    }
}

#[tokio::test]
async fn a_token_alone_is_signed_by_each_algorithm() {
    use SigningAlgorithm::{EdDsa, Es256, Hs256, Rs256};
    for algorithm in [EdDsa, Es256, Rs256, Hs256] {
        let mut config = config();
        (config.scheme, config.algorithm) = (STATELESS, algorithm);
        let world = World::with(config, memory()).await;
        let mut browser = sign_up(&world).await;
        assert_eq!(read(&mut browser, "/role").await, "user", "{algorithm:?}");
        let token = AccessToken::parse(browser.access()).expect("a token");
        let access = world.auth.examine(&token).await.expect("answers");
        let info = access.info().expect("ours");
        assert_eq!((info.algorithm, info.typ.as_str()), (algorithm, "session+jwt"));
        let other = node(&world).await;
        read(&mut at(&other, &browser), "/me").await;
    }
}

#[tokio::test]
async fn a_denied_access_token_is_replaced_and_its_session_lives() {
    for verification in [Verification::Denylist, Verification::Strict] {
        let world = world(Scheme::Hybrid(verification), memory()).await;
        let held = world.sign_up().await;
        let denied = held.info.claims.token_id().expect("ours");
        world.auth.deny_token(denied).await.expect("answers");
        let access = world.access(&held).await;
        assert_eq!(access.validity(), Validity::Expired);
        // It may come from a log: it proves nothing, and ends nothing.
        let mut thief = Browser::new(app(&world.accounts));
        let name = CookiePolicy::default().cookie_name(CookieKind::Access, held.session.id);
        thief.plant(&name, held.access.reveal());
        thief.call("POST", "/sign-out").await;
        assert_eq!(world.session(&held).await.revoked, None);
        // Within the spacing the refresh token stays, and the access token is another all the same.
        let refreshed = world.refresh(&held).await;
        assert_eq!(refreshed.decision.row(), 5);
        let next = refreshed.tokens.expect("tokens");
        assert_ne!(next.info.claims.jti, held.info.claims.jti);
        assert_eq!(next.info.claims.sid, held.info.claims.sid);
        assert_eq!(world.access(&next).await.validity(), Validity::Valid);
    }
}

#[tokio::test]
async fn a_denied_token_ends_what_waits_and_so_does_its_expiry() {
    let ends = async |end: fn(&World, Timestamp)| {
        let world = world(DENYLIST, memory()).await;
        let held = world.sign_up().await;
        let owner = held.info.claims.principal();
        let auth = world.auth.clone();
        let mut waits = pin!(auth.wait_until_ended(&owner));
        let first = std::future::poll_fn(|cx| Poll::Ready(waits.as_mut().poll(cx)));
        assert!(first.await.is_pending());
        end(&world, owner.expires_at);
        if world.auth.now() < owner.expires_at {
            world.sign_out(&held).await;
        }
        waits.await
    };
    assert_eq!(ends(|_, _| ()).await, Some(EndReason::Denied));
    tokio::time::pause();
    let expiry = |world: &World, end: Timestamp| world.advance(end.since(world.auth.now()));
    assert_eq!(ends(expiry).await, Some(EndReason::AbsoluteExpiry));
}

#[test]
fn a_token_alone_cannot_be_strict_and_lives_half_a_day_at_most() {
    let mut config = config();
    config.scheme = Scheme::Token(Verification::Strict);
    let refused = config.check().expect_err("no row");
    assert!(refused.to_string().starts_with("scheme: a token alone has no row"), "{refused}");
    config.scheme = DENYLIST;
    config.token_ttl = 12 * HOUR;
    config.check().expect("it fits");
    config.token_ttl += Duration::from_secs(1);
    config.check().expect_err("too long");
}
