//! Signing out everywhere: all sessions of the account, no other, and none that was over before.

use coatroom::{
    Access,
    auth::TokenPair,
    clock::DEFAULT_CLOCK_SKEW,
    session::{Client, Decision, EndReason, Persistence},
    store::{EventKind, StoreError},
};

use crate::support::{
    D, HOUR, PASSWORD, Place, TICK, World, context, credentials, flaky::Fault, just_under,
    on_every_store, refresh_token, until,
};

on_every_store! {
    all_sessions_of_the_account_end_and_no_other,
    a_session_that_ended_before_is_left_as_it_is,
    an_expired_session_alive_by_a_slow_clock_is_signed_out_too,
    a_session_that_is_rotated_meanwhile_ends_too,
}

async fn sign_out_everywhere(world: &World, held: &TokenPair) -> Result<u32, StoreError> {
    world.auth.sign_out_everywhere(&held.session.subject, elsewhere()).await
}

fn elsewhere() -> Client {
    Client { label: "Firefox on Linux".into(), ..Client::default() }
}

async fn is_out(world: &World, held: &TokenPair) {
    assert!(matches!(world.access(held).await, Access::Revoked(_)));
    assert_eq!(world.decided(held).await, Decision::Ended(EndReason::SignedOut));
    let event = &world.events(held).await[0];
    assert_eq!((event.kind, &event.client), (EventKind::SignedOut, &elsewhere()));
}

async fn all_sessions_of_the_account_end_and_no_other(place: Place) {
    let world = World::on(place).await;
    let (one, two) = (world.sign_up().await, world.sign_in(None).await.expect("signed in"));
    let ben = credentials("ben@example.com", PASSWORD);
    let ben = world
        .accounts
        .sign_up(ben, context(None))
        .await
        .expect("signed up")
        .into_signed()
        .expect("signed tokens");
    let two = world.rotate(&two).await;

    assert_eq!(sign_out_everywhere(&world, &one).await.expect("answers"), 2);
    for held in [&one, &two] {
        is_out(&world, held).await;
    }
    assert_eq!(world.events(&two).await[0].generation, 1);
    assert!(matches!(world.access(&ben).await, Access::Valid(_)));
    assert_eq!(world.session(&ben).await.revoked, None);

    // There is nothing left to end, and the account is as good as before.
    assert_eq!(sign_out_everywhere(&world, &one).await.expect("answers"), 0);
    let again = world.sign_in(None).await.expect("signed in");
    assert!(matches!(world.access(&again).await, Access::Valid(_)));
}

async fn a_session_that_ended_before_is_left_as_it_is(place: Place) {
    let world = World::on(place).await;
    let expired = world.sign_up_as(Persistence::Browser).await;
    let replaced = world.sign_in(None).await.expect("signed in");
    world.advance(HOUR + DEFAULT_CLOCK_SKEW);
    let held = world.sign_in(Some(replaced.session.id)).await.expect("signed in");
    let before = [world.session(&expired).await, world.session(&replaced).await];

    assert_eq!(sign_out_everywhere(&world, &held).await.expect("answers"), 1);
    assert_eq!([world.session(&expired).await, world.session(&replaced).await], before);
    assert_eq!(world.decided(&expired).await, Decision::Ended(EndReason::IdleExpiry));
    assert_eq!(world.decided(&replaced).await, Decision::Ended(EndReason::Replaced));
    is_out(&world, &held).await;
}

async fn an_expired_session_alive_by_a_slow_clock_is_signed_out_too(place: Place) {
    let world = World::on(place).await;
    let held = world.sign_up_as(Persistence::Browser).await;
    world.deliver(&held).await;
    world.advance(just_under(HOUR + DEFAULT_CLOCK_SKEW));
    assert_eq!(world.decided(&held).await, Decision::Ended(EndReason::IdleExpiry));
    assert_eq!(sign_out_everywhere(&world, &held).await.expect("answers"), 1);
    // As a node sees it whose clock is behind.
    let end = world.session(&held).await.idle_expires_at;
    world.clock.set(end - TICK);
    is_out(&world, &held).await;
}

async fn a_session_that_is_rotated_meanwhile_ends_too(place: Place) {
    let world = World::on(place).await;
    let first = world.sign_up().await;
    world.deliver(&first).await;
    world.advance(D);
    let (rotated, ended) = tokio::join!(world.refresh(&first), sign_out_everywhere(&world, &first));
    assert_eq!(ended.expect("answers"), 1);
    // In whichever order: what the rotation gave is worth nothing either.
    if let Some(second) = rotated.tokens {
        assert_eq!(refresh_token(&second).generation(), 1);
        is_out(&world, &second).await;
    }
    is_out(&world, &first).await;
}

#[tokio::test]
async fn a_store_down_ends_no_session_and_the_next_attempt_ends_all() {
    let (world, store) = World::flaky().await;
    let (one, two) = (world.sign_up().await, world.sign_in(None).await.expect("signed in"));
    store.set(Fault::Down);
    let error = sign_out_everywhere(&world, &one).await.expect_err("down");
    assert!(matches!(error, StoreError::Unavailable(_)));
    for held in [&one, &two] {
        assert!(matches!(world.access(held).await, Access::Valid(_)));
    }
    store.set(Fault::None);
    assert_eq!(sign_out_everywhere(&world, &one).await.expect("answers"), 2);
    for held in [&one, &two] {
        is_out(&world, held).await;
    }
}

#[tokio::test]
async fn it_runs_to_its_end_though_its_caller_goes_away() {
    let world = World::in_memory().await;
    let (one, two) = (world.sign_up().await, world.sign_in(None).await.expect("signed in"));
    let mut leaving = Box::pin(sign_out_everywhere(&world, &one));
    tokio::select! {
        biased;
        done = &mut leaving => panic!("it cannot be done at its first turn: {done:?}"),
        () = async {} => (),
    }
    drop(leaving);
    for held in [&one, &two] {
        until("the revocation", || async {
            matches!(world.access(held).await, Access::Revoked(_)).then_some(())
        })
        .await;
    }
}
