//! Fifty callers behind a barrier: each step of a store tests and sets at once.

use std::sync::Arc;

use coatroom::{
    Session, Store,
    session::EndReason,
    store::{EventKind, StoreError, sqlite::SqliteStore},
};
use tokio::{sync::Barrier, task::JoinSet};

use super::{event, kinds, read, rotation, session};
use crate::support::{D, Place, START, on_every_store};

const CALLERS: usize = 50;

on_every_store! {
    of_fifty_rotations_at_once_exactly_one_succeeds,
    of_fifty_acknowledgements_at_once_exactly_one_is_the_first,
    of_fifty_revocations_at_once_exactly_one_did_it,
    of_fifty_replays_at_once_none_is_lost,
    rotations_and_a_revocation_at_once_leave_one_order_of_both,
    a_call_that_is_dropped_half_way_happens_whole_or_not_at_all,
}

fn acknowledged(session: &mut Session) {
    session.acknowledged_at = Some(START);
}

/// Lets every caller go at the same moment, each with its number, and collects what they got.
async fn at_once<T, F>(make: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = Result<T, StoreError>> + Send + 'static,
{
    let barrier = Arc::new(Barrier::new(CALLERS));
    let mut callers = JoinSet::new();
    for number in 0..CALLERS {
        let (barrier, call) = (Arc::clone(&barrier), make(number));
        callers.spawn(async move {
            barrier.wait().await;
            call.await.expect("the store answers")
        });
    }
    callers.join_all().await
}

async fn of_fifty_rotations_at_once_exactly_one_succeeds(place: Place) {
    // Where there is a file, half of the callers come by another process's door.
    let other: Arc<dyn Store> = match place.file() {
        Some(file) => Arc::new(SqliteStore::open(file).await.expect("opened again")),
        None => Arc::clone(&place.store),
    };
    let id = session(&*place.store, acknowledged).await.id;
    let answers = at_once(|number| {
        let store = if number % 2 == 0 { &place.store } else { &other };
        let store = Arc::clone(store);
        let rotated = event(EventKind::Rotated, START + D, 1);
        async move { store.rotate(&rotation(id, START + D), &rotated).await }
    })
    .await;
    let won: Vec<Session> = answers.into_iter().flatten().collect();
    assert_eq!(won, [read(&*place.store, id).await]);
    assert_eq!(won[0].generation, 1);
    assert_eq!(kinds(&*place.store, id).await, [EventKind::Rotated, EventKind::SignedIn]);
}

async fn of_fifty_acknowledgements_at_once_exactly_one_is_the_first(Place { store, .. }: Place) {
    let id = session(&*store, |_| ()).await.id;
    let answers = at_once(|number| {
        let store = Arc::clone(&store);
        let now = START + D * u32::try_from(number).expect("small");
        async move { Ok((store.acknowledge(id, 0, now).await?, now)) }
    })
    .await;
    let first: Vec<_> = answers.into_iter().filter_map(|(did, at)| did.then_some(at)).collect();
    assert_eq!(first.len(), 1);
    assert_eq!(read(&*store, id).await.acknowledged_at, Some(first[0]));
}

async fn of_fifty_revocations_at_once_exactly_one_did_it(Place { store, .. }: Place) {
    let id = session(&*store, |_| ()).await.id;
    let answers = at_once(|number| {
        let store = Arc::clone(&store);
        let (reason, kind) = if number % 2 == 0 {
            (EndReason::SignedOut, EventKind::SignedOut)
        } else {
            (EndReason::Reuse, EventKind::ReuseStale)
        };
        async move { Ok((store.revoke(id, reason, &event(kind, START, 0)).await?, reason, kind)) }
    })
    .await;
    let did: Vec<_> = answers.into_iter().filter(|(did, ..)| *did).collect();
    let [(_, reason, kind)] = did[..] else { panic!("{} did it", did.len()) };
    assert_eq!(read(&*store, id).await.revoked.expect("revoked").reason, reason);
    assert_eq!(kinds(&*store, id).await, [kind, EventKind::SignedIn]);
}

async fn of_fifty_replays_at_once_none_is_lost(Place { store, .. }: Place) {
    let id = session(&*store, |_| ()).await.id;
    let answers = at_once(|_| {
        let store = Arc::clone(&store);
        let replay = event(EventKind::ReplayedConcurrent, START, 0);
        async move { store.count_replay(id, 0, &replay).await }
    })
    .await;
    assert_eq!(answers.iter().filter(|counted| **counted).count(), CALLERS);
    assert_eq!(read(&*store, id).await.replays, 50);
    assert_eq!(kinds(&*store, id).await.len(), 1 + CALLERS);
}

async fn rotations_and_a_revocation_at_once_leave_one_order_of_both(Place { store, .. }: Place) {
    for _ in 0..5 {
        let id = session(&*store, acknowledged).await.id;
        let answers = at_once(|number| {
            let store = Arc::clone(&store);
            async move {
                if number == CALLERS / 2 {
                    let signed_out = event(EventKind::SignedOut, START + D, 0);
                    assert!(store.revoke(id, EndReason::SignedOut, &signed_out).await?);
                    return Ok(None);
                }
                let rotated = event(EventKind::Rotated, START + D, 1);
                store.rotate(&rotation(id, START + D), &rotated).await
            }
        })
        .await;
        let won = answers.into_iter().flatten().count();
        let after = read(&*store, id).await;
        assert!(won <= 1);
        assert_eq!(after.generation, won as u64);
        assert!(after.revoked.is_some());
        // A rotation that came first stands below the sign-out; none can stand above it.
        let history = [EventKind::SignedOut, EventKind::Rotated, EventKind::SignedIn];
        let expected = if won == 1 { &history[..] } else { &[history[0], history[2]] };
        assert_eq!(kinds(&*store, id).await, expected);
    }
}

async fn a_call_that_is_dropped_half_way_happens_whole_or_not_at_all(Place { store, .. }: Place) {
    for turns in (0..40).map(|n| n * n) {
        let id = session(&*store, acknowledged).await.id;
        let (step, rotated) = (rotation(id, START + D), event(EventKind::Rotated, START + D, 1));
        let patience = async {
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            () = patience => (),
            _ = store.rotate(&step, &rotated) => (),
        }
        // The next write stands behind whatever is still being undone.
        store.record(id, &event(EventKind::Ahead, START + D, 0)).await.expect("recorded");
        let whole = kinds(&*store, id).await.contains(&EventKind::Rotated);
        assert_eq!(read(&*store, id).await.generation, u64::from(whole), "after {turns} turns");
    }
}
