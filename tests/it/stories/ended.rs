//! Waiting for the end of a session, as a WebSocket does that has to close with it.

use std::{sync::Arc, time::Duration};

use coatroom::{
    Auth, SessionId,
    auth::TokenPair,
    session::{Client, EndReason},
};
use tokio::task::JoinHandle;

use crate::support::{DAY, Place, World, flaky::Fault, on_every_store};

on_every_store! {
    a_sign_out_ends_what_waits_for_its_session_and_nothing_else,
    a_wait_for_the_end_on_another_node_ends_within_the_bound,
    an_epoch_ends_what_waits,
}

/// Waits in a task of its own, and returns once that has read the row: the next change finds it waiting.
async fn waiting(auth: &Auth, owner: &TokenPair) -> JoinHandle<Option<EndReason>> {
    let (auth, owner) = (auth.clone(), owner.info.claims.principal());
    let waits = tokio::spawn(async move { auth.wait_until_ended(&owner).await });
    tokio::task::yield_now().await;
    waits
}

async fn a_sign_out_ends_what_waits_for_its_session_and_nothing_else(place: Place) {
    let world = World::on(place).await;
    let (here, there) = (world.sign_up().await, world.sign_in(None).await.expect("signed in"));
    let waits = waiting(&world.auth, &here).await;
    let waits_on = waiting(&world.auth, &there).await;
    world.auth.sign_out(here.session.id, Client::default()).await.expect("answers");
    assert_eq!(waits.await.expect("no panic"), Some(EndReason::SignedOut));
    assert!(!waits_on.is_finished());
    world.auth.sign_out(there.session.id, Client::default()).await.expect("answers");
    assert_eq!(waits_on.await.expect("no panic"), Some(EndReason::SignedOut));
    // One that is over already does not wait.
    let mut owner = here.info.claims.principal();
    assert_eq!(world.auth.wait_until_ended(&owner).await, Some(EndReason::SignedOut));
    owner.session = SessionId::random();
    assert_eq!(world.auth.wait_until_ended(&owner).await, None);
}

async fn a_wait_for_the_end_on_another_node_ends_within_the_bound(place: Place) {
    let world = World::on(place).await;
    let owner = world.sign_up().await;
    let other = world.restarted().await;
    let waits = waiting(&other, &owner).await;
    world.auth.sign_out(owner.session.id, Client::default()).await.expect("answers");
    assert_eq!(waits.await.expect("no panic"), Some(EndReason::SignedOut));
}

async fn an_epoch_ends_what_waits(place: Place) {
    let store = Arc::clone(&place.store);
    let world = World::on(place).await;
    let owner = world.sign_up().await;
    let waits = waiting(&world.auth, &owner).await;
    store.add_epoch(None, world.auth.now()).await.expect("answers");
    assert_eq!(waits.await.expect("no panic"), Some(EndReason::Administrator));
}

/// Nothing is known while the store does not answer; the lifetime is over when it does again.
#[tokio::test(start_paused = true)]
async fn a_lifetime_ends_what_waits_even_through_an_outage() {
    let (world, store) = World::flaky().await;
    let owner = world.sign_up().await;
    let waits = waiting(&world.auth, &owner).await;
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert!(!waits.is_finished());
    store.set(Fault::Down);
    world.advance(60 * DAY);
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert!(!waits.is_finished());
    store.set(Fault::None);
    let ended = tokio::time::timeout(Duration::from_mins(1), waits).await;
    let reason = ended.expect("in time").expect("no panic");
    assert!(
        matches!(reason, Some(EndReason::IdleExpiry | EndReason::AbsoluteExpiry)),
        "{reason:?}"
    );
}

/// Time stands still until every task waits for it: one that was not woken would let some pass.
#[tokio::test(start_paused = true)]
async fn a_sign_out_on_this_node_is_heard_of_at_once() {
    let world = World::in_memory().await;
    let owner = world.sign_up().await;
    let id = owner.session.id;
    let waits = waiting(&world.auth, &owner).await;
    let before = tokio::time::Instant::now();
    world.auth.sign_out(id, Client::default()).await.expect("answers");
    assert_eq!(waits.await.expect("no panic"), Some(EndReason::SignedOut));
    assert_eq!(before.elapsed(), Duration::ZERO);
}
