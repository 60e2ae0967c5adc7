//! The one guarded step from a generation to the next, at each edge of its guard.

use std::time::Duration;

use super::{
    Place,
    sample::{
        ABSOLUTE, IDLE, SPACING, START, TICK, acknowledged, at, event, kinds, read, rotation,
        session,
    },
};
use crate::{
    Session,
    session::EndReason,
    store::{EventKind, Rotation, Store},
};

/// Rotates, and checks that what it returns is what is kept.
pub(super) async fn rotate(store: &dyn Store, rotation: &Rotation) -> Option<Session> {
    let before = read(store, rotation.id).await;
    let events = kinds(store, rotation.id).await.len();
    let rotated = event(EventKind::Rotated, rotation.now, rotation.from + 1);
    let answer = store.rotate(rotation, &rotated).await.expect("the store answers");
    let after = read(store, rotation.id).await;
    if let Some(session) = &answer {
        assert_eq!(*session, after);
        assert_eq!(store.events(rotation.id, 1).await.expect("answers"), [rotated]);
    } else {
        assert_eq!(after, before, "a refused rotation changes nothing");
    }
    let more = usize::from(answer.is_some());
    assert_eq!(kinds(store, rotation.id).await.len(), events + more);
    answer
}

/// Writes exactly what the rule says, and nothing else.
pub async fn a_rotation_writes_exactly_what_the_rule_says(Place { store, .. }: Place) {
    let before = session(&*store, |session| {
        session.generation = 41;
        session.acknowledged_at = Some(START);
        session.replays = 7;
    })
    .await;
    let now = START + SPACING + SPACING;
    let step = Rotation { from: 41, ..rotation(before.id, now) };
    let after = rotate(&*store, &step).await.expect("rotated");
    let expected = Session {
        generation: 42,
        rotated_at: now,
        acknowledged_at: None,
        replays: 0,
        idle_expires_at: now + IDLE,
        last_seen_at: now,
        ..before
    };
    assert_eq!(after, expected);
}

/// Keeps a later `last_seen_at`: a node whose clock is ahead may have seen the session, and dated tokens by that.
pub async fn a_rotation_takes_no_later_sight_back(Place { store, .. }: Place) {
    let now = START + SPACING;
    let before = session(&*store, |session| {
        acknowledged(session);
        session.last_seen_at = now + SPACING;
    })
    .await;
    let after = rotate(&*store, &rotation(before.id, now)).await.expect("rotated");
    assert_eq!((after.rotated_at, after.last_seen_at), (now, now + SPACING));
}

/// Rotates from the generation that the caller names, and once.
pub async fn a_rotation_keeps_to_the_generation_it_names(Place { store, .. }: Place) {
    let session = session(&*store, |session| {
        session.generation = 2;
        acknowledged(session);
    })
    .await;
    for from in [0, 1, 3, u64::MAX - 1] {
        let step = Rotation { from, ..rotation(session.id, START + SPACING) };
        assert_eq!(rotate(&*store, &step).await, None, "from {from}");
    }
    let step = Rotation { from: 2, ..rotation(session.id, START + SPACING) };
    assert!(rotate(&*store, &step).await.is_some());
    assert_eq!(rotate(&*store, &step).await, None, "once");
}

/// Refuses a rotation without a proof of delivery, however late the rotation comes.
pub async fn a_rotation_waits_for_the_proof_of_delivery(Place { store, .. }: Place) {
    let session = session(&*store, |_| ()).await;
    let step = rotation(session.id, START + IDLE / 2);
    assert_eq!(rotate(&*store, &step).await, None);
    let strict = Rotation { spacing: Duration::ZERO, ..step };
    assert_eq!(rotate(&*store, &strict).await, None, "not even without a spacing");
}

/// Refuses a rotation before the end of the spacing, counted from the proof.
pub async fn a_rotation_waits_for_the_spacing_to_the_millisecond(Place { store, .. }: Place) {
    let session = session(&*store, acknowledged).await;
    for early in [START, at(i64::try_from(SPACING.as_millis()).expect("small") - 1)] {
        assert_eq!(rotate(&*store, &rotation(session.id, early)).await, None, "{early:?}");
    }
    assert!(rotate(&*store, &rotation(session.id, START + SPACING)).await.is_some());
}

/// Refuses a rotation at the instant of either expiry, and not one millisecond before.
pub async fn a_rotation_comes_too_late_at_the_instant_of_either_expiry(Place { store, .. }: Place) {
    let idle = session(&*store, acknowledged).await;
    let absolute = session(&*store, |session| {
        session.absolute_expires_at = START + IDLE;
        session.idle_expires_at = START + ABSOLUTE;
        acknowledged(session);
    })
    .await;
    for session in [idle, absolute] {
        let at_the_end = rotation(session.id, START + IDLE);
        assert_eq!(rotate(&*store, &at_the_end).await, None);
        let after = rotation(session.id, START + IDLE + TICK);
        assert_eq!(rotate(&*store, &after).await, None);
        let just_before = rotation(session.id, START + IDLE - TICK);
        assert!(rotate(&*store, &just_before).await.is_some());
    }
}

/// Caps the idle deadline by the absolute one, to the millisecond.
pub async fn the_idle_deadline_is_capped_by_the_absolute_one(Place { store, .. }: Place) {
    let just_under = (SPACING + IDLE).saturating_sub(TICK);
    for (absolute, expected) in [
        (just_under, just_under),
        (SPACING + IDLE, SPACING + IDLE),
        (SPACING + IDLE + TICK, SPACING + IDLE),
        (SPACING + TICK, SPACING + TICK),
    ] {
        let session = session(&*store, |session| {
            session.absolute_expires_at = START + absolute;
            acknowledged(session);
        })
        .await;
        let rotated =
            rotate(&*store, &rotation(session.id, START + SPACING)).await.expect("rotated");
        assert_eq!(rotated.idle_expires_at, START + expected);
        assert_eq!(rotated.absolute_expires_at, START + absolute);
    }
}

/// Refuses a rotation after a revocation: one order of the two.
pub async fn a_revocation_before_a_rotation_stops_it(Place { store, .. }: Place) {
    let session = session(&*store, acknowledged).await;
    let signed_out = event(EventKind::SignedOut, START + SPACING, 0);
    assert!(store.revoke(session.id, EndReason::SignedOut, &signed_out).await.expect("answers"));
    assert_eq!(rotate(&*store, &rotation(session.id, START + SPACING)).await, None);
}

/// Revokes a session that was rotated just before: the other order.
pub async fn a_rotation_before_a_revocation_is_revoked_with_its_session(
    Place { store, .. }: Place,
) {
    let session = session(&*store, acknowledged).await;
    assert!(rotate(&*store, &rotation(session.id, START + SPACING)).await.is_some());
    let signed_out = event(EventKind::SignedOut, START + SPACING, 1);
    assert!(store.revoke(session.id, EndReason::SignedOut, &signed_out).await.expect("answers"));
    let after = read(&*store, session.id).await;
    assert_eq!(
        (after.generation, after.end_reason(START + SPACING)),
        (1, Some(EndReason::SignedOut))
    );
    store.acknowledge(session.id, 1, START + SPACING).await.expect("answers");
    let step = Rotation { from: 1, ..rotation(session.id, START + SPACING + SPACING) };
    assert_eq!(rotate(&*store, &step).await, None);
}
