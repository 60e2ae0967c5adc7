//! The sessions: what the rule writes.

use async_trait::async_trait;

use super::{Change, Event, StoreError};
use crate::{
    clock::Timestamp,
    id::TokenId,
    principal::{Authority, Subject},
    session::{EndReason, Rotation, Session, SessionId, Touch},
};

/// The tokens that are worth nothing, though no row says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Denied {
    /// Those of a session that has no row.
    Session(SessionId),
    /// One token.
    Token(TokenId),
}

impl Denied {
    /// Returns the change that nodes are told.
    pub const fn as_change(self, at: Timestamp) -> Change {
        match self {
            Self::Session(id) => Change::Revoked { id, at },
            Self::Token(id) => Change::Token { id, at },
        }
    }

    /// Returns the kind of the change as a log names it, and the bytes of the id.
    #[cfg(any(feature = "sqlite", feature = "postgres", feature = "redis"))]
    pub(super) const fn logged(&self) -> (&'static str, &[u8; 16]) {
        match self {
            Self::Session(id) => ("revoked", id.as_bytes()),
            Self::Token(id) => ("token", id.as_bytes()),
        }
    }
}

/// Keeps sessions, what happened to them, and which version the authority of each subject has. The [module](super) says
/// what it promises; what a verb makes of a session is a function of [`Session`], named with it.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Adds a session, with the event that began it.
    async fn add_session(&self, session: &Session, event: &Event) -> Result<(), StoreError>;

    /// The session of that id, with the newest version of its owner's authority.
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError>;

    /// The sessions of a subject that are not revoked, newest first and always in the same order. Some may be past their
    /// lifetimes: a store has no clock.
    async fn sessions_of(&self, subject: &Subject) -> Result<Vec<Session>, StoreError>;

    /// Moves a session to its next generation ([`Session::rotated`]), records `event`, and returns the session as it is
    /// then; `None` if it does not apply.
    async fn rotate(
        &self,
        rotation: &Rotation,
        event: &Event,
    ) -> Result<Option<Session>, StoreError>;

    /// Notes the first proof that `generation` reached the browser ([`Session::acknowledged`]). Returns whether it did.
    async fn acknowledge(
        &self,
        id: SessionId,
        generation: u64,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Notes a sign of life of an opaque session ([`Session::touched`]). Returns whether it did.
    async fn touch(&self, touch: &Touch) -> Result<bool, StoreError>;

    /// Logs a change that no row tells of, stamped with `at`: nodes refuse these tokens from then on. Logged anew if it
    /// was logged before.
    async fn deny(&self, denied: Denied, at: Timestamp) -> Result<(), StoreError>;

    /// Counts one replay of the session's current generation ([`Session::replayed`], at the event's instant, because the
    /// answer's token is dated by it), and counts `event`. Returns whether it did.
    async fn count_replay(
        &self,
        id: SessionId,
        generation: u64,
        event: &Event,
    ) -> Result<bool, StoreError>;

    /// Revokes a session ([`Session::revoked`]), and records `event`. Returns whether this call did it.
    async fn revoke(
        &self,
        id: SessionId,
        reason: EndReason,
        event: &Event,
    ) -> Result<bool, StoreError>;

    /// Records an event of a session; counts it if the same happened before, of one kind, generation and client.
    async fn record(&self, id: SessionId, event: &Event) -> Result<(), StoreError>;

    /// The newest events of a session, newest first.
    async fn events(&self, id: SessionId, limit: u32) -> Result<Vec<Event>, StoreError>;

    /// Begins an epoch, which ends every session of an earlier one, or, with `since`, those of them that were begun or
    /// rotated at that instant or later. Returns its number: greater than every earlier one, also than those that a
    /// database lost which was restored from a copy.
    async fn add_epoch(&self, since: Option<Timestamp>, now: Timestamp) -> Result<u64, StoreError>;

    /// Gives a session a newer version of its owner's authority ([`Session::with_authority`]). Returns whether it did.
    async fn renew_authority(
        &self,
        id: SessionId,
        authority: &Authority,
    ) -> Result<bool, StoreError>;

    /// The newest version of a subject's authority; 0 if it was never changed.
    async fn authority_version(&self, subject: &Subject) -> Result<u64, StoreError>;

    /// Notes that the authority of a subject was changed, logs the change, and returns the new version: greater than
    /// every earlier one, also than those that a database lost which was restored from a copy.
    async fn outdate(&self, subject: &Subject, now: Timestamp) -> Result<u64, StoreError>;
}
