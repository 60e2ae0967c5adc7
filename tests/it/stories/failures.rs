//! A store that does not answer: errors, never endings, and afterwards everything goes on (I7).

use coatroom::{
    Access, Accounts,
    accounts::{SignInError, SignUpError},
    auth::{IssueError, StartError},
    session::{Client, Decision, EndReason, Replay, Reuse},
    store::{EventKind, StoreError, Trigger},
};

use crate::support::{
    D, G, PASSWORD, TICK, World, config, context, credentials, flaky::Fault, refresh_token, tokens,
};

/// Checks that a refresh fails while the store does not answer.
async fn fails(world: &World, held: &coatroom::auth::TokenPair) {
    let presented = Some(refresh_token(held));
    let refreshed = world.auth.refresh(presented, Trigger::Call, Client::default()).await;
    let error = refreshed.expect_err("the store is down");
    assert!(matches!(error, IssueError::Store(StoreError::Unavailable(_))), "{error:?}");
}

#[tokio::test]
async fn a_store_that_is_down_ends_no_session_whatever_is_presented() {
    let (world, store) = World::flaky().await;
    let first = world.sign_up().await;
    fails_and_goes_on(&world, &store, &first, Decision::Debounced { first_proof: true }).await;
    world.advance(D);
    fails_and_goes_on(&world, &store, &first, Decision::Rotate).await;
    fails_and_goes_on(&world, &store, &first, Decision::Replay(Replay::Undelivered)).await;
    let second = tokens(world.refresh(&first).await);
    world.deliver(&second).await;
    world.advance(G);
    fails_and_goes_on(&world, &store, &first, Decision::Replay(Replay::Concurrent)).await;
    world.advance(TICK);
    fails_and_goes_on(&world, &store, &first, Decision::Reuse(Reuse::Recent)).await;
    fails_and_goes_on(&world, &store, &first, Decision::Ended(EndReason::Reuse)).await;
}

async fn fails_and_goes_on(
    world: &World,
    store: &crate::support::flaky::FlakyStore,
    held: &coatroom::auth::TokenPair,
    decision: Decision,
) {
    let before = world.session(held).await;
    store.set(Fault::Down);
    fails(world, held).await;
    fails(world, held).await;
    store.set(Fault::None);
    assert_eq!(world.session(held).await, before, "nothing happened meanwhile");
    assert_eq!(world.decided(held).await, decision);
}

#[tokio::test]
async fn access_tokens_are_still_checked_while_the_store_is_down() {
    let (world, store) = World::flaky().await;
    let (held, over) = (world.sign_up().await, world.sign_in(None).await.expect("signed in"));
    world.sign_out(&over).await;
    store.set(Fault::Down);
    assert!(matches!(world.access(&held).await, Access::Valid(_)));
    assert!(matches!(world.access(&over).await, Access::Revoked(_)));
}

#[tokio::test]
async fn a_proof_that_was_not_noted_is_noted_by_the_next_request() {
    let (world, store) = World::flaky().await;
    let held = world.sign_up().await;
    let door = store.close_door().await;
    world.access(&held).await;
    store.arrivals(1).await;
    store.set(Fault::Down);
    drop(door);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    store.set(Fault::None);
    assert_eq!(world.session(&held).await.acknowledged_at, None);
    world.advance(TICK);
    world.deliver(&held).await;
    let seen = world.session(&held).await.acknowledged_at;
    assert_eq!(seen, Some(world.auth.now()));
}

#[tokio::test]
async fn the_next_request_repairs_a_rotation_whose_answer_was_lost() {
    let (world, store) = World::flaky().await;
    let first = world.sign_up().await;
    world.deliver(&first).await;
    world.advance(D);
    store.set(Fault::AnswersLost);
    fails(&world, &first).await;
    store.set(Fault::None);
    assert_eq!(world.session(&first).await.generation, 1, "it was committed");
    let again = world.refresh(&first).await;
    assert_eq!(again.decision, Decision::Replay(Replay::Undelivered));
    world.rotate(&tokens(again)).await;
}

#[tokio::test]
async fn a_theft_found_while_the_store_loses_answers_stays_found() {
    let (world, store) = World::flaky().await;
    let first = world.sign_up().await;
    let second = world.rotate(&first).await;
    let third = world.rotate(&second).await;
    store.set(Fault::AnswersLost);
    fails(&world, &first).await;
    store.set(Fault::None);
    for held in [&first, &second, &third] {
        assert_eq!(world.decided(held).await, Decision::Ended(EndReason::Reuse));
    }
    assert_eq!(world.events(&first).await[0].kind, EventKind::ReuseStale);
}

#[tokio::test]
async fn a_sign_out_that_fails_leaves_the_session_as_it_was() {
    let (world, store) = World::flaky().await;
    let held = world.sign_up().await;
    let before = world.session(&held).await;
    store.set(Fault::Down);
    let error = world.auth.sign_out(held.session.id, Client::default()).await.expect_err("down");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    store.set(Fault::None);
    assert_eq!(world.session(&held).await, before);
    assert!(matches!(world.access(&held).await, Access::Valid(_)));
    world.sign_out(&held).await;
    assert!(matches!(world.access(&held).await, Access::Revoked(_)));
}

#[tokio::test]
async fn sign_in_and_sign_up_are_unavailable_while_the_store_is_down() {
    let (world, store) = World::flaky().await;
    let held = world.sign_up().await;
    store.set(Fault::Down);
    let error = world.sign_in(Some(held.session.id)).await.expect_err("down");
    let unavailable = SignInError::Issue(IssueError::Store(StoreError::Unavailable("x".into())));
    assert_eq!(std::mem::discriminant(&error), std::mem::discriminant(&unavailable));
    let who = credentials("new@example.com", PASSWORD);
    let error = world.accounts.sign_up(who.clone(), context(None)).await.expect_err("down");
    assert!(matches!(error, SignUpError::Store(StoreError::Unavailable(_))), "{error:?}");
    store.set(Fault::None);
    assert!(matches!(world.access(&held).await, Access::Valid(_)));
    world.accounts.sign_up(who, context(None)).await.expect("nothing was kept of the first try");
}

#[tokio::test]
async fn a_server_does_not_start_without_knowing_what_was_revoked() {
    let (world, store) = World::flaky().await;
    store.set(Fault::Down);
    let started = Accounts::with_clock(config(), store.clone(), world.clock.clone()).await;
    assert!(matches!(started, Err(StartError::Store(StoreError::Unavailable(_)))));
    assert!(matches!(world.auth.ping().await, Err(StoreError::Unavailable(_))));
    store.set(Fault::None);
    world.auth.ping().await.expect("it answers again");
}
