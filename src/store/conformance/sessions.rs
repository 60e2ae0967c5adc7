//! Sessions: each field reads back, each step changes what it names, and revoked is for good.

use std::cmp::Reverse;

use super::{
    Place,
    concurrency::at_once,
    sample::{
        SPACING, START, TICK, at, authority, event, kinds, log, read, rotation, save, session,
        subject, unsaved,
    },
};
use crate::{
    Role, Session, SessionId, Subject,
    principal::{Authority, Means, OwnClaims},
    session::{Client, EndReason, Persistence, SessionNonce},
    store::{Event, EventKind, Trigger},
};

/// A nonce of which no two bytes are alike, so that none can be lost or moved unseen.
const NONCE: [u8; 32] = *b"\x00\xffABCDEFGHIJKLMNOPQRSTUVWXYZ\x80\n'\\";

/// Reads back a session of which no two fields are alike, so that none can stand in for another.
pub async fn a_session_reads_back_with_every_field(Place { store, .. }: Place) {
    let full = session(&*store, |session| {
        session.created_at = at(1);
        session.authenticated_at = at(2);
        session.subject = Subject::new("6c9f2b52-1f0e-4c3e-9a53-5a1b8f7f0c11").expect("a subject");
        session.authority = Authority {
            role: Role::new("editor of Überzüge").expect("a role"),
            claims: OwnClaims::new(&serde_json::json!({ "plan": "pro", "seats": 3 }))
                .expect("claims"),
            version: 10,
        };
        session.means = Means::new(["pwd", "otp"]).expect("means");
        session.nonce = SessionNonce::from_bytes(NONCE);
        session.pepper_kid = "k-1_".into();
        session.generation = u64::from(u32::MAX) + 3;
        session.rotated_at = at(4);
        session.acknowledged_at = Some(at(5));
        session.replays = 6;
        session.persistence = Persistence::Remembered;
        session.idle_expires_at = at(7);
        session.absolute_expires_at = at(8);
        session.client = Client {
            label: "Firefox on Linux".into(),
            user_agent_hash: "hash".into(),
            ip_prefix: "203.0.113.0/24".into(),
        };
        session.last_seen_at = at(9);
    })
    .await;
    assert_eq!(read(&*store, full.id).await, full);
    let plain = session(&*store, |_| ()).await;
    assert_eq!(read(&*store, plain.id).await, plain);
}

/// Asks for and changes sessions that were never added: nothing is found, nothing is changed, and that is no error.
pub async fn a_session_that_was_never_added_is_not_there(Place { store, .. }: Place) {
    let id = SessionId::random();
    assert_eq!(store.session(id).await.expect("answers"), None);
    assert_eq!(store.events(id, 10).await.expect("answers"), []);
    assert_eq!(store.sessions_of(&subject()).await.expect("answers"), []);
    assert_eq!(log(&*store).await, []);
    let rotated = event(EventKind::Rotated, START, 1);
    assert_eq!(store.rotate(&rotation(id, START), &rotated).await.expect("answers"), None);
    assert!(!store.acknowledge(id, 0, START).await.expect("answers"));
    assert!(!store.count_replay(id, 0, &rotated).await.expect("answers"));
    assert!(!store.revoke(id, EndReason::SignedOut, &rotated).await.expect("answers"));
    assert!(!store.renew_authority(id, &authority(1)).await.expect("answers"));
}

/// Counts the authority of a subject up, and tells each of its sessions, those that begin later too.
pub async fn a_changed_authority_is_newer_in_every_session_of_its_subject(
    Place { store, .. }: Place,
) {
    let owner = subject();
    let version = async |of: &Subject| store.authority_version(of).await.expect("answers");
    assert_eq!(version(&owner).await, 0);
    let (one, other) = (unsaved(&owner), unsaved(&subject()));
    save(&*store, &one).await;
    save(&*store, &other).await;
    let first = store.outdate(&owner, at(7)).await.expect("answers");
    assert!(first > 0);
    // Also if the clock went back.
    let second = store.outdate(&owner, START).await.expect("answers");
    assert!(second > first);
    let later = Session { newest_authority: 0, ..unsaved(&owner) };
    save(&*store, &later).await;
    for session in [&one, &later] {
        let read = read(&*store, session.id).await;
        assert_eq!(read, Session { newest_authority: second, ..session.clone() });
        assert!(read.is_outdated());
    }
    assert_eq!(read(&*store, other.id).await, other);
    assert_eq!((version(&owner).await, version(&other.subject).await), (second, 0));
}

/// Gives each of fifty callers a version of its own.
pub async fn of_fifty_changes_of_authority_at_once_none_is_lost(place: Place) {
    let owner = subject();
    let mut versions = at_once(&place, |_, store| {
        let owner = owner.clone();
        async move { store.outdate(&owner, START).await }
    })
    .await;
    versions.sort_unstable();
    versions.dedup();
    assert_eq!(versions.len(), 50);
    let newest = place.store.authority_version(&owner).await.expect("answers");
    assert_eq!(versions.last(), Some(&newest));
}

/// Acknowledges the current generation only, and once.
pub async fn a_generation_is_acknowledged_once_and_the_first_time_stays(
    Place { store, .. }: Place,
) {
    let session = session(&*store, |session| session.generation = 3).await;
    for generation in [0, 2, 4, u64::MAX] {
        assert!(!store.acknowledge(session.id, generation, at(1)).await.expect("answers"));
    }
    assert_eq!(read(&*store, session.id).await, session);
    assert!(store.acknowledge(session.id, 3, at(2)).await.expect("answers"));
    assert!(!store.acknowledge(session.id, 3, at(3)).await.expect("answers"));
    let acknowledged = Session { acknowledged_at: Some(at(2)), ..session };
    assert_eq!(read(&*store, acknowledged.id).await, acknowledged);
}

/// Counts replays of the current generation only, each time with its event.
pub async fn a_replay_is_counted_for_the_current_generation_only(Place { store, .. }: Place) {
    let session = session(&*store, |session| session.generation = 3).await;
    let replay = event(EventKind::ReplayedUndelivered, at(1), 3);
    for generation in [2, 4, u64::MAX] {
        assert!(!store.count_replay(session.id, generation, &replay).await.expect("answers"));
    }
    assert_eq!(kinds(&*store, session.id).await, [EventKind::SignedIn]);
    assert!(store.count_replay(session.id, 3, &replay).await.expect("answers"));
    assert!(store.count_replay(session.id, 3, &replay).await.expect("answers"));
    let counted = Session { replays: 2, last_seen_at: at(1), ..session };
    assert_eq!(read(&*store, counted.id).await, counted);
    let twice = Event { times: 2, ..replay };
    let events = store.events(counted.id, 2).await.expect("answers");
    assert_eq!(events[0], twice);
    assert_eq!(events[1].kind, EventKind::SignedIn);

    // Of another kind, client or generation it is another.
    let client = Client { ip_prefix: "203.0.113.0/24".into(), ..Client::default() };
    let concurrent = Event { times: 1, kind: EventKind::ReplayedConcurrent, ..twice.clone() };
    let elsewhere = Event { times: 1, client, ..twice.clone() };
    for other in [&concurrent, &elsewhere] {
        assert!(store.count_replay(counted.id, 3, other).await.expect("answers"));
    }
    let later = Event { times: 1, at: at(9), ..elsewhere.clone() };
    assert!(store.count_replay(counted.id, 3, &later).await.expect("answers"));
    let events = store.events(counted.id, 3).await.expect("answers");
    assert_eq!(
        events,
        [Event { times: 2, ..later }, concurrent.clone(), twice],
        "with its last time"
    );
    assert_eq!(read(&*store, counted.id).await.last_seen_at, at(9));
    // By a node whose clock is behind.
    assert!(store.count_replay(counted.id, 3, &concurrent).await.expect("answers"));
    assert_eq!(read(&*store, counted.id).await.last_seen_at, at(9), "it does not go back");
}

/// Keeps one row of an event, however often it happens again.
pub async fn an_event_that_happens_again_is_counted(Place { store, .. }: Place) {
    let session = session(&*store, |_| ()).await;
    for (number, generation) in [(1, 0), (2, 0), (3, 0), (4, 1)] {
        let ahead = event(EventKind::Ahead, at(number), generation);
        store.record(session.id, &ahead).await.expect("recorded");
    }
    let events = store.events(session.id, 10).await.expect("answers");
    let told: Vec<_> = events.iter().map(|event| (event.kind, event.times, event.at)).collect();
    let ahead = EventKind::Ahead;
    assert_eq!(told[..2], [(ahead, 1, at(4)), (ahead, 3, at(3))]);
    assert_eq!(told[2].0, EventKind::SignedIn);
}

/// Keeps the first reason, and changes nothing afterwards.
pub async fn revoked_is_absorbing(Place { store, .. }: Place) {
    let session = session(&*store, |session| session.acknowledged_at = Some(START)).await;
    let id = session.id;
    let signed_out = event(EventKind::SignedOut, at(1), 0);
    assert!(store.revoke(id, EndReason::SignedOut, &signed_out).await.expect("answers"));
    let revoked = read(&*store, id).await;
    let revocation = revoked.revoked.expect("revoked");
    assert_eq!((revocation.at, revocation.reason), (at(1), EndReason::SignedOut));
    assert_eq!(Session { revoked: None, ..revoked.clone() }, session);

    let reuse = event(EventKind::ReuseRecent, at(2), 0);
    assert!(!store.revoke(id, EndReason::Reuse, &reuse).await.expect("answers"));
    let later = START + SPACING + SPACING;
    let rotated = event(EventKind::Rotated, later, 1);
    assert_eq!(store.rotate(&rotation(id, later), &rotated).await.expect("answers"), None);
    let replay = event(EventKind::ReplayedConcurrent, at(2), 0);
    assert!(!store.count_replay(id, 0, &replay).await.expect("answers"));
    assert_eq!(read(&*store, id).await, revoked);
    assert_eq!(kinds(&*store, id).await, [EventKind::SignedOut, EventKind::SignedIn]);

    let unseen = self::session(&*store, |_| ()).await.id;
    assert!(store.revoke(unseen, EndReason::SignedOut, &signed_out).await.expect("answers"));
    assert!(!store.acknowledge(unseen, 0, at(2)).await.expect("answers"));
    assert_eq!(read(&*store, unseen).await.acknowledged_at, None);
}

/// Lists the sessions of that subject alone, with all their fields and the newest version of its authority; also those
/// past their lifetimes.
pub async fn a_subjects_sessions_come_newest_first_without_the_revoked(Place { store, .. }: Place) {
    let (ada, ben) = (subject(), subject());
    assert_eq!(store.sessions_of(&ada).await.expect("answers"), []);
    assert_eq!(store.sessions_of(&subject()).await.expect("answers"), []);

    // Not in the order of their ages, and three of one instant: they may come in any order, but always in the same.
    let mut own = Vec::new();
    for created in [0, 30, -10, 30, 30, 20] {
        let session = Session { created_at: at(created), ..unsaved(&ada) };
        save(&*store, &session).await;
        own.push(session);
    }
    let others = unsaved(&ben);
    save(&*store, &others).await;
    own.sort_by_key(|session| Reverse((session.created_at, session.id)));
    assert_eq!(store.sessions_of(&ada).await.expect("answers"), own);
    assert_eq!(store.sessions_of(&ben).await.expect("answers"), [others]);

    let revoked = own.remove(3);
    let signed_out = event(EventKind::SignedOut, at(40), 0);
    assert!(store.revoke(revoked.id, EndReason::SignedOut, &signed_out).await.expect("answers"));
    let later = START + SPACING;
    assert!(store.acknowledge(own[0].id, 0, START).await.expect("answers"));
    let rotated = event(EventKind::Rotated, later, 1);
    let rotated = store.rotate(&rotation(own[0].id, later), &rotated).await.expect("answers");
    own[0] = rotated.expect("rotated");
    let version = store.outdate(&ada, later).await.expect("answers");
    for session in &mut own {
        session.newest_authority = version;
    }
    assert_eq!(store.sessions_of(&ada).await.expect("answers"), own);
}

/// Returns events in the reverse order of their writing, also within one millisecond.
pub async fn events_come_newest_first_and_no_more_than_asked_for(Place { store, .. }: Place) {
    let session = session(&*store, |_| ()).await;
    let client = Client { ip_prefix: "2001:db8:1::/48".into(), ..Client::default() };
    let recorded: Vec<Event> = (1..=5)
        .map(|generation| Event {
            trigger: if generation % 2 == 0 { Trigger::Document } else { Trigger::Call },
            client: client.clone(),
            // All at one instant: their order is that of their writing, and no clock's.
            ..event(EventKind::Rotated, at(1), generation)
        })
        .collect();
    for event in &recorded {
        store.record(session.id, event).await.expect("recorded");
    }
    let newest: Vec<Event> = recorded.into_iter().rev().collect();
    assert_eq!(store.events(session.id, 0).await.expect("answers"), []);
    assert_eq!(store.events(session.id, 1).await.expect("answers"), newest[..1]);
    assert_eq!(store.events(session.id, 5).await.expect("answers"), newest);
    let all = store.events(session.id, u32::MAX).await.expect("answers");
    assert_eq!((all.len(), all[5].kind), (6, EventKind::SignedIn));
}

/// Changes one session, and leaves the other as it was.
pub async fn sessions_do_not_touch_each_other(Place { store, .. }: Place) {
    let acknowledged = |session: &mut Session| session.acknowledged_at = Some(START);
    let (one, two) = (session(&*store, acknowledged).await, session(&*store, acknowledged).await);
    let later = START + SPACING;
    let rotated = event(EventKind::Rotated, later, 1);
    assert!(store.rotate(&rotation(one.id, later), &rotated).await.expect("answers").is_some());
    store.acknowledge(one.id, 1, later + TICK).await.expect("answers");
    store.count_replay(one.id, 1, &rotated).await.expect("answers");
    store.revoke(one.id, EndReason::Reuse, &rotated).await.expect("answers");
    assert_eq!(read(&*store, two.id).await, two);
    assert_eq!(kinds(&*store, two.id).await, [EventKind::SignedIn]);
}

/// Pings the store.
pub async fn a_store_that_answers_says_so(Place { store, .. }: Place) {
    store.ping().await.expect("it answers");
}
