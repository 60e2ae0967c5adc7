//! Doubts of a node: answers of the store that were lost, revocations by another node, clocks that went back.

use std::{sync::Arc, time::Duration};

use coatroom::{
    Access, Accounts, Timestamp,
    clock::TestClock,
    session::{Client, Decision, EndReason},
    store::Trigger,
};

use crate::support::{flaky::Fault, *};

#[tokio::test]
async fn a_sign_in_that_fails_leaves_the_session_it_came_with() {
    let (world, store) = World::flaky().await;
    let old = world.sign_up().await;
    store.set(Fault::AnswersLost);
    world.sign_in(Some(old.session.id)).await.expect_err("the answer was lost");
    store.set(Fault::None);
    assert_eq!(world.decided(&old).await, Decision::Debounced { first_proof: true });
}

#[tokio::test]
async fn a_revocation_left_unanswered_is_known_once_its_row_is_read() {
    let (world, store) = World::flaky().await;
    let old = world.sign_up().await;
    store.set(Fault::AnswersLost);
    world.auth.sign_out(old.session.id, Client::default()).await.expect_err("lost");
    store.set(Fault::None);
    assert_eq!(world.decided(&old).await, Decision::Ended(EndReason::SignedOut));
    assert!(matches!(world.access(&old).await, Access::Revoked(_)));
}

#[tokio::test]
async fn a_revocation_by_another_node_is_known_once_its_row_is_read() {
    let world = World::in_memory().await;
    let held = world.sign_up().await;
    let other = world.restarted().await;
    other.sign_out(held.session.id, Client::default()).await.unwrap();
    assert_eq!(world.decided(&held).await, Decision::Ended(EndReason::SignedOut));
    assert!(matches!(world.access(&held).await, Access::Revoked(_)));
}

#[tokio::test]
async fn a_clock_that_went_back_is_no_failure_without_grace() {
    let mut strict = config();
    strict.grace = Duration::ZERO;
    let clock = Arc::new(TestClock::new(START));
    let accounts = Accounts::with_clock(strict, memory().accounts(), clock.clone()).await.unwrap();
    let auth = accounts.auth();
    let held = accounts
        .sign_up(credentials(EMAIL, PASSWORD), context(None))
        .await
        .unwrap()
        .into_signed()
        .unwrap();
    let id = held.session.id;
    auth.authenticate(&held.access).await.expect("the store answers");
    until("the proof is noted", || async {
        auth.session(id).await.unwrap().unwrap().acknowledged_at
    })
    .await;
    clock.set(Timestamp::from_millis(START.millis() - 1));
    let refreshed = auth.refresh(held.refresh, Trigger::Call, Client::default()).await.unwrap();
    assert_eq!(refreshed.decision, Decision::Debounced { first_proof: false });
}

#[tokio::test]
async fn a_sign_out_during_the_first_proof_leaves_no_tokens() {
    let (world, store) = World::flaky().await;
    let first = world.sign_up().await;
    let door = store.close_door().await;
    let refresh = async {
        let refreshed = world.refresh(&first).await;
        assert_eq!(refreshed.decision, Decision::Ended(EndReason::SignedOut));
        assert!(refreshed.tokens.is_none());
    };
    let sign_out = async {
        store.arrivals(1).await;
        world.sign_out(&first).await;
        drop(door);
    };
    tokio::join!(refresh, sign_out);
}
