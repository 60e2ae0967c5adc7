//! The sessions: what the rule writes.

use std::time::Duration;

use async_trait::async_trait;

use super::{Event, StoreError};
use crate::{
    clock::Timestamp,
    session::{EndReason, Session, SessionId},
    user::UserId,
};

/// Keeps sessions and what happened to them. The [module](super) says what it promises.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Adds a session, with the event that began it.
    async fn add_session(&self, session: &Session, event: &Event) -> Result<(), StoreError>;

    /// The session of that id, with the role and the `authz_version` that its account has now.
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError>;

    /// The sessions of an account that are not revoked, newest first and always in the same order. Some may be past
    /// their lifetimes: a store has no clock.
    async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>, StoreError>;

    /// Moves a session to its next generation if it is still at `rotation.from`, was acknowledged at least the spacing
    /// ago, and lives; records `event`; returns the session as it is then. Its `last_seen_at` never goes back. `None`
    /// if it does not apply.
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

    /// Records an event of a session; counts it if the same happened before, of one kind, generation and client.
    async fn record(&self, id: SessionId, event: &Event) -> Result<(), StoreError>;

    /// The newest events of a session, newest first.
    async fn events(&self, id: SessionId, limit: u32) -> Result<Vec<Event>, StoreError>;

    /// Begins an epoch, which ends every session of an earlier one, or, with `since`, those of them that were begun or
    /// rotated at that instant or later. Returns its number: greater than every earlier one, also than those that a
    /// database lost which was restored from a copy.
    async fn add_epoch(&self, since: Option<Timestamp>, now: Timestamp) -> Result<u64, StoreError>;
}

/// The step from one generation to the next.
#[derive(Clone, Copy, Debug)]
pub struct Rotation {
    /// The session.
    pub id: SessionId,
    /// The generation it must still be at.
    pub from: u64,
    /// The instant of the rotation.
    pub now: Timestamp,
    /// D: the least time since the generation was acknowledged.
    pub spacing: Duration,
    /// The time for which the session then lives without another rotation.
    pub idle_ttl: Duration,
}

impl Rotation {
    /// The latest proof of delivery that is old enough, by the rule's own sum: `at + spacing <= now`. `None` if none
    /// is, because nothing lies that long before `now`.
    pub fn proven_by(&self) -> Option<Timestamp> {
        let spacing = i64::try_from(self.spacing.as_millis()).ok()?;
        self.now.millis().checked_sub(spacing).map(Timestamp::from_millis)
    }

    /// The instant at which the session then ends without another rotation, unless its absolute lifetime ends before.
    pub fn idle_expires_at(&self) -> Timestamp {
        self.now + self.idle_ttl
    }
}
