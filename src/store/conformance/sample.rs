//! Rows that the cases put into a store, and ways to look at it. They are of use to a store's own tests as well.
//!
//! Everything is as plain as can be, at one fixed time; a case changes what it is about.

use std::time::Duration;

use crate::{
    Role, Session, SessionId, Subject, Timestamp, User, UserId,
    password::PasswordHash,
    principal::{Authority, Means, OwnClaims},
    session::{Client, Persistence, SessionNonce},
    store::{AccountStore, Change, Event, EventKind, Rotation, Store, Trigger},
    user::Email,
};

/// The instant at which everything begins: a whole second, so that no lifetime is rounded.
pub const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);
/// D of the rule.
pub const SPACING: Duration = Duration::from_mins(1);
/// The idle lifetime of a session.
pub const IDLE: Duration = Duration::from_hours(1);
/// The absolute lifetime of a session.
pub const ABSOLUTE: Duration = Duration::from_hours(24);
/// The clock's finest step.
pub const TICK: Duration = Duration::from_millis(1);

/// The instant `offset` milliseconds after [`START`].
pub const fn at(offset: i64) -> Timestamp {
    Timestamp::from_millis(START.millis() + offset)
}

/// An event of an unknown client.
pub fn event(kind: EventKind, at: Timestamp, generation: u64) -> Event {
    Event { at, kind, generation, trigger: Trigger::Call, client: Client::default(), times: 1 }
}

/// The step from generation 0 to the next.
pub fn rotation(id: SessionId, now: Timestamp) -> Rotation {
    Rotation { id, from: 0, now, spacing: SPACING, idle_ttl: IDLE, authority: authority(0) }
}

/// A subject like no other.
pub fn subject() -> Subject {
    UserId::random().into()
}

/// The authority of a user, of that version.
pub fn authority(version: u64) -> Authority {
    Authority { role: Role::USER, claims: OwnClaims::default(), version }
}

/// Something that looks like a password hash.
pub fn hash(name: &str) -> PasswordHash {
    PasswordHash::from_phc(format!("$argon2id$v=19$m=8,t=1,p=1${name}"))
}

/// An account that was not added yet.
///
/// # Panics
/// If `email` is no address.
pub fn user(email: &str, role: Role) -> User {
    User::new(UserId::random(), Email::parse(email).expect("an address"), role, at(-5))
}

/// Adds an account with an address of its own.
pub async fn account(store: &dyn AccountStore) -> User {
    let user = user(&format!("{}@example.com", UserId::random()), Role::USER);
    store.add_user(&user, &hash("first")).await.expect("added");
    user
}

/// A session of generation 0 that began at [`START`], not acknowledged and not added yet.
pub fn unsaved(subject: &Subject) -> Session {
    Session {
        id: SessionId::random(),
        subject: subject.clone(),
        authority: authority(0),
        newest_authority: 0,
        created_at: START,
        authenticated_at: START,
        means: Means::PASSWORD,
        nonce: SessionNonce::from_bytes([7; 32]),
        pepper_kid: "pepper".into(),
        generation: 0,
        rotated_at: START,
        acknowledged_at: None,
        replays: 0,
        persistence: Persistence::Browser,
        idle_expires_at: START + IDLE,
        absolute_expires_at: START + ABSOLUTE,
        revoked: None,
        client: Client::default(),
        last_seen_at: START,
        epoch: 0,
    }
}

/// Says that generation 0 was seen in the browser at [`START`].
pub const fn acknowledged(session: &mut Session) {
    session.acknowledged_at = Some(START);
}

/// Adds a session, with the event that began it.
pub async fn save(store: &dyn Store, session: &Session) {
    let began = event(EventKind::SignedIn, session.created_at, session.generation);
    store.add_session(session, &began).await.expect("added");
}

/// Adds a session of a subject of its own, after `change`.
pub async fn session(store: &dyn Store, change: impl FnOnce(&mut Session)) -> Session {
    let mut session = unsaved(&subject());
    change(&mut session);
    save(store, &session).await;
    session
}

/// The session as the store has it.
pub async fn read(store: &dyn Store, id: SessionId) -> Session {
    store.session(id).await.expect("the store answers").expect("the session is there")
}

/// The kinds of events of a session, newest first.
pub async fn kinds(store: &dyn Store, id: SessionId) -> Vec<EventKind> {
    let events = store.events(id, 100).await.expect("the store answers");
    events.iter().map(|event| event.kind).collect()
}

/// All that the log of changes tells, in pages of three.
pub async fn log(store: &dyn Store) -> Vec<Change> {
    let (mut told, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.changes(cursor.as_ref(), 3).await.expect("the store answers");
        told.extend(page.changes.into_iter().map(|logged| logged.change));
        cursor = Some(page.next);
        if !page.more {
            return told;
        }
    }
}
