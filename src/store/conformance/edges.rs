//! Values at the ends of what their types may hold.

use std::time::Duration;

use super::{
    Place,
    rotation::rotate,
    sample::{ABSOLUTE, IDLE, START, event, log, read, rotation, session},
};
use crate::{
    Session, Timestamp,
    session::{Client, EndReason},
    store::{Change, Event, EventKind, Rotation},
};

const FIRST: Timestamp = Timestamp::from_millis(i64::MIN);
const LAST: Timestamp = Timestamp::from_millis(i64::MAX);

/// Reads back a megabyte, quotes, and letters that run the other way. Leaves out U+0000, which `PostgreSQL` cannot
/// hold.
pub async fn a_label_of_any_length_and_script_reads_back(Place { store, .. }: Place) {
    let long = "é🧥".repeat(200_000);
    let labels = [
        "",
        "🧥 Überzug\u{202e} “عربى”",
        "a\u{1}\r\n\tb\u{7f}",
        "'; drop table coatroom_session;--",
        "\\x00$1%s",
        &long,
    ];
    for label in labels {
        let client = Client { label: label.into(), ..Client::default() };
        let session = session(&*store, |session| session.client = client.clone()).await;
        assert_eq!(read(&*store, session.id).await.client, client);
        let ahead = Event { client: client.clone(), ..event(EventKind::Ahead, START, 0) };
        store.record(session.id, &ahead).await.expect("recorded");
        assert_eq!(store.events(session.id, 1).await.expect("answers"), [ahead]);
    }
}

/// Reads back every instant: also those before the epoch, and the first and the last of all.
pub async fn every_instant_reads_back(Place { store, .. }: Place) {
    for at in [FIRST, Timestamp::from_millis(-1), Timestamp::from_millis(0), LAST] {
        let session = session(&*store, |session| {
            session.created_at = at;
            session.authenticated_at = at;
            session.rotated_at = at;
            session.idle_expires_at = at;
            session.absolute_expires_at = at;
            session.last_seen_at = at;
        })
        .await;
        assert_eq!(read(&*store, session.id).await, session);
        assert!(store.acknowledge(session.id, 0, at).await.expect("answers"));
        assert_eq!(read(&*store, session.id).await.acknowledged_at, Some(at));
        let ahead = event(EventKind::Ahead, at, 0);
        store.record(session.id, &ahead).await.expect("recorded");
        assert_eq!(store.events(session.id, 1).await.expect("answers"), [ahead]);
    }
}

/// Sums of an instant and a duration stop at the last instant, as [`Timestamp`]'s do, and overflow in no store.
pub async fn a_rotation_at_the_ends_of_time_adds_up_as_the_rule_does(Place { store, .. }: Place) {
    let millis = Timestamp::from_millis;
    let minute = Duration::from_mins(1);
    let cases = [
        // At the last instant everything has expired; before it, a sum that does not fit is not yet reached.
        (millis(i64::MAX - 1), LAST, minute, false),
        (millis(i64::MAX - 60_001), millis(i64::MAX - 1), minute, true),
        (millis(i64::MAX - 60_000), millis(i64::MAX - 1), minute, false),
        (millis(i64::MAX - 1), millis(i64::MAX - 1), minute, false),
        (millis(i64::MAX - 1), millis(i64::MAX - 1), Duration::ZERO, true),
        // The first ones: nothing lies a minute before them.
        (FIRST, FIRST, minute, false),
        (FIRST, millis(i64::MIN + 59_999), minute, false),
        (FIRST, millis(i64::MIN + 60_000), minute, true),
        (FIRST, FIRST, Duration::ZERO, true),
        (FIRST, START, Duration::MAX, false),
    ];
    for (acknowledged_at, now, spacing, expected) in cases {
        let before = session(&*store, |session| {
            session.acknowledged_at = Some(acknowledged_at);
            session.idle_expires_at = LAST;
            session.absolute_expires_at = LAST;
        })
        .await;
        let step = Rotation { spacing, idle_ttl: Duration::MAX, ..rotation(before.id, now) };
        let after = rotate(&*store, &step).await;
        let case = format!("{acknowledged_at:?}, {now:?}, {spacing:?}");
        assert_eq!(after.is_some(), expected, "{case}");
        assert_eq!(
            after.map(|after| after.idle_expires_at),
            expected.then_some(now + Duration::MAX),
            "{case}"
        );
    }
    for idle_ttl in [IDLE, Duration::MAX] {
        let before = session(&*store, |session| session.acknowledged_at = Some(FIRST)).await;
        let step = Rotation { idle_ttl, ..rotation(before.id, START) };
        let after = rotate(&*store, &step).await.expect("rotated");
        let expected = (START + idle_ttl).min(START + ABSOLUTE);
        assert_eq!(after, Session { idle_expires_at: expected, ..after.clone() });
    }
}

/// Logs changes with the instant that they are stamped with, or with the latest one that the session's tokens may be
/// dated by, if that is later.
pub async fn changes_at_the_ends_of_time_are_logged(Place { store, .. }: Place) {
    let mut expected = Vec::new();
    for at in [FIRST, LAST] {
        let session = session(&*store, |_| ()).await;
        let ended = event(EventKind::SignedOut, at, 0);
        assert!(store.revoke(session.id, EndReason::SignedOut, &ended).await.expect("answers"));
        let subject = session.subject;
        let version = store.outdate(&subject, at).await.expect("answers");
        expected.push(Change::Revoked { id: session.id, at: at.max(START) });
        // Not before the subject's tokens may be dated.
        expected.push(Change::Authority { subject, version, at: at.max(START) });
    }
    assert_eq!(log(&*store).await, expected);
}
