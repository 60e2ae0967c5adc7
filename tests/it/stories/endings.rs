//! Ends of sessions by time and by decision, neither of which a restart of the server forgets.

use std::sync::Arc;

use coatroom::{
    Access, Accounts,
    auth::TokenPair,
    session::{Client, Decision, EndReason, Persistence},
    store::{
        EventKind, SessionStore as _, Trigger,
        conformance::sample::{event, save, unsaved},
        sqlite::SqliteStore,
    },
};

use crate::support::{
    ACCESS, D, DAY, HOUR, Place, START, TICK, World, account_of, config, flaky::Fault, just_under,
    on_every_store, refresh_token, tokens, until,
};

on_every_store! {
    a_session_lives_up_to_the_instant_of_its_idle_expiry,
    a_rotation_restarts_the_idle_time_and_a_debounce_does_not,
    a_session_in_use_ends_at_its_absolute_expiry,
    no_access_token_outlives_its_session,
    a_sign_in_ends_the_session_it_came_with,
    a_revocation_is_remembered_while_others_are_forgotten,
    a_revocation_survives_a_restart,
    a_session_survives_a_restart,
}

async fn a_session_lives_up_to_the_instant_of_its_idle_expiry(place: Place) {
    let world = World::on(place).await;
    for (persistence, idle) in [(Persistence::Browser, HOUR), (Persistence::Remembered, 14 * DAY)] {
        let begun = world.auth.now();
        let held = if persistence == Persistence::Browser {
            world.sign_up_as(persistence).await
        } else {
            world.sign_in(None).await.expect("signed in")
        };
        world.deliver(&held).await;
        world.clock.set(begun + just_under(idle));
        let presented = Some(refresh_token(&held));
        let inspected = world.auth.inspect(presented.as_ref()).await.expect("answers");
        assert_eq!(inspected, Decision::Rotate);
        world.clock.set(begun + idle);
        let refreshed = world.refresh(&held).await;
        assert_eq!(refreshed.decision, Decision::Ended(EndReason::IdleExpiry));
        assert!(refreshed.tokens.is_none());
        assert_eq!(world.session(&held).await.revoked, None, "expired is not revoked");
        // Nor is it when its cookies come with a sign-out or a sign-in later: the reason of its end stays.
        world.advance(config().clock_skew);
        world.sign_out(&held).await;
        world.sign_in(Some(held.session.id)).await.expect("signed in");
        let later = world.decided(&held).await;
        assert_eq!(later, Decision::Ended(EndReason::IdleExpiry));
    }
}

async fn a_rotation_restarts_the_idle_time_and_a_debounce_does_not(place: Place) {
    let world = World::on(place).await;
    let first = world.sign_up_as(Persistence::Browser).await;
    world.advance(HOUR / 2);
    let decision = world.decided(&first).await;
    assert_eq!(decision, Decision::Debounced { first_proof: true });
    assert_eq!(world.session(&first).await.idle_expires_at, START + HOUR);
    world.advance(D);
    let second = world.refresh(&first).await;
    assert_eq!(second.decision, Decision::Rotate);
    let session = world.session(&first).await;
    assert_eq!(session.idle_expires_at, START + HOUR / 2 + D + HOUR);
    assert_eq!(session.absolute_expires_at, START + DAY);
}

async fn a_session_in_use_ends_at_its_absolute_expiry(place: Place) {
    let world = World::on(place).await;
    let mut held = world.sign_up_as(Persistence::Browser).await;
    let end = START + DAY;
    while world.auth.now() + HOUR < end {
        world.advance(HOUR / 2);
        held = world.rotate(&held).await;
    }
    assert_eq!(world.session(&held).await.idle_expires_at, end, "capped");
    world.deliver(&held).await;
    world.clock.set(START + just_under(DAY));
    let presented = Some(refresh_token(&held));
    let inspected = world.auth.inspect(presented.as_ref()).await.expect("answers");
    assert_eq!(inspected, Decision::Rotate);
    world.clock.set(end);
    assert_eq!(world.decided(&held).await, Decision::Ended(EndReason::AbsoluteExpiry));
}

async fn no_access_token_outlives_its_session(place: Place) {
    let world = World::on(place).await;
    let held = world.sign_up_as(Persistence::Browser).await;
    let lost = world.rotate(&held).await;
    world.clock.set(START + just_under(D + HOUR));
    let late = tokens(world.refresh(&held).await);
    assert_eq!(late.refresh, lost.refresh);
    assert_eq!(late.info.claims.expires_at(), START + D + HOUR);
    assert!(matches!(world.access(&late).await, Access::Valid(_)));
    world.advance(TICK);
    assert!(matches!(world.access(&late).await, Access::Expired(_)));
    assert_eq!(world.decided(&held).await, Decision::Ended(EndReason::IdleExpiry));
}

async fn a_sign_in_ends_the_session_it_came_with(place: Place) {
    let world = World::on(place).await;
    let old = world.sign_up().await;
    let new = world.sign_in(Some(old.session.id)).await.expect("signed in");
    assert_ne!(new.session.id, old.session.id);
    assert_ne!(new.session.nonce, old.session.nonce);
    assert!(matches!(world.access(&old).await, Access::Revoked(_)));
    assert_eq!(world.decided(&old).await, Decision::Ended(EndReason::Replaced));
    assert_eq!(world.events(&old).await[0].kind, EventKind::Replaced);
    assert_eq!(world.events(&new).await[0].kind, EventKind::SignedIn);
    world.rotate(&new).await;
}

async fn a_revocation_is_remembered_while_others_are_forgotten(place: Place) {
    let world = World::on(place).await;
    let (held, other) = (world.sign_up().await, world.sign_in(None).await.expect("signed in"));
    world.sign_out(&held).await;
    world.clock.set(START + just_under(ACCESS));
    // The node sweeps its memory when something is added.
    world.sign_out(&other).await;
    assert!(matches!(world.access(&held).await, Access::Revoked(_)));
    assert!(matches!(world.access(&other).await, Access::Revoked(_)));
}

async fn a_revocation_survives_a_restart(place: Place) {
    let world = World::on(place).await;
    let (held, other) = (world.sign_up().await, world.sign_in(None).await.expect("signed in"));
    world.advance(TICK);
    world.sign_out(&held).await;
    // As late as an access token of that session can still be good.
    world.clock.set(START + just_under(ACCESS));
    let restarted = world.restarted().await;
    assert!(matches!(
        restarted.authenticate(&held.access).await.expect("the store answers"),
        Access::Revoked(_)
    ));
    assert!(matches!(
        restarted.authenticate(&other.access).await.expect("the store answers"),
        Access::Valid(_)
    ));
    let presented = Some(refresh_token(&held));
    let refreshed = restarted.refresh(presented, Trigger::Call, Client::default()).await;
    let decision = refreshed.expect("the store answers").decision;
    assert_eq!(decision, Decision::Ended(EndReason::SignedOut));
}

/// A node that starts after a great many revocations serves at once. Until it has read all of them, the row decides.
#[tokio::test(flavor = "multi_thread")]
async fn after_many_revocations_a_start_reads_rows_until_caught_up() {
    // More than a page of the log.
    const MANY: usize = 5_001;
    let (world, store) = World::flaky().await;
    let (held, ended) = (world.sign_up().await, world.sign_in(None).await.expect("signed in"));
    let user = world.accounts.user(account_of(&held)).await.expect("answers").expect("known");
    for _ in 0..MANY {
        let other = unsaved(&user.id.into());
        save(&*store, &other).await;
        let signed_out = event(EventKind::SignedOut, START, 0);
        store.revoke(other.id, EndReason::SignedOut, &signed_out).await.expect("revoked");
    }
    world.sign_out(&ended).await;

    store.set(Fault::OnePage);
    let started = world.restarted().await;
    let access = async |held: &TokenPair| started.authenticate(&held.access).await;
    assert!(matches!(access(&held).await, Ok(Access::Valid(_))));
    assert!(matches!(access(&ended).await, Ok(Access::Revoked(_))), "by its row");
    store.set(Fault::Down);
    access(&held).await.expect_err("nothing but the row can say");

    store.set(Fault::None);
    until("all of it", async || started.is_up_to_date().then_some(())).await;
    store.set(Fault::Down);
    assert!(matches!(access(&ended).await, Ok(Access::Revoked(_))), "by memory");
    assert!(matches!(access(&held).await, Ok(Access::Valid(_))));
}

async fn a_session_survives_a_restart(place: Place) {
    let world = World::on(place).await;
    let held = world.sign_up().await;
    world.deliver(&held).await;
    world.advance(D);
    let restarted = world.restarted().await;
    assert!(matches!(
        restarted.authenticate(&held.access).await.expect("the store answers"),
        Access::Valid(_)
    ));
    let presented = Some(refresh_token(&held));
    let refreshed = restarted.refresh(presented, Trigger::Call, Client::default()).await;
    assert_eq!(refreshed.expect("the store answers").decision, Decision::Rotate);
}

#[tokio::test]
async fn a_revocation_survives_the_process_and_its_open_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("coatroom.db");
    let store = SqliteStore::open(&file).await.expect("made");
    let world = World::on(Place::full(Arc::new(store)).keeping(folder)).await;
    let held = world.sign_up().await;
    world.sign_out(&held).await;
    let store = SqliteStore::open(file).await.expect("opened again");
    let next = Accounts::with_clock(config(), Arc::new(store), world.clock.clone()).await;
    let next = next.expect("an engine");
    assert!(matches!(
        next.auth().authenticate(&held.access).await.expect("the store answers"),
        Access::Revoked(_)
    ));
}
