//! Requests at one moment: fifty refreshes; a sign-out before, after and within a refresh.

use std::{collections::BTreeMap, sync::Arc};

use coatroom::{
    Access,
    auth::Refreshed,
    session::{Client, Decision, EndReason},
    store::{EventKind, Trigger},
};
use tokio::{sync::Barrier, task::JoinSet};

use crate::support::{D, G, Place, World, on_every_store, refresh_token, tokens, until};

const TABS: usize = 50;

on_every_store! {
    of_fifty_refreshes_at_once_one_rotates_and_all_get_the_same,
    fifty_refreshes_at_once_from_before_all_get_what_is_current,
    fifty_refreshes_and_a_sign_out_at_once_end_the_session,
    a_sign_out_before_a_refresh_ends_it,
    a_sign_out_after_a_refresh_ends_what_it_gave,
    fifty_thefts_at_once_are_one_revocation,
}

/// Presents one token from many tabs at the same moment; `aside` is done at that moment too.
async fn at_once(
    world: &World,
    held: &coatroom::auth::TokenPair,
    aside: impl Future<Output = ()> + Send + 'static,
) -> Vec<Refreshed> {
    let barrier = Arc::new(Barrier::new(TABS + 1));
    let mut tabs = JoinSet::new();
    for tab in 0..TABS {
        let (auth, barrier) = (world.auth.clone(), Arc::clone(&barrier));
        let presented = Some(refresh_token(held));
        tabs.spawn(async move {
            barrier.wait().await;
            // A client of its own, so that none shares the answer of another, and they meet in the store.
            let client = Client { user_agent_hash: format!("tab {tab}"), ..Client::default() };
            auth.refresh(presented, Trigger::Call, client).await.expect("the store answers")
        });
    }
    let aside = tokio::spawn(async move {
        barrier.wait().await;
        aside.await;
    });
    let answers = tabs.join_all().await;
    aside.await.expect("done");
    answers
}

fn rows(answers: &[Refreshed]) -> BTreeMap<u8, usize> {
    let mut rows = BTreeMap::new();
    for answer in answers {
        *rows.entry(answer.decision.row()).or_default() += 1;
    }
    rows
}

async fn of_fifty_refreshes_at_once_one_rotates_and_all_get_the_same(place: Place) {
    let world = World::on(place).await;
    let first = world.sign_up().await;
    world.deliver(&first).await;
    world.advance(D);
    let answers = at_once(&world, &first, async {}).await;
    assert_eq!(rows(&answers), BTreeMap::from([(6, 1), (7, TABS - 1)]));
    let session = world.session(&first).await;
    assert_eq!((session.generation, session.replays), (1, 49));
    assert_eq!(session.acknowledged_at, None, "no racer proved anything");
    let pairs: Vec<_> = answers.into_iter().map(tokens).collect();
    for pair in &pairs {
        assert_eq!((&pair.access, &pair.refresh), (&pairs[0].access, &pairs[0].refresh));
    }
    assert_eq!(refresh_token(&pairs[0]).generation(), 1);
    world.rotate(&pairs[TABS / 2]).await;
}

async fn fifty_refreshes_at_once_from_before_all_get_what_is_current(place: Place) {
    let world = World::on(place).await;
    let first = world.sign_up().await;
    let second = world.rotate(&first).await;
    world.deliver(&second).await;
    world.advance(G);
    let answers = at_once(&world, &first, async {}).await;
    assert_eq!(rows(&answers), BTreeMap::from([(8, TABS)]));
    for pair in answers.into_iter().map(tokens) {
        assert_eq!((&pair.access, &pair.refresh), (&second.access, &second.refresh));
    }
    assert_eq!(world.session(&first).await.generation, 1);
}

async fn fifty_refreshes_and_a_sign_out_at_once_end_the_session(place: Place) {
    let world = World::on(place).await;
    let first = world.sign_up().await;
    world.deliver(&first).await;
    world.advance(D);
    let (auth, id) = (world.auth.clone(), first.session.id);
    let sign_out = async move { auth.sign_out(id, Client::default()).await.expect("answers") };
    let answers = at_once(&world, &first, sign_out).await;
    assert_eq!(
        world.session(&first).await.end_reason(world.auth.now()),
        Some(EndReason::SignedOut)
    );
    for answer in answers {
        match answer.decision {
            Decision::Ended(reason) => {
                assert_eq!(reason, EndReason::SignedOut);
                assert!(answer.tokens.is_none());
            }
            Decision::Rotate | Decision::Replay(_) => {
                let pair = tokens(answer);
                assert!(matches!(world.access(&pair).await, Access::Revoked(_)));
                assert_eq!(world.decided(&pair).await, Decision::Ended(EndReason::SignedOut));
            }
            other => panic!("{other:?}"),
        }
    }
    // In any order of that moment, nothing happened after the sign-out.
    assert_eq!(world.events(&first).await[0].kind, EventKind::SignedOut);
}

async fn a_sign_out_before_a_refresh_ends_it(place: Place) {
    let world = World::on(place).await;
    let first = world.sign_up().await;
    world.deliver(&first).await;
    world.advance(D);
    world.sign_out(&first).await;
    let refreshed = world.refresh(&first).await;
    assert_eq!(refreshed.decision, Decision::Ended(EndReason::SignedOut));
    assert!(refreshed.tokens.is_none());
    assert_eq!(world.session(&first).await.generation, 0);
}

async fn a_sign_out_after_a_refresh_ends_what_it_gave(place: Place) {
    let world = World::on(place).await;
    let first = world.sign_up().await;
    let second = world.rotate(&first).await;
    world.sign_out(&first).await;
    for held in [&first, &second] {
        assert!(matches!(world.access(held).await, Access::Revoked(_)));
        let refreshed = world.refresh(held).await;
        assert_eq!(refreshed.decision, Decision::Ended(EndReason::SignedOut));
        assert!(refreshed.tokens.is_none());
    }
}

async fn fifty_thefts_at_once_are_one_revocation(place: Place) {
    let world = World::on(place).await;
    let first = world.sign_up().await;
    let second = world.rotate(&first).await;
    world.rotate(&second).await;
    let answers = at_once(&world, &first, async {}).await;
    assert!(answers.iter().all(|answer| answer.tokens.is_none()));
    let rows = rows(&answers);
    assert!(rows.contains_key(&10), "{rows:?}");
    assert!(rows.keys().all(|row| [2, 10].contains(row)), "{rows:?}");
    let events = world.events(&first).await;
    let stale = events.iter().filter(|event| event.kind == EventKind::ReuseStale).count();
    assert_eq!(stale, 1);
}

#[tokio::test]
async fn a_sign_out_that_commits_while_a_rotation_is_under_way_wins() {
    let (world, store) = World::flaky().await;
    let first = world.sign_up().await;
    world.deliver(&first).await;
    world.advance(D);
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
    assert_eq!(world.session(&first).await.generation, 0);
}

#[tokio::test]
async fn a_sign_out_that_commits_while_a_replay_is_under_way_wins() {
    let (world, store) = World::flaky().await;
    let first = world.sign_up().await;
    world.rotate(&first).await;
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
    assert_eq!(world.session(&first).await.replays, 0);
}

#[tokio::test]
async fn a_proof_that_requests_bring_at_once_is_written_once() {
    let (world, store) = World::flaky().await;
    let first = world.sign_up().await;
    let door = store.close_door().await;
    world.access(&first).await;
    store.arrivals(1).await;
    let refresh = async {
        let refreshed = world.refresh(&first).await;
        assert_eq!(refreshed.decision, Decision::Debounced { first_proof: true });
    };
    let open = async {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        drop(door);
    };
    tokio::join!(refresh, open);
    assert_eq!(store.arrived(), 1);
    assert_eq!(world.session(&first).await.acknowledged_at, Some(world.auth.now()));
}

#[tokio::test]
async fn a_refresh_runs_to_its_end_though_its_caller_goes_away() {
    let (world, store) = World::flaky().await;
    let first = world.sign_up().await;
    world.deliver(&first).await;
    world.advance(D);
    let door = store.close_door().await;
    let presented = Some(refresh_token(&first));
    tokio::select! {
        biased;
        _ = world.auth.refresh(presented, Trigger::Document, Client::default()) => {
            panic!("it passed a closed door");
        }
        () = store.arrivals(1) => (),
    }
    assert_eq!(world.session(&first).await.generation, 0);
    drop(door);
    until("the rotation", || async { (world.session(&first).await.generation == 1).then_some(()) })
        .await;
    assert_eq!(world.events(&first).await[0].trigger, Trigger::Document);
    // No client received that answer: the next one repairs it.
    let second = tokens(world.refresh(&first).await);
    assert_eq!(refresh_token(&second).generation(), 1);
    world.rotate(&second).await;
}

#[tokio::test]
async fn a_sign_out_runs_to_its_end_though_its_caller_goes_away() {
    let world = World::in_memory().await;
    let first = world.sign_up().await;
    let mut sign_out = Box::pin(world.auth.sign_out(first.session.id, Client::default()));
    tokio::select! {
        biased;
        done = &mut sign_out => panic!("it cannot be done at its first turn: {done:?}"),
        () = async {} => (),
    }
    drop(sign_out);
    until("the revocation", || async {
        matches!(world.access(&first).await, Access::Revoked(_)).then_some(())
    })
    .await;
    assert_eq!(world.decided(&first).await, Decision::Ended(EndReason::SignedOut));
}
