//! Pruning: what may be forgotten, and what never.

use std::time::Duration;

use super::{
    Place,
    sample::{acknowledged, at, event, kinds, log, read, rotation, session},
};
use crate::{
    Session, Timestamp,
    session::EndReason,
    store::{EVENTS_KEPT, EventKind, Store},
};

/// An instant long ago by every clock: a store with one of its own has to agree.
const LONG_AGO: Timestamp = Timestamp::from_millis(1_000_000_000_000);
const RETENTION: Duration = Duration::from_hours(1);

/// A session that ended long ago, at that instant.
async fn of_old(store: &dyn Store, ends: Timestamp) -> Session {
    session(store, |session| {
        (session.created_at, session.rotated_at, session.last_seen_at) = (ends, ends, ends);
        session.idle_expires_at = ends;
        session.absolute_expires_at = ends;
    })
    .await
}

async fn is_gone(store: &dyn Store, id: crate::SessionId) -> bool {
    store.session(id).await.expect("answers").is_none()
}

/// Deletes sessions that are long over, with their events and without telling of it; one that lives, or ended not so
/// long ago, stays.
pub async fn sessions_that_are_long_over_are_pruned_and_no_others(Place { store, .. }: Place) {
    let lives = session(&*store, |_| ()).await;
    let expired = of_old(&*store, LONG_AGO).await;
    let just_over = of_old(&*store, LONG_AGO + Duration::from_millis(1)).await;
    let revoked = session(&*store, |_| ()).await;
    let ended = event(EventKind::SignedOut, LONG_AGO, 0);
    assert!(store.revoke(revoked.id, EndReason::SignedOut, &ended).await.expect("answers"));
    let told = log(&*store).await;
    let now = LONG_AGO + RETENTION + Duration::from_millis(1);
    while store.prune(now, RETENTION, 10).await.expect("answers") {}
    for gone in [expired.id, revoked.id] {
        assert!(is_gone(&*store, gone).await);
        assert_eq!(kinds(&*store, gone).await, []);
    }
    assert_eq!(read(&*store, lives.id).await, lives);
    assert_eq!(kinds(&*store, lives.id).await, [EventKind::SignedIn]);
    assert_eq!(read(&*store, just_over.id).await, just_over);
    assert_eq!(log(&*store).await, told, "no news");
}

/// Deletes few at a time, and says whether there are more.
pub async fn pruning_goes_in_batches(Place { store, .. }: Place) {
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(of_old(&*store, LONG_AGO).await.id);
    }
    let now = LONG_AGO + 2 * RETENTION;
    for (more, left) in [(true, 3), (true, 1), (false, 0)] {
        assert_eq!(store.prune(now, RETENTION, 2).await.expect("answers"), more);
        let mut found = 0;
        for id in &ids {
            found += usize::from(!is_gone(&*store, *id).await);
        }
        assert_eq!(found, left);
    }
}

/// Keeps the last events of a session, however often it was rotated; its generation says how often.
pub async fn the_last_events_of_a_living_session_are_kept(Place { store, .. }: Place) {
    let mut session = session(&*store, acknowledged).await;
    let kept = u64::from(EVENTS_KEPT);
    for generation in 1..=2 * kept {
        let offset = i64::try_from(generation).expect("small") * 1_000;
        let step = rotation(session.id, at(offset));
        let step =
            crate::store::Rotation { from: session.generation, spacing: Duration::ZERO, ..step };
        let rotated = event(EventKind::Rotated, at(offset), generation);
        session = store.rotate(&step, &rotated).await.expect("answers").expect("rotated");
        assert!(store.acknowledge(session.id, generation, at(offset)).await.expect("answers"));
    }
    assert_eq!(session.generation, 2 * kept);
    let events = store.events(session.id, u32::MAX).await.expect("answers");
    let generations: Vec<u64> = events.iter().map(|event| event.generation).collect();
    let newest: Vec<u64> = (1..=2 * kept).rev().take(generations.len()).collect();
    assert_eq!(generations, newest);
    assert!((kept..kept + 20).contains(&(events.len() as u64)), "{} events", events.len());
}
