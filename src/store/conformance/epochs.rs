//! Epochs: one row that ends every session of before, or those that were refreshed since.

use std::time::Duration;

use tokio::time::timeout;

use super::{
    Place,
    sample::{SPACING, START, TICK, acknowledged, at, event, kinds, read, rotation, session},
};
use crate::{
    Session, SessionId,
    session::{EndReason, Revocation},
    store::{Change, EventKind, Store},
};

const ENDED: EndReason = EndReason::Administrator;

/// Checks that no guard lets the session pass, and that every reader is told why.
async fn is_over(store: &dyn Store, session: &Session, since: crate::Timestamp) {
    let id = session.id;
    let revoked = Some(Revocation { at: since, reason: ENDED });
    assert_eq!(read(store, id).await, Session { revoked, ..session.clone() });
    let listed = store.sessions_of(&session.subject).await.expect("answers");
    assert!(listed.iter().all(|other| other.id != id), "a session that is over is not listed");
    let later = session.last_seen_at + SPACING + SPACING;
    let rotated = event(EventKind::Rotated, later, 1);
    assert_eq!(store.rotate(&rotation(id, later), &rotated).await.expect("answers"), None);
    assert!(!store.acknowledge(id, session.generation, later).await.expect("answers"));
    assert!(!store.count_replay(id, session.generation, &rotated).await.expect("answers"));
    assert!(!store.revoke(id, EndReason::SignedOut, &rotated).await.expect("answers"));
    assert_eq!(kinds(store, id).await, [EventKind::SignedIn]);
}

/// Ends every session of before, also if another process began the epoch.
pub async fn an_epoch_ends_every_session_of_before_and_none_of_after(place: Place) {
    let store = &*place.store;
    let other = place.second.as_deref().unwrap_or(store);
    let (one, two) = (session(store, acknowledged).await, session(store, |_| ()).await);
    let number = other.add_epoch(None, at(1)).await.expect("answers");
    assert!(number > 0);
    for session in [&one, &two] {
        is_over(store, session, at(1)).await;
    }
    let after = session(store, acknowledged).await;
    let later = START + SPACING;
    let rotated = event(EventKind::Rotated, later, 1);
    let after = store.rotate(&rotation(after.id, later), &rotated).await.expect("answers");
    let after = after.expect("it lives on");
    assert_eq!((after.epoch, after.revoked), (number, None));
    assert_eq!(store.sessions_of(&after.subject).await.expect("answers"), [after]);
}

/// Ends the sessions that were refreshed since; one that was not lives on and, once refreshed, is of the new epoch.
pub async fn an_epoch_since_an_instant_ends_what_was_refreshed_since(Place { store, .. }: Place) {
    let seen = |offset| {
        move |session: &mut Session| {
            acknowledged(session);
            session.last_seen_at = at(offset);
        }
    };
    let before = session(&*store, seen(9)).await;
    let (at_it, later) = (session(&*store, seen(10)).await, session(&*store, seen(11)).await);
    let number = store.add_epoch(Some(at(10)), at(20)).await.expect("answers");
    for session in [&at_it, &later] {
        is_over(&*store, session, at(20)).await;
    }
    assert_eq!(read(&*store, before.id).await, before);
    let now = START + SPACING;
    let rotated = event(EventKind::Rotated, now, 1);
    let rotated = store.rotate(&rotation(before.id, now), &rotated).await.expect("answers");
    let rotated = rotated.expect("it lives on");
    assert_eq!((rotated.epoch, rotated.revoked), (number, None));
    assert_eq!(read(&*store, before.id).await, rotated, "seen since, and of that epoch");
}

/// Counts epochs up, and dates the end of a session to the earliest instant of an epoch that ended it.
pub async fn epochs_count_up_and_the_first_one_counts(Place { store, .. }: Place) {
    let over = session(&*store, |_| ()).await;
    let first = store.add_epoch(None, at(1)).await.expect("answers");
    // Also if the clock went back.
    let second = store.add_epoch(None, START).await.expect("answers");
    assert!(second > first);
    let ended = read(&*store, over.id).await.revoked;
    assert_eq!(ended.map(|revocation| revocation.at), Some(START), "the earliest instant");
    assert_eq!(store.changes(None, 9).await.expect("answers").epoch, second);
}

/// Keeps the reason of a session that was revoked before.
pub async fn an_epoch_changes_nothing_about_what_was_over(Place { store, .. }: Place) {
    let session = session(&*store, |_| ()).await;
    let ended = event(EventKind::SignedOut, at(1), 0);
    assert!(store.revoke(session.id, EndReason::SignedOut, &ended).await.expect("answers"));
    let before = read(&*store, session.id).await;
    store.add_epoch(None, at(2)).await.expect("answers");
    assert_eq!(read(&*store, session.id).await, before);
    assert_eq!(store.session(SessionId::random()).await.expect("answers"), None);
}

/// Gives each epoch a number of its own, also at the same instant; a feed tells of each.
pub async fn epochs_at_once_have_numbers_of_their_own_and_are_told(place: Place) {
    let feed = place.store.feed().await.expect("answers");
    let answers = super::concurrency::at_once(&place, |number, store| async move {
        if number < 4 { store.add_epoch(None, START + TICK).await.map(Some) } else { Ok(None) }
    })
    .await;
    let mut numbers: Vec<_> = answers.into_iter().flatten().collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 4);
    let Some(mut feed) = feed else { return };
    let mut told = Vec::new();
    for _ in 0..4 {
        let next = timeout(Duration::from_mins(1), feed.next()).await;
        told.push(next.expect("news within a minute").expect("the feed goes on"));
    }
    told.sort_by_key(|change| match change {
        Change::Epoch { number } => *number,
        other => panic!("{other:?}"),
    });
    assert_eq!(
        told,
        *numbers.iter().map(|number| Change::Epoch { number: *number }).collect::<Vec<_>>()
    );
}
