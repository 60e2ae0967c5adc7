//! Signing keys as an embedding application and another service meet them.

use std::{sync::Arc, time::Duration};

use coatroom::{
    Access, Accounts, AuthConfig, Keys, Verifier,
    access_token::{AccessToken, TokenError, Verified},
    auth::StartError,
    clock::{DEFAULT_CLOCK_SKEW, TestClock},
    keyring::{Activation, KeyState, KeyringError, PlanError, SigningAlgorithm},
    keys::KeysError,
    session::{Client, Decision, Replay},
    store::Trigger,
    verifier::JwksError,
};
use tokio::task::JoinSet;

use crate::support::*;

#[tokio::test(flavor = "multi_thread")]
async fn users_sign_in_rotate_and_are_verified_with_every_algorithm() {
    for algorithm in [
        SigningAlgorithm::EdDsa,
        SigningAlgorithm::Es256,
        SigningAlgorithm::Rs256,
        SigningAlgorithm::Hs256,
    ] {
        let mut config = config();
        config.algorithm = algorithm;
        let (issuer, audience) = (config.issuer.clone(), config.audience.clone());
        let clock = Arc::new(TestClock::new(START));
        let accounts = Accounts::with_clock(config, memory().accounts(), clock.clone())
            .await
            .expect("an engine");
        let auth = accounts.auth();
        let held = accounts
            .sign_up(credentials(EMAIL, PASSWORD), context(None))
            .await
            .expect("new")
            .into_signed()
            .expect("signed tokens");
        assert_eq!(held.info.algorithm, algorithm);
        assert!(matches!(
            auth.authenticate(&held.access).await.expect("the store answers"),
            Access::Valid(_)
        ));
        until("the proof is noted", || async {
            auth.session(held.session.id).await.ok().flatten()?.acknowledged_at
        })
        .await;
        clock.advance(D);
        let refresh = async || {
            let presented = Some(refresh_token(&held));
            auth.refresh(presented, Trigger::Call, Client::default()).await.expect("answered")
        };
        let rotated = tokens(refresh().await);
        let replayed = refresh().await;
        assert_eq!(replayed.decision, Decision::Replay(Replay::Undelivered));
        let replayed = tokens(replayed);
        assert_eq!(replayed.refresh, rotated.refresh);
        assert_eq!(replayed.info, rotated.info);
        let deterministic = algorithm != SigningAlgorithm::Es256;
        assert_eq!(replayed.access == rotated.access, deterministic, "{algorithm:?}");

        let elsewhere = Verifier::from_jwks(&auth.jwks(), issuer, audience);
        if algorithm == SigningAlgorithm::Hs256 {
            assert_eq!(elsewhere.expect_err("no keys"), JwksError::NoneFit(Vec::new()));
            continue;
        }
        let elsewhere = elsewhere.expect("a key");
        for pair in [rotated, replayed] {
            let sent = AccessToken::parse(pair.access.reveal()).expect("a token");
            assert_eq!(elsewhere.verify(&sent, auth.now()), Ok(Verified::Valid(pair.info.into())));
        }
    }
}

#[tokio::test]
async fn another_service_sees_expiry_and_foreign_keys_not_revocation() {
    let world = World::in_memory().await;
    let held = world.sign_up().await;
    let config = world.auth.config();
    let verifier = Verifier::from_jwks(&world.auth.jwks(), &config.issuer, &config.audience);
    let verifier = verifier.expect("a key");
    let now = world.auth.now();
    assert!(matches!(verifier.verify(&held.access, now), Ok(Verified::Valid(_))));
    assert!(matches!(verifier.verify(&held.access, now + ACCESS), Ok(Verified::Expired(_))));

    world.sign_out(&held).await;
    assert!(matches!(world.access(&held).await, Access::Revoked(_)));
    assert!(matches!(verifier.verify(&held.access, now), Ok(Verified::Valid(_))));

    let mut other = crate::support::config();
    other.secret = secret(100);
    let theirs =
        Accounts::with_clock(other, memory().accounts(), world.clock.clone()).await.expect("one");
    let theirs = theirs.sign_up(credentials(EMAIL, PASSWORD), context(None)).await;
    let theirs = signed(theirs.expect("new"));
    assert_eq!(verifier.verify(&theirs.access, now), Err(TokenError::Key));
}

/// A node on the world's store with a configuration of its own.
async fn node(world: &World, change: impl FnOnce(&mut AuthConfig)) -> Result<Accounts, StartError> {
    let mut config = config();
    config.feed.poll = Duration::from_millis(10);
    change(&mut config);
    Accounts::with_clock(config, world.place.accounts(), world.clock.clone()).await
}

async fn states(world: &World) -> Vec<(SigningAlgorithm, KeyState)> {
    let records = world.auth.keys().records().await.expect("the store answers");
    records.iter().map(|record| (record.algorithm, record.state(world.auth.now()))).collect()
}

on_every_store! {
    nodes_that_start_at_once_on_an_empty_store_have_one_key,
    a_new_key_is_shown_then_signs_on_all_nodes_at_one_instant,
    another_configured_algorithm_rotates_and_both_stay_valid,
    a_key_that_got_out_is_refused_on_every_node,
    a_server_with_another_secret_starts_only_once_keys_are_reset,
}

async fn nodes_that_start_at_once_on_an_empty_store_have_one_key(place: Place) {
    let mut starts = JoinSet::new();
    for _ in 0..8 {
        let store = place.accounts();
        let clock = Arc::new(TestClock::new(START));
        starts.spawn(async move { Accounts::with_clock(config(), store, clock).await });
    }
    let nodes: Vec<Accounts> =
        starts.join_all().await.into_iter().map(|node| node.expect("an engine")).collect();
    assert_eq!(place.store.keys().await.expect("answers").len(), 1);
    let held = nodes[0].sign_up(credentials(EMAIL, PASSWORD), context(None)).await;
    let held = signed(held.expect("new"));
    for node in &nodes {
        let access = node.auth().authenticate(&held.access).await;
        assert!(matches!(access, Ok(Access::Valid(_))));
        assert_eq!(node.auth().jwks(), nodes[0].auth().jwks());
    }
}

async fn a_new_key_is_shown_then_signs_on_all_nodes_at_one_instant(place: Place) {
    let world = World::on(place).await;
    let other = node(&world, |_| ()).await.expect("an engine");
    let old = world.sign_up().await;
    let schedule = config().schedule();
    let (keys, now) = (world.auth.keys(), world.auth.now());
    let when = Activation::AfterCachePeriod;
    keys.rotate(SigningAlgorithm::EdDsa, when, now).await.expect("rotated");
    let refused =
        keys.rotate(SigningAlgorithm::EdDsa, when, now).await.expect_err("staged already");
    assert!(matches!(refused, KeysError::Plan(PlanError::Staged(_))), "{refused:?}");
    for node in [&world.auth, other.auth()] {
        until("both keys", async || (node.jwks().matches("\"kid\"").count() == 2).then_some(()))
            .await;
    }
    world.advance(just_under(schedule.cache));
    let before = world.sign_in(None).await.expect("signed in");
    assert_eq!(before.info.kid, old.info.kid);
    world.advance(TICK);
    let after = world.sign_in(None).await.expect("signed in");
    assert_ne!(after.info.kid, old.info.kid);
    let there = other.sign_in(credentials(EMAIL, PASSWORD), context(None)).await;
    let there = signed(there.expect("signed in"));
    assert_eq!(there.info.kid, after.info.kid, "with no word between them");
    for held in [&before, &after] {
        assert!(matches!(other.auth().authenticate(&held.access).await, Ok(Access::Valid(_))));
    }
    // The old key is accepted until its last token has expired, then it is gone.
    world.advance(schedule.access_ttl);
    assert!(matches!(other.auth().authenticate(&before.access).await, Ok(Access::Expired(_))));
    world.advance(schedule.cache + DEFAULT_CLOCK_SKEW);
    let gone = other.auth().authenticate(&before.access).await.expect("answers");
    assert_eq!(gone, Access::Invalid(TokenError::Key));
    assert_eq!(other.auth().jwks().matches("\"kid\"").count(), 1);
}

async fn another_configured_algorithm_rotates_and_both_stay_valid(place: Place) {
    use {KeyState::*, SigningAlgorithm::*};
    let world = World::on(place).await;
    let old = world.sign_up().await;
    let other = node(&world, |config| config.algorithm = Es256).await.expect("an engine");
    assert_eq!(states(&world).await, [(EdDsa, Active), (Es256, Staged)]);
    // A second start, of either kind, adds no third.
    node(&world, |config| config.algorithm = Es256).await.expect("an engine");
    node(&world, |config| config.algorithm = EdDsa).await.expect("an engine");
    assert_eq!(states(&world).await, [(EdDsa, Active), (Es256, Staged)]);
    world.advance(config().schedule().cache);
    assert_eq!(states(&world).await, [(EdDsa, Retiring), (Es256, Active)]);
    let new = other.sign_in(credentials(EMAIL, PASSWORD), context(None)).await;
    let new = signed(new.expect("signed in"));
    assert_eq!((old.info.algorithm, new.info.algorithm), (EdDsa, Es256));
    until("the news", async || matches!(world.access(&new).await, Access::Valid(_)).then_some(()))
        .await;
    assert!(matches!(world.access(&old).await, Access::Valid(_)));
}

async fn a_key_that_got_out_is_refused_on_every_node(place: Place) {
    let world = World::on(place).await;
    let other = node(&world, |_| ()).await.expect("an engine");
    let held = world.sign_up().await;
    world.deliver(&held).await;
    let (keys, kid, now) = (world.auth.keys(), &held.info.kid, world.auth.now());
    let refused = keys.retire(kid, now).await.expect_err("the only one");
    assert!(matches!(refused, KeysError::Plan(PlanError::Only(_))), "{refused:?}");
    keys.rotate(SigningAlgorithm::EdDsa, Activation::AtOnce, now).await.expect("rotated");
    keys.retire(kid, now).await.expect("retired");
    for node in [&world.auth, other.auth()] {
        until("the news", async || {
            let access = node.authenticate(&held.access).await.expect("answers");
            (access == Access::Invalid(TokenError::Key)).then_some(())
        })
        .await;
    }
    // No user is signed out by it: the refresh token is none of that key's.
    let next = tokens(world.refresh(&held).await);
    assert_ne!(next.info.kid, *kid);
    assert!(matches!(world.access(&next).await, Access::Valid(_)));
}

async fn a_server_with_another_secret_starts_only_once_keys_are_reset(place: Place) {
    let world = World::on(place).await;
    let held = world.sign_up().await;
    let before = world.place.store.keys().await.expect("answers");
    let start = || node(&world, |config| config.secret = secret(100));
    let refused = start().await.expect_err("another secret");
    let StartError::Keys(KeysError::Keyring(KeyringError::Sealed(kid))) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(kid, held.info.kid);
    let mut other = config();
    other.secret = secret(100);
    let theirs = Keys::new(world.place.accounts(), &other);
    let algorithm = SigningAlgorithm::EdDsa;
    let refused = theirs.rotate(algorithm, Activation::AtOnce, START).await.expect_err("sealed");
    assert!(matches!(refused, KeysError::Keyring(_)), "{refused:?}");
    assert_eq!(world.place.store.keys().await.expect("answers"), before, "nothing was changed");
    theirs.reset(algorithm, START).await.expect("reset");
    let node = start().await.expect("an engine");
    assert!(matches!(
        node.auth().authenticate(&held.access).await,
        Ok(Access::Invalid(TokenError::Key))
    ));
}
