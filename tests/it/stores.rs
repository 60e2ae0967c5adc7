//! One conformance suite for every store: what the contract promises, at its edges.

mod concurrency;
mod files;
mod rotation;

use coatroom::{
    Role, Session, SessionId, Timestamp, User, UserId,
    password::PasswordHash,
    session::{Client, EndReason, Persistence, SessionNonce},
    store::{Change, Event, EventKind, Rotation, Store, StoreError, Trigger},
    user::Email,
};
use futures::StreamExt as _;

use crate::support::{D, DAY, HOUR, Place, START, TICK, on_every_store};

on_every_store! {
    what_was_never_added_is_not_there,
    an_account_reads_back_by_id_and_by_address,
    an_address_has_one_account_and_the_first_keeps_it,
    a_password_hash_is_replaced_and_nothing_else_is,
    a_session_reads_back_with_every_field,
    a_label_of_any_length_and_script_reads_back,
    a_session_has_the_role_that_its_account_has,
    a_generation_is_acknowledged_once_and_the_first_time_stays,
    a_replay_is_counted_for_the_current_generation_only,
    revoked_is_absorbing,
    changes_are_listed_from_the_very_instant_on,
    a_change_of_role_is_counted_and_seen_in_every_session_of_the_account,
    a_feed_tells_what_every_caller_changed,
    events_come_newest_first_and_no_more_than_asked_for,
    sessions_do_not_touch_each_other,
    a_store_that_answers_says_so,
}

/// A nonce of which no two bytes are alike, so that none can be lost or moved unseen.
const NONCE: [u8; 32] = *b"\x00\xffABCDEFGHIJKLMNOPQRSTUVWXYZ\x80\n'\\";

pub(crate) fn at(offset: i64) -> Timestamp {
    Timestamp::from_millis(START.millis() + offset)
}

pub(crate) fn event(kind: EventKind, at: Timestamp, generation: u64) -> Event {
    Event { at, kind, generation, trigger: Trigger::Call, client: Client::default() }
}

pub(crate) fn rotation(id: SessionId, now: Timestamp) -> Rotation {
    Rotation { id, from: 0, now, spacing: D, idle_ttl: HOUR }
}

fn hash(name: &str) -> PasswordHash {
    PasswordHash::from_phc(format!("$argon2id$v=19$m=8,t=1,p=1${name}"))
}

fn user(email: &str, role: Role) -> User {
    User::new(UserId::random(), Email::parse(email).expect("an address"), role, at(-5))
}

/// Adds an account with an address of its own.
async fn account(store: &dyn Store) -> User {
    let user = user(&format!("{}@example.com", UserId::random()), Role::User);
    store.add_user(&user, &hash("first")).await.expect("added");
    user
}

/// A session of generation 0 that began at [`START`], not acknowledged.
fn unsaved(user: &User) -> Session {
    Session {
        id: SessionId::random(),
        user_id: user.id,
        role: user.role,
        created_at: START,
        authenticated_at: START,
        nonce: SessionNonce::from_bytes([7; 32]),
        pepper_kid: "pepper".into(),
        generation: 0,
        rotated_at: START,
        acknowledged_at: None,
        replays: 0,
        persistence: Persistence::Browser,
        idle_expires_at: START + HOUR,
        absolute_expires_at: START + DAY,
        revoked: None,
        authz_version: 0,
        client: Client::default(),
        last_seen_at: START,
    }
}

pub(crate) async fn save(store: &dyn Store, session: &Session) {
    let began = event(EventKind::SignedIn, session.created_at, session.generation);
    store.add_session(session, &began).await.expect("added");
}

/// Adds a session, after `change`.
pub(crate) async fn session(store: &dyn Store, change: impl FnOnce(&mut Session)) -> Session {
    let mut session = unsaved(&account(store).await);
    change(&mut session);
    save(store, &session).await;
    session
}

pub(crate) async fn read(store: &dyn Store, id: SessionId) -> Session {
    store.session(id).await.expect("the store answers").expect("the session is there")
}

pub(crate) async fn kinds(store: &dyn Store, id: SessionId) -> Vec<EventKind> {
    let events = store.events(id, 100).await.expect("the store answers");
    events.iter().map(|event| event.kind).collect()
}

async fn what_was_never_added_is_not_there(Place { store, .. }: Place) {
    let (id, user_id) = (SessionId::random(), UserId::random());
    let email = Email::parse("nobody@example.com").expect("an address");
    assert_eq!(store.user(user_id).await.expect("answers"), None);
    assert_eq!(store.user_by_email(&email).await.expect("answers"), None);
    assert_eq!(store.session(id).await.expect("answers"), None);
    assert_eq!(store.events(id, 10).await.expect("answers"), []);
    assert_eq!(store.changes_since(START).await.expect("answers"), []);
    assert_eq!(store.set_role(user_id, Role::Admin, START).await.expect("answers"), None);
    let rotated = event(EventKind::Rotated, START, 1);
    assert_eq!(store.rotate(&rotation(id, START), &rotated).await.expect("answers"), None);
    assert!(!store.acknowledge(id, 0, START).await.expect("answers"));
    assert!(!store.count_replay(id, 0, &rotated).await.expect("answers"));
    assert!(!store.revoke(id, EndReason::SignedOut, &rotated).await.expect("answers"));
    store.set_password_hash(user_id, &hash("none")).await.expect("nothing to do");
}

async fn an_account_reads_back_by_id_and_by_address(Place { store, .. }: Place) {
    for (email, role) in [("ada@example.com", Role::User), ("grüße@example.com", Role::Admin)] {
        let user = user(email, role);
        store.add_user(&user, &hash("first")).await.expect("added");
        assert_eq!(store.user(user.id).await.expect("answers"), Some(user.clone()));
        let found = store.user_by_email(&user.email).await.expect("answers");
        assert_eq!(found, Some((user, hash("first"))));
    }
}

async fn an_address_has_one_account_and_the_first_keeps_it(Place { store, .. }: Place) {
    let first = user("ada@example.com", Role::Admin);
    store.add_user(&first, &hash("first")).await.expect("added");
    let second = user("ADA@Example.com", Role::User);
    let error = store.add_user(&second, &hash("second")).await.expect_err("taken");
    assert!(matches!(error, StoreError::EmailTaken), "{error:?}");
    let found = store.user_by_email(&second.email).await.expect("answers");
    assert_eq!(found, Some((first, hash("first"))));
    assert_eq!(store.user(second.id).await.expect("answers"), None);
}

async fn a_password_hash_is_replaced_and_nothing_else_is(Place { store, .. }: Place) {
    let (user, other) = (account(&*store).await, account(&*store).await);
    store.set_password_hash(user.id, &hash("second")).await.expect("replaced");
    let found = store.user_by_email(&user.email).await.expect("answers");
    assert_eq!(found, Some((user, hash("second"))));
    let found = store.user_by_email(&other.email).await.expect("answers");
    assert_eq!(found, Some((other, hash("first"))));
}

async fn a_session_reads_back_with_every_field(Place { store, .. }: Place) {
    let full = session(&*store, |session| {
        session.created_at = at(1);
        session.authenticated_at = at(2);
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

async fn a_label_of_any_length_and_script_reads_back(Place { store, .. }: Place) {
    let long = "é🧥".repeat(200_000);
    let labels = ["", "🧥 Überzug\u{202e} “عربى”", "a\u{0}b", "'; drop table session;--", &long];
    for label in labels {
        let client = Client { label: label.into(), ..Client::default() };
        let session = session(&*store, |session| session.client = client.clone()).await;
        assert_eq!(read(&*store, session.id).await.client, client);
        let ahead = Event { client: client.clone(), ..event(EventKind::Ahead, START, 0) };
        store.record(session.id, &ahead).await.expect("recorded");
        assert_eq!(store.events(session.id, 1).await.expect("answers"), [ahead]);
    }
}

async fn a_session_has_the_role_that_its_account_has(Place { store, .. }: Place) {
    let admin = user("admin@example.com", Role::Admin);
    store.add_user(&admin, &hash("first")).await.expect("added");
    let session = Session { role: Role::User, ..unsaved(&admin) };
    save(&*store, &session).await;
    assert_eq!(read(&*store, session.id).await.role, Role::Admin);
}

async fn a_generation_is_acknowledged_once_and_the_first_time_stays(Place { store, .. }: Place) {
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

async fn a_replay_is_counted_for_the_current_generation_only(Place { store, .. }: Place) {
    let session = session(&*store, |session| session.generation = 3).await;
    let replay = event(EventKind::ReplayedUndelivered, at(1), 3);
    for generation in [2, 4, u64::MAX] {
        assert!(!store.count_replay(session.id, generation, &replay).await.expect("answers"));
    }
    assert_eq!(kinds(&*store, session.id).await, [EventKind::SignedIn]);
    assert!(store.count_replay(session.id, 3, &replay).await.expect("answers"));
    assert!(store.count_replay(session.id, 3, &replay).await.expect("answers"));
    let counted = Session { replays: 2, ..session };
    assert_eq!(read(&*store, counted.id).await, counted);
    assert_eq!(store.events(counted.id, 2).await.expect("answers"), [replay.clone(), replay]);
}

async fn revoked_is_absorbing(Place { store, .. }: Place) {
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
    let later = START + D + D;
    let rotated = event(EventKind::Rotated, later, 1);
    assert_eq!(store.rotate(&rotation(id, later), &rotated).await.expect("answers"), None);
    let replay = event(EventKind::ReplayedConcurrent, at(2), 0);
    assert!(!store.count_replay(id, 0, &replay).await.expect("answers"));
    assert_eq!(read(&*store, id).await, revoked);
    assert_eq!(kinds(&*store, id).await, [EventKind::SignedOut, EventKind::SignedIn]);
}

async fn changes_are_listed_from_the_very_instant_on(Place { store, .. }: Place) {
    let mut changes = Vec::new();
    for offset in [10, 20, 30] {
        let session = session(&*store, |_| ()).await;
        let ended = event(EventKind::SignedOut, at(offset), 0);
        store.revoke(session.id, EndReason::SignedOut, &ended).await.expect("revoked");
        changes.push(Change::Revoked { id: session.id, at: at(offset) });
        let user = session.user_id;
        store.set_role(user, Role::Admin, at(offset + 1)).await.expect("changed");
        changes.push(Change::Authz { user, version: 1, at: at(offset + 1) });
    }
    session(&*store, |_| ()).await;
    for (since, expected) in [
        (0, &changes[..]),
        (10, &changes[..]),
        (11, &changes[1..]),
        (12, &changes[2..]),
        (30, &changes[4..]),
        (31, &changes[5..]),
        (32, &[]),
    ] {
        let mut found = store.changes_since(at(since)).await.expect("answers");
        found.sort_by_key(|change| match change {
            Change::Revoked { at, .. } | Change::Authz { at, .. } => *at,
            other => panic!("{other:?}"),
        });
        assert_eq!(found, expected, "since {since}");
    }
}

async fn a_change_of_role_is_counted_and_seen_in_every_session_of_the_account(
    Place { store, .. }: Place,
) {
    let other = session(&*store, |_| ()).await;
    let first = session(&*store, |_| ()).await;
    let change = async |role, offset| {
        let user = store.set_role(first.user_id, role, at(offset)).await.expect("answers");
        let user = user.expect("the account is there");
        let session = read(&*store, first.id).await;
        assert_eq!((session.role, session.authz_version), (user.role, user.authz_version));
        assert_eq!(store.user(first.user_id).await.expect("answers"), Some(user.clone()));
        (user.role, user.authz_version)
    };
    assert_eq!(change(Role::User, 1).await, (Role::User, 0), "it has that role already");
    assert_eq!(store.changes_since(at(0)).await.expect("answers"), []);
    assert_eq!(change(Role::Admin, 2).await, (Role::Admin, 1));
    assert_eq!(change(Role::Admin, 3).await, (Role::Admin, 1));
    assert_eq!(change(Role::User, 4).await, (Role::User, 2));
    let told = store.changes_since(at(0)).await.expect("answers");
    assert_eq!(told, [Change::Authz { user: first.user_id, version: 2, at: at(4) }]);
    assert_eq!(read(&*store, other.id).await, other);
}

async fn a_feed_tells_what_every_caller_changed(Place { store, .. }: Place) {
    let Some(mut feed) = store.feed().await.expect("answers") else { return };
    let session = session(&*store, |_| ()).await;
    let (id, user) = (session.id, session.user_id);
    let ended = event(EventKind::SignedOut, at(1), 0);
    store.revoke(id, EndReason::SignedOut, &ended).await.expect("revoked");
    assert!(!store.revoke(id, EndReason::Reuse, &ended).await.expect("answers"));
    store.set_role(user, Role::User, at(2)).await.expect("answers");
    store.set_role(user, Role::Admin, at(3)).await.expect("answers");
    for expected in
        [Change::Revoked { id, at: at(1) }, Change::Authz { user, version: 1, at: at(3) }]
    {
        let change = feed.next().await.expect("the feed goes on").expect("a change");
        assert_eq!(change, expected);
    }
}

async fn events_come_newest_first_and_no_more_than_asked_for(Place { store, .. }: Place) {
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

async fn sessions_do_not_touch_each_other(Place { store, .. }: Place) {
    let acknowledged = |session: &mut Session| session.acknowledged_at = Some(START);
    let (one, two) = (session(&*store, acknowledged).await, session(&*store, acknowledged).await);
    let later = START + D;
    let rotated = event(EventKind::Rotated, later, 1);
    assert!(store.rotate(&rotation(one.id, later), &rotated).await.expect("answers").is_some());
    store.acknowledge(one.id, 1, later + TICK).await.expect("answers");
    store.count_replay(one.id, 1, &rotated).await.expect("answers");
    store.revoke(one.id, EndReason::Reuse, &rotated).await.expect("answers");
    assert_eq!(read(&*store, two.id).await, two);
    assert_eq!(kinds(&*store, two.id).await, [EventKind::SignedIn]);
}

async fn a_store_that_answers_says_so(Place { store, .. }: Place) {
    store.ping().await.expect("it answers");
}
