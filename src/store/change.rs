//! Changes that nodes have to learn of, because they answer from memory, and the cursors by which they ask.

use std::fmt;

use async_trait::async_trait;
use futures::{
    StreamExt as _,
    stream::{self, BoxStream},
};

use super::StoreError;
use crate::{clock::Timestamp, id::TokenId, principal::Subject, session::SessionId};

/// Tells what nodes have to learn of. The [module](super) says what it promises.
#[async_trait]
pub trait ChangeLog: Send + Sync {
    /// Some of the log of changes, at most `limit` of them: those after a cursor, or from the beginning.
    async fn changes(&self, after: Option<&Cursor>, limit: u32) -> Result<Page, StoreError>;

    /// A feed of changes as they happen, by any node; `None` if the store can only be polled
    /// ([`changes`](Self::changes)), as it is by default.
    async fn feed(&self) -> Result<Option<Feed>, StoreError> {
        Ok(None)
    }
}

/// Changes as they happen. An error is its end: changes may have been missed, and the follower opens another and asks
/// [`ChangeLog::changes`].
pub struct Feed(BoxStream<'static, Result<Change, StoreError>>);

impl Feed {
    /// A feed of what a function tells, each time it is asked for the next change. It gets what it returned last, such
    /// as a connection; its first error is the end of the feed.
    pub fn new<S, F>(state: S, next: impl FnMut(S) -> F + Send + 'static) -> Self
    where
        S: Send + 'static,
        F: Future<Output = Result<(Change, S), StoreError>> + Send + 'static,
    {
        let mut next = next;
        let step = move |state| {
            let told = next(state);
            async move { told.await.map(Some) }
        };
        Self(stream::try_unfold(state, step).boxed())
    }

    /// Waits for the next change.
    ///
    /// # Errors
    /// [`StoreError`] at its end.
    pub async fn next(&mut self) -> Result<Change, StoreError> {
        let over = || Err(StoreError::Unavailable("the feed of changes ended".into()));
        self.0.next().await.unwrap_or_else(over)
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Feed(…)")
    }
}

/// A change that every node has to learn of, because it answers from memory.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// A session was revoked, or its row was deleted while it lived; or its tokens were denied without a row.
    Revoked {
        /// The session.
        id: SessionId,
        /// The instant of its end; or the latest one that its tokens may be dated by, if the store knows of a later
        /// one.
        at: Timestamp,
    },
    /// One token was denied; its session may live.
    Token {
        /// The token, by its `jti`.
        id: TokenId,
        /// The instant of it.
        at: Timestamp,
    },
    /// The rights of a subject were changed: access tokens of an older version are out of date.
    Authority {
        /// The subject.
        subject: Subject,
        /// The version since then.
        version: u64,
        /// The instant of the change; or the latest one that tokens of the subject may be dated by, if that is later.
        at: Timestamp,
    },
    /// A subject was deleted: its access tokens are worth nothing.
    Deleted {
        /// The subject.
        subject: Subject,
        /// The instant of the deletion; or the latest one that its tokens may be dated by, if that is later.
        at: Timestamp,
    },
    /// The signing keys are of that version. Told by feeds; a [`Page`] says it in any case.
    Keys {
        /// The number of times that they were replaced.
        version: u32,
    },
    /// An epoch began: access tokens of an earlier one have to be looked up. Told by feeds; a [`Page`] says it in any
    /// case.
    Epoch {
        /// Its number.
        number: u64,
    },
}

/// A change as a store's log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// The change.
    pub change: Change,
    /// The time of its writing, by the store's own clock. A store without one says [`Timestamp::MAX`].
    pub logged_at: Timestamp,
}

/// The place of a reader in the log. Its text is the store's own affair; it is good for the store that gave it and, if
/// that is a database, for every program on the same one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    /// A place in a log, in the store's own words.
    pub fn new(place: impl Into<String>) -> Self {
        Self(place.into())
    }

    /// The store's words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Some of the log, and what is read with it.
#[derive(Clone, Debug)]
pub struct Page {
    /// The changes, those that were committed first first.
    pub changes: Vec<Logged>,
    /// The place to go on from.
    pub next: Cursor,
    /// True if there is more to read at once.
    pub more: bool,
    /// The number of times that the signing keys were replaced; 0 if there are none.
    pub keys_version: u32,
    /// The number of the newest epoch; 0 if there is none.
    pub epoch: u64,
    /// The store's own clock, if it has one.
    pub store_now: Option<Timestamp>,
}
