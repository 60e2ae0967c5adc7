//! Where accounts, sessions and signing keys are kept: the contract that every store keeps.
//!
//! A store knows rows, not rules: each method is one atomic step, and what it means is decided elsewhere.
//!
//! # What every store promises
//! - Each method happens whole or not at all, also where its caller goes away or the process dies. What a call was to
//!   write and the event that it was given are one: where either cannot be written, neither is.
//! - What was answered stays: a commit that is lost afterwards leaves a browser ahead of the store, and that session
//!   is over.
//! - [`rotate`](Store::rotate), [`acknowledge`](Store::acknowledge) and [`revoke`](Store::revoke) test and set in one
//!   step: of any number of callers with the same generation exactly one succeeds. A caller who comes too late is told
//!   so (`None`, `false`), and that is no error. [`replace_keys`](Store::replace_keys) and
//!   [`set_password_hash`](Store::set_password_hash) compare and swap alike.
//! - A revoked session stays revoked, and is never rotated again.
//! - Who reads after a call was answered sees what it did, whichever process made it.
//! - [`changes`](Store::changes), asked again and again for what comes [next](Page::next) until there is no
//!   [more](Page::more), tells everything that was committed before the first of these questions, whoever wrote it and
//!   whatever instants it is stamped with. A change may be told twice.
//! - A log is kept for a [day](CHANGES_KEPT) at least. A reader whose place in it is lost, because it was away for longer
//!   or the database was restored from a copy, is told everything from the beginning.
//! - A session is over, with [`EndReason::Administrator`], where an [epoch](Store::add_epoch) began after it did and
//!   after its last rotation: for everything that reads it, and for every guard.
//! - A store that cannot answer says [`StoreError::Unavailable`] within some seconds, and never that something does
//!   not exist. Whether the call happened is not known then.
//! - A row that cannot be is [`StoreError::Corrupt`], and not a missing one. A name that a newer version wrote is none
//!   of those: an unknown kind of event is [`EventKind::Unknown`], an unknown end of a session
//!   [`EndReason::Unknown`], an unknown role the least, an unknown persistence the shorter; unknown changes, and keys of
//!   an unknown algorithm, are left out, and left where they are.
//! - What is over may be forgotten by [`prune`](Store::prune), and by nothing else: rows that no valid token can name any
//!   more. Of a session that lives, the last [50 events](EVENTS_KEPT) are kept at least; how often it was rotated, its
//!   generation says.
//!
//! # What a store may expect
//! - Ids are new and random: it need not expect one twice, nor a session of an account that it does not have, nor an
//!   event of a session that it does not have.
//! - Sessions are added with generations below 2⁶³, and not revoked; their `role` and `authz_version` are those of the
//!   account, and kept there; their `epoch` is the newest that the store has, whatever they say.
//! - Text is any text of some megabytes without U+0000, which `PostgreSQL` cannot hold. The store keeps its case and
//!   its form. Addresses are compared byte by byte: [`Email::parse`] brings what is typed to one
//!   spelling; rows of former releases may have another, and are read as they are.
//! - Instants are any that a [`Timestamp`] may hold. Sums stop at the ends, as a [`Timestamp`]'s do: take them from
//!   [`Rotation::proven_by`] and [`Rotation::idle_expires_at`], and databases need not add.
//!
//! # Writing one
//! Implement [`Store`]; `store/memory.rs` is the shortest example and the one to be held against. Then let the
//! `conformance` suite (feature `test-util`) run on it: every promise that can be broken from outside is a case there.

mod account_event;
mod change;
#[cfg(feature = "test-util")]
pub mod conformance;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod failure;
pub mod memory;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod respell;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod rows;
mod schema;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
#[cfg(feature = "sqlite")]
pub mod sqlite;

use std::{fmt, time::Duration};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use self::account_event::{AccountEvent, AccountEventKind, MOST_OF_AN_ACCOUNT};
pub use self::change::{Change, Cursor, Feed, Logged, Page};
pub use self::schema::{Migrate, SchemaError};
use crate::{
    clock::Timestamp,
    keyring::{KeyRecord, Schedule},
    password::PasswordHash,
    session::{Client, EndReason, Session, SessionId, named},
    user::{Email, Role, User, UserId},
};

/// A place that keeps accounts, sessions, what happened to them, and signing keys. The [module](self) says what it promises.
#[async_trait]
pub trait Store: Send + Sync + fmt::Debug {
    /// Adds an account.
    ///
    /// # Errors
    /// [`StoreError::EmailTaken`] where its address has one already.
    async fn add_user(&self, user: &User, password: &PasswordHash) -> Result<(), StoreError>;

    /// The account of that address, with its password hash. For an address that a person typed, ask [`account_at`].
    async fn user_by_email(
        &self,
        email: &Email,
    ) -> Result<Option<(User, PasswordHash)>, StoreError>;

    /// The account of that id.
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError>;

    /// The password hash of the account whose id is `point`, or else comes next after it by its bytes, and round at the
    /// end; `None` where there is no account at all.
    async fn password_hash_near(&self, point: UserId) -> Result<Option<PasswordHash>, StoreError>;

    /// Replaces a password hash by another one of the same password, if it is still `old`. Returns whether it was: of
    /// any number of callers that saw the same exactly one succeeds.
    async fn set_password_hash(
        &self,
        id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<bool, StoreError>;

    /// Counts what happened to accounts: each is added to the row of its account, kind, network and
    /// [period](AccountEvent::period), or makes that row. Of an account the newest [`MOST_OF_AN_ACCOUNT`] of
    /// each kind stay. What happened to an account that is not there is left out. All at once, or some and an error.
    async fn count_account_events(&self, events: &[AccountEvent]) -> Result<(), StoreError>;

    /// The newest of what happened to an account, by when it happened last, newest first.
    async fn account_events(
        &self,
        user: UserId,
        limit: u32,
    ) -> Result<Vec<AccountEvent>, StoreError>;

    /// Gives an account another role, counts its `authz_version` up by one, and returns the account as it is then;
    /// `None` where there is none. An account that has the role already is left as it is.
    async fn set_role(
        &self,
        id: UserId,
        role: Role,
        now: Timestamp,
    ) -> Result<Option<User>, StoreError>;

    /// Adds a session, with the event that began it.
    async fn add_session(&self, session: &Session, event: &Event) -> Result<(), StoreError>;

    /// The session of that id, with the role and the `authz_version` that its account has now.
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError>;

    /// The sessions of an account that are not revoked, newest first and always in the same order. Some may be past
    /// their lifetimes: a store has no clock.
    async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>, StoreError>;

    /// Moves a session to its next generation if it is still at `rotation.from`, was acknowledged at least the
    /// spacing ago, and lives; records `event`; returns the session as it is then. Its `last_seen_at` never goes back.
    /// `None` where it does not apply.
    async fn rotate(
        &self,
        rotation: &Rotation,
        event: &Event,
    ) -> Result<Option<Session>, StoreError>;

    /// Notes the first proof that `generation` reached the browser, if it is current, was not proven before, and the
    /// session is not revoked. Returns whether it did.
    async fn acknowledge(
        &self,
        id: SessionId,
        generation: u64,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Counts one replay of the session's current generation, if that is `generation` and the session is not
    /// revoked, and counts `event`. Its `last_seen_at` is the event's instant, unless it is later already: the answer's
    /// token is dated by it. Returns whether it did.
    async fn count_replay(
        &self,
        id: SessionId,
        generation: u64,
        event: &Event,
    ) -> Result<bool, StoreError>;

    /// Revokes a session, unless it is revoked already, and records `event`. Returns whether this call did it.
    async fn revoke(
        &self,
        id: SessionId,
        reason: EndReason,
        event: &Event,
    ) -> Result<bool, StoreError>;

    /// Records an event of a session; counts it where the same happened before, of one kind, generation and client.
    async fn record(&self, id: SessionId, event: &Event) -> Result<(), StoreError>;

    /// The newest events of a session, newest first.
    async fn events(&self, id: SessionId, limit: u32) -> Result<Vec<Event>, StoreError>;

    /// All signing keys of a known algorithm, in any order.
    async fn keys(&self) -> Result<Vec<KeyRecord>, StoreError>;

    /// Replaces all signing keys of a known algorithm by `keys`, which are not none, if they are still `seen`, in whatever order. Returns
    /// whether it did: of any number of callers that saw the same exactly one succeeds.
    async fn replace_keys(
        &self,
        seen: &[KeyRecord],
        keys: &[KeyRecord],
    ) -> Result<bool, StoreError>;

    /// Times that a change of keys has to wait for: the greatest figures that a server was started with
    /// ([`raise_schedule`](Self::raise_schedule)). `None` where none was, or where the store is one process's own.
    async fn schedule(&self) -> Result<Option<Schedule>, StoreError> {
        Ok(None)
    }

    /// Notes that a server runs with these figures, beside the keys. Each only grows.
    async fn raise_schedule(&self, _at_least: Schedule) -> Result<(), StoreError> {
        Ok(())
    }

    /// Begins an epoch, which ends every session of an earlier one, or, with `since`, those of them that were begun or
    /// rotated at that instant or later. Returns its number: greater than every earlier one, also than those that a
    /// database lost which was restored from a copy.
    async fn add_epoch(&self, since: Option<Timestamp>, now: Timestamp) -> Result<u64, StoreError>;

    /// Some of the log of changes, at most `limit` of them: those after a cursor, or from the beginning.
    async fn changes(&self, after: Option<&Cursor>, limit: u32) -> Result<Page, StoreError>;

    /// A feed of changes as they happen, by whichever node; `None` where a store can only be asked
    /// ([`changes`](Self::changes)), which is what it does unless it can do better.
    async fn feed(&self) -> Result<Option<Feed>, StoreError> {
        Ok(None)
    }

    /// Deletes some of what no client can ask for any more, at most `limit` rows of each kind: sessions that were revoked, or
    /// reached their absolute lifetime, longer than `retention` ago, with their events; and changes that were written
    /// longer than [`CHANGES_KEPT`] ago. Returns whether there may be more.
    ///
    /// Ages are counted by the earlier of `now` and the store's own clock.
    async fn prune(
        &self,
        now: Timestamp,
        retention: Duration,
        limit: u32,
    ) -> Result<bool, StoreError>;

    /// Writes something, to find out whether the store can be written.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Lets go of the database, after what is under way. Nothing is answered afterwards.
    async fn close(&self) {}
}

/// The time for which a log of changes is kept at least: longer than access tokens live, and than clocks that a node may be
/// started with are behind.
pub const CHANGES_KEPT: Duration = Duration::from_hours(24);

/// The number of events of a living session that are kept at least.
pub const EVENTS_KEPT: u32 = 50;

/// The step from one generation to the next.
#[derive(Clone, Copy, Debug)]
pub struct Rotation {
    /// Which session.
    pub id: SessionId,
    /// The generation it must still be at.
    pub from: u64,
    /// When.
    pub now: Timestamp,
    /// D: how long ago the generation must have been acknowledged at least.
    pub spacing: Duration,
    /// How long the session then lives without anything heard from it.
    pub idle_ttl: Duration,
}

impl Rotation {
    /// The latest proof of delivery that is old enough, by the rule's own sum: `at + spacing <= now`. `None` where none
    /// is, because nothing lies that long before `now`.
    pub fn proven_by(&self) -> Option<Timestamp> {
        let spacing = i64::try_from(self.spacing.as_millis()).ok()?;
        self.now.millis().checked_sub(spacing).map(Timestamp::from_millis)
    }

    /// When the session then ends if nothing is heard from it, unless it ends for certain before.
    pub fn idle_expires_at(&self) -> Timestamp {
        self.now + self.idle_ttl
    }
}

/// Something that happened to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
    /// The generation that was current afterwards.
    pub generation: u64,
    /// What it came from.
    pub trigger: Trigger,
    /// Where it came from.
    pub client: Client,
    /// The number of times: more than one if a generation was replayed by one client again and again, and `at` is the last.
    pub times: u32,
}

named! {
    /// What happened to a session.
    EventKind {
        /// It began, with a new account.
        SignedUp = "signed_up",
        /// It began, with a password.
        SignedIn = "signed_in",
        /// Its refresh token was exchanged.
        Rotated = "rotated",
        /// A lost answer was given again.
        ReplayedUndelivered = "replayed_undelivered",
        /// A request that was under way at the same time was answered alike.
        ReplayedConcurrent = "replayed_concurrent",
        /// The predecessor of its token was presented too late: the session was revoked.
        ReuseRecent = "reuse_recent",
        /// A token from long ago was presented: the session was revoked.
        ReuseStale = "reuse_stale",
        /// Two clients keep in step: for some generations each was replayed by another one than rotated it.
        LockStep = "lock_step",
        /// A token that does not exist yet was presented.
        Ahead = "ahead",
        /// Its owner signed out.
        SignedOut = "signed_out",
        /// Another sign-in in the same browser took its place.
        Replaced = "replaced",
        /// Something that has a name only where a newer version wrote it.
        Unknown = "unknown",
        /// An administrator ended it.
        EndedByAdministrator = "ended_by_administrator",
    }
}

named! {
    /// What kind of request caused something.
    Trigger {
        /// The load of a page, before it was drawn.
        Document = "document",
        /// A call by a page that was there already.
        Call = "call",
    }
}

/// Finds the account that a typed address belongs to, with its password hash. An account that kept an older spelling,
/// because its mailbox has another one, is found by just that spelling.
///
/// Text that is no address is looked up all the same, because that takes its time; and the number of questions depends
/// on what was typed, never on who has an account.
///
/// # Errors
/// [`StoreError`] where the store does not answer.
pub async fn account_at(
    store: &dyn Store,
    typed: &str,
) -> Result<Option<(User, PasswordHash)>, StoreError> {
    let email = Email::parse(typed).unwrap_or_else(|_| Email::nobodys());
    let found = store.user_by_email(&email).await?;
    match Email::as_spelled(typed) {
        Ok(spelled) if spelled != email => Ok(store.user_by_email(&spelled).await?.or(found)),
        _ => Ok(found),
    }
}

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The address has an account already.
    #[error("the address has an account already")]
    EmailTaken,
    /// The store does not answer, or not in time. Nothing is known; nobody is to be signed out.
    #[error("the store does not answer: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database's schema is not the one that is needed.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// It was told to open what cannot be opened.
    #[error("{0}")]
    Settings(String),
    /// A row that cannot be.
    #[error("the store holds an impossible value in {0}")]
    Corrupt(&'static str),
}

/// Whether two lists hold the same keys, in whatever order.
fn same_keys(one: &[KeyRecord], other: &[KeyRecord]) -> bool {
    one.len() == other.len() && one.iter().all(|key| other.contains(key))
}
