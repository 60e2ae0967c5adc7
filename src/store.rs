//! The stores of sessions, signing keys and accounts, and the contract that every store keeps.
//!
//! A store knows rows, not rules: each method is one atomic step, and what it means is decided elsewhere.
//!
//! # What every store promises
//! - Each method happens whole or not at all, even if its caller goes away or the process dies. The change of a call
//!   and the event that it was given are one: if either cannot be written, neither is.
//! - An answered change stays: a commit that is lost afterwards leaves a browser ahead of the store, and that session
//!   is over.
//! - [`rotate`](SessionStore::rotate), [`acknowledge`](SessionStore::acknowledge) and [`revoke`](SessionStore::revoke)
//!   test and set in one step: of any number of callers with the same generation exactly one succeeds. A caller that
//!   comes too late is told so (`None`, `false`), and that is no error. [`replace_keys`](KeyStore::replace_keys) and
//!   [`set_password_hash`](AccountStore::set_password_hash) compare and swap alike.
//! - A revoked session stays revoked, and is never rotated again.
//! - A reader that asks after a call was answered sees what it did, whichever process made it.
//! - [`changes`](ChangeLog::changes), asked again and again for what comes [next](Page::next) until there is no
//!   [more](Page::more), tells everything that was committed before the first of these questions, by any writer and
//!   stamped with any instant. A change may be told twice.
//! - A log is kept for a [day](CHANGES_KEPT) at least. A reader whose place in it is lost, because it was away for
//!   longer or the database was restored from a copy, is told everything from the beginning.
//! - A session is over, with [`EndReason::Administrator`](crate::session::EndReason::Administrator), if an
//!   [epoch](SessionStore::add_epoch) began after it did and after its last rotation: for everything that reads it, and
//!   for every guard.
//! - A store that cannot answer says [`StoreError::Unavailable`] within some seconds, and never that something does
//!   not exist. Whether the call happened is not known then.
//! - An impossible row is [`StoreError::Corrupt`], and not a missing one. A name that a newer version wrote is none of
//!   those: an unknown kind of event is [`EventKind::Unknown`], an unknown end of a session
//!   [`EndReason::Unknown`](crate::session::EndReason::Unknown), an unknown persistence the shorter; unknown changes, and keys of an unknown algorithm, are left out, and left where they are.
//! - Rows that are over, so that no valid token can name them any more, may be forgotten by [`prune`](Store::prune),
//!   and by nothing else. Of a session that lives, the last [50 events](EVENTS_KEPT) are kept at least; its generation
//!   says how often it was rotated.
//!
//! # What a store may expect
//! - Ids are new and random: it need not expect one twice, nor an event of a session that it does not have.
//! - Sessions are added with generations below 2⁶³, and not revoked. Their `newest_authority` and `epoch` are the newest
//!   that the store has, whatever they say.
//! - Text is any text of some megabytes without U+0000, which `PostgreSQL` cannot hold. The store keeps its case and
//!   its form. Addresses are compared byte by byte: [`Email::parse`](crate::user::Email::parse) brings what is typed to
//!   one spelling; rows of former releases may have another, and are read as they are.
//! - Instants are any that a [`Timestamp`] may hold. Sums stop at the ends, as a [`Timestamp`]'s do: take them from
//!   [`Rotation::proven_by`] and [`Rotation::idle_expires_at`], and databases need not add.
//!
//! # Writing one
//! Each trait is a store of its own: [`SessionStore`], [`KeyStore`], [`ChangeLog`], [`OnceStore`]. [`Store`] is all of
//! them, and the methods that keep a database in order: an engine needs no more. [`AccountStore`] is for the built-in
//! accounts alone. `store/memory.rs` is the example to compare with. Let the `conformance` suite (feature `test-util`)
//! run on yours: every promise that can be broken from outside is a case there.

mod account_event;
mod accounts;
mod candidate;
mod change;
#[cfg(feature = "test-util")]
pub mod conformance;
mod event;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod failure;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod lend;
pub mod memory;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod migrations;
mod once;
mod overview;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod respell;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "redis"))]
mod rows;
mod schema;
mod sessions;
mod signing_keys;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
#[cfg(feature = "sqlite")]
pub mod sqlite;

use std::{fmt, time::Duration};

use async_trait::async_trait;

pub use self::{
    account_event::{AccountEvent, AccountEventKind, MOST_OF_AN_ACCOUNT},
    accounts::{AccountStore, account_at},
    candidate::{Candidate, CandidateQuery},
    change::{Change, ChangeLog, Cursor, Feed, Logged, Page},
    event::{Event, EventKind, Trigger},
    once::OnceStore,
    overview::{Overview, OverviewQuery},
    schema::{Migrate, SchemaError},
    sessions::{Denied, SessionStore},
    signing_keys::KeyStore,
};
pub(crate) use self::{candidate::account, overview::gather};
pub use crate::session::{Rotation, Touch};
use crate::{clock::Timestamp, keyring::KeyRecord};

/// A store of what an engine needs, with the methods by which an operator keeps it in order.
#[async_trait]
pub trait Store: SessionStore + KeyStore + ChangeLog + OnceStore + fmt::Debug {
    /// Deletes some of what no client can ask for any more, at most `limit` rows of each kind: sessions that were
    /// revoked, or reached their absolute lifetime, longer than `retention` ago, with their events; changes that were
    /// written longer than [`CHANGES_KEPT`] ago; and marks whose time is over. Returns whether there may be more.
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

    /// Closes the database, after the calls that are under way. No call is answered afterwards.
    async fn close(&self) {}
}

/// A store of accounts, and of all that an engine needs. A store that has no better way to read all at once needs no
/// method: `impl FullStore for MyStore {}`.
#[async_trait]
pub trait FullStore: Store + AccountStore {
    /// The account with a session of it and what happened to both; `None` if there is no such account. Whether the
    /// session is the account's is not asked.
    ///
    /// By default one verb after the other, between which others may write. A database answers in one statement, and so
    /// with one state of it.
    async fn overview(&self, query: &OverviewQuery) -> Result<Option<Overview>, StoreError> {
        gather(self, self, query).await
    }

    /// The account that a sign-in names, with its password hash, the version of its authority, and the hash that stands in
    /// for an account that is not there.
    ///
    /// By default one verb after the other; a database answers in one statement.
    async fn candidate(&self, query: &CandidateQuery) -> Result<Candidate, StoreError> {
        candidate::gather(self, query).await
    }
}

/// The time for which a log of changes is kept at least: longer than access tokens live, and longer than the clock of a
/// starting node may be behind.
pub const CHANGES_KEPT: Duration = Duration::from_hours(24);

/// The number of events of a living session that are kept at least.
pub const EVENTS_KEPT: u32 = 50;

/// The reason why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The address has an account already.
    #[error("the address has an account already")]
    EmailTaken,
    /// The store does not answer, or not in time. Nothing is known; no client is to be signed out.
    #[error("the store is unavailable: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database's schema is not the one that is needed.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// It was told to open what cannot be opened.
    #[error("{0}")]
    Settings(String),
    /// An impossible row.
    #[error("the store holds an invalid value in {0}")]
    Corrupt(&'static str),
}

/// Returns whether two lists hold the same keys, in any order.
fn same_keys(one: &[KeyRecord], other: &[KeyRecord]) -> bool {
    one.len() == other.len() && one.iter().all(|key| other.contains(key))
}
