//! Fifty callers behind a barrier, and callers that go away: each step of a store tests and sets at once.

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll};

use tokio::{sync::Barrier, task::JoinSet};

use super::{
    Place,
    sample::{SPACING, START, acknowledged, event, kinds, read, rotation, session},
};
use crate::{
    Session, SessionId,
    session::EndReason,
    store::{EventKind, Store, StoreError},
};

const CALLERS: usize = 50;

/// Lets every caller go at the same moment, each with its number and its door, and collects what they got.
pub(super) async fn at_once<T, F>(
    place: &Place,
    call: impl Fn(usize, Arc<dyn Store>) -> F,
) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = Result<T, StoreError>> + Send + 'static,
{
    let barrier = Arc::new(Barrier::new(CALLERS));
    let mut callers = JoinSet::new();
    for number in 0..CALLERS {
        let (barrier, call) = (Arc::clone(&barrier), call(number, place.door(number)));
        callers.spawn(async move {
            barrier.wait().await;
            call.await.expect("the store answers")
        });
    }
    callers.join_all().await
}

/// Rotates for one of fifty callers; the others are told that it does not apply.
pub async fn of_fifty_rotations_at_once_exactly_one_succeeds(place: Place) {
    let id = session(&*place.store, acknowledged).await.id;
    let answers = at_once(&place, |_, store| async move {
        let rotated = event(EventKind::Rotated, START + SPACING, 1);
        store.rotate(&rotation(id, START + SPACING), &rotated).await
    })
    .await;
    let won: Vec<Session> = answers.into_iter().flatten().collect();
    assert_eq!(won, [read(&*place.store, id).await]);
    assert_eq!(won[0].generation, 1);
    assert_eq!(kinds(&*place.store, id).await, [EventKind::Rotated, EventKind::SignedIn]);
}

/// Acknowledges for one of fifty callers, whose time is the one that stays.
pub async fn of_fifty_acknowledgements_at_once_exactly_one_is_the_first(place: Place) {
    let id = session(&*place.store, |_| ()).await.id;
    let answers = at_once(&place, |number, store| async move {
        let now = START + SPACING * u32::try_from(number).expect("small");
        Ok((store.acknowledge(id, 0, now).await?, now))
    })
    .await;
    let first: Vec<_> = answers.into_iter().filter_map(|(did, at)| did.then_some(at)).collect();
    assert_eq!(first.len(), 1);
    assert_eq!(read(&*place.store, id).await.acknowledged_at, Some(first[0]));
}

/// Revokes for one of fifty callers, whose reason and event are the ones that stay.
pub async fn of_fifty_revocations_at_once_exactly_one_did_it(place: Place) {
    let id = session(&*place.store, |_| ()).await.id;
    let answers = at_once(&place, |number, store| async move {
        let (reason, kind) = if number % 4 < 2 {
            (EndReason::SignedOut, EventKind::SignedOut)
        } else {
            (EndReason::Reuse, EventKind::ReuseStale)
        };
        Ok((store.revoke(id, reason, &event(kind, START, 0)).await?, reason, kind))
    })
    .await;
    let did: Vec<_> = answers.into_iter().filter(|(did, ..)| *did).collect();
    let [(_, reason, kind)] = did[..] else { panic!("{} did it", did.len()) };
    assert_eq!(read(&*place.store, id).await.revoked.expect("revoked").reason, reason);
    assert_eq!(kinds(&*place.store, id).await, [kind, EventKind::SignedIn]);
}

/// Counts each of fifty replays, with its event.
pub async fn of_fifty_replays_at_once_none_is_lost(place: Place) {
    let id = session(&*place.store, |_| ()).await.id;
    let answers = at_once(&place, |_, store| async move {
        store.count_replay(id, 0, &event(EventKind::ReplayedConcurrent, START, 0)).await
    })
    .await;
    assert_eq!(answers.iter().filter(|counted| **counted).count(), CALLERS);
    assert_eq!(read(&*place.store, id).await.replays, 50);
    let events = place.store.events(id, 100).await.expect("answers");
    assert_eq!((events.len(), events[0].times), (2, 50), "one row, however many there were");
}

/// Never rotates after the revocation.
pub async fn rotations_and_a_revocation_at_once_leave_one_order_of_both(place: Place) {
    for _ in 0..5 {
        let id = session(&*place.store, acknowledged).await.id;
        let answers = at_once(&place, |number, store| async move {
            if number == CALLERS / 2 {
                let signed_out = event(EventKind::SignedOut, START + SPACING, 0);
                assert!(store.revoke(id, EndReason::SignedOut, &signed_out).await?);
                return Ok(None);
            }
            let rotated = event(EventKind::Rotated, START + SPACING, 1);
            store.rotate(&rotation(id, START + SPACING), &rotated).await
        })
        .await;
        let won = answers.into_iter().flatten().count();
        let after = read(&*place.store, id).await;
        assert!(won <= 1);
        assert_eq!(after.generation, won as u64);
        assert!(after.revoked.is_some());
        // A rotation that came first stands below the sign-out; none can stand above it.
        let history = [EventKind::SignedOut, EventKind::Rotated, EventKind::SignedIn];
        let expected = if won == 1 { &history[..] } else { &[history[0], history[2]] };
        assert_eq!(kinds(&*place.store, id).await, expected);
    }
}

/// Drops a rotation in each of its waits.
pub async fn a_rotation_dropped_half_way_happens_whole_or_not_at_all(place: Place) {
    let store = &*place.store;
    for waits in 0.. {
        let id = session(store, acknowledged).await.id;
        let (step, rotated) =
            (rotation(id, START + SPACING), event(EventKind::Rotated, START + SPACING, 1));
        let finished = left_after(waits, store.rotate(&step, &rotated)).await.is_some();
        let (after, kinds) = drain(store, id).await;
        let whole = kinds.contains(&EventKind::Rotated);
        assert_eq!(after.generation, u64::from(whole), "left after {waits} waits");
        if finished {
            assert!(whole);
            break;
        }
    }
}

/// Drops a replay in each of its waits.
pub async fn a_replay_dropped_half_way_happens_whole_or_not_at_all(place: Place) {
    let store = &*place.store;
    for waits in 0.. {
        let id = session(store, |_| ()).await.id;
        let replay = event(EventKind::ReplayedConcurrent, START, 0);
        let finished = left_after(waits, store.count_replay(id, 0, &replay)).await.is_some();
        let (after, kinds) = drain(store, id).await;
        let whole = kinds.contains(&EventKind::ReplayedConcurrent);
        assert_eq!(after.replays, u32::from(whole), "left after {waits} waits");
        if finished {
            assert!(whole);
            break;
        }
    }
}

/// Drops a revocation in each of its waits.
pub async fn a_revocation_dropped_half_way_happens_whole_or_not_at_all(place: Place) {
    let store = &*place.store;
    for waits in 0.. {
        let id = session(store, |_| ()).await.id;
        let reuse = event(EventKind::ReuseRecent, START, 0);
        let call = store.revoke(id, EndReason::Reuse, &reuse);
        let finished = left_after(waits, call).await.is_some();
        let (after, kinds) = drain(store, id).await;
        let (reason, kind) = match after.revoked.expect("revoked, by one of the two").reason {
            EndReason::Reuse => (EndReason::Reuse, EventKind::ReuseRecent),
            _ => (EndReason::SignedOut, EventKind::SignedOut),
        };
        assert_eq!(kinds, [kind, EventKind::SignedIn], "left after {waits} waits");
        if finished {
            assert_eq!(reason, EndReason::Reuse);
            break;
        }
    }
}

/// Polls a call that many times, and drops it; returns its answer if it is done before.
async fn left_after<T>(waits: usize, call: impl Future<Output = T>) -> Option<T> {
    let mut call = pin!(call);
    let mut left = waits;
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        call.as_mut().poll(cx).map(Some)
    })
    .await
}

/// Returns the session once nothing can come after: a dropped call may still be under way, but after a revocation it
/// does not apply any more.
async fn drain(store: &dyn Store, id: SessionId) -> (Session, Vec<EventKind>) {
    let signed_out = event(EventKind::SignedOut, START + SPACING, 0);
    store.revoke(id, EndReason::SignedOut, &signed_out).await.expect("the store answers");
    (read(store, id).await, kinds(store, id).await)
}
