//! The effects of a store's verbs on a session: each once, as a function that returns the session afterwards, or `None`
//! if the verb does not apply to it. The conformance suite holds every store to them.

use std::time::Duration;

use super::{EndReason, Revocation, Session, SessionId};
use crate::{clock::Timestamp, principal::Authority};

/// The step from one generation to the next.
#[derive(Clone, Debug)]
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
    /// The rights of its owner from now on.
    pub authority: Authority,
}

impl Rotation {
    /// The latest proof of delivery that is old enough, by the rule's own sum: `at + spacing <= now`. `None` if none
    /// is, because nothing lies that long before `now`.
    pub fn proven_by(&self) -> Option<Timestamp> {
        let spacing = i64::try_from(self.spacing.as_millis()).ok()?;
        self.now.millis().checked_sub(spacing).map(Timestamp::from_millis)
    }

    /// The next idle deadline, before it is capped by the absolute one.
    pub fn idle_expires_at(&self) -> Timestamp {
        self.now + self.idle_ttl
    }
}

/// The sign of life of an opaque session.
#[derive(Clone, Copy, Debug)]
pub struct Touch {
    /// The session.
    pub id: SessionId,
    /// The instant of the request.
    pub now: Timestamp,
    /// The least time since it was last seen: a burst of requests writes once.
    pub spacing: Duration,
    /// The time for which it then lives without another one.
    pub idle_ttl: Duration,
}

impl Touch {
    /// The latest `last_seen_at` that is old enough: `at + spacing <= now`. `None` if none is, because nothing lies that
    /// long before `now`.
    pub fn seen_by(&self) -> Option<Timestamp> {
        let spacing = i64::try_from(self.spacing.as_millis()).ok()?;
        self.now.millis().checked_sub(spacing).map(Timestamp::from_millis)
    }

    /// The next idle deadline, before it is capped by the absolute one.
    pub fn idle_expires_at(&self) -> Timestamp {
        self.now + self.idle_ttl
    }
}

impl Session {
    /// Begins its idle lifetime anew: if it lives, and was last seen the spacing ago or longer.
    pub fn touched(&self, touch: &Touch) -> Option<Self> {
        let applies =
            Some(self.last_seen_at) <= touch.seen_by() && self.end_reason(touch.now).is_none();
        applies.then(|| Self {
            last_seen_at: touch.now,
            idle_expires_at: touch.idle_expires_at().min(self.absolute_expires_at),
            ..self.clone()
        })
    }

    /// Rotates it, with the store's newest epoch: if it is still at `rotation.from`, was acknowledged at least the
    /// spacing ago, and lives. Its `last_seen_at` never goes back.
    pub fn rotated(&self, rotation: &Rotation, epoch: u64) -> Option<Self> {
        let delivered = self.acknowledged_at.is_some_and(|at| Some(at) <= rotation.proven_by());
        let applies = self.generation == rotation.from
            && delivered
            && self.end_reason(rotation.now).is_none();
        applies.then(|| Self {
            generation: self.generation + 1,
            rotated_at: rotation.now,
            acknowledged_at: None,
            replays: 0,
            idle_expires_at: rotation.idle_expires_at().min(self.absolute_expires_at),
            last_seen_at: self.last_seen_at.max(rotation.now),
            authority: rotation.authority.clone(),
            epoch,
            ..self.clone()
        })
    }

    /// Notes the first proof that `generation` reached the browser: if it is current, was not proven before, and the
    /// session is not revoked.
    pub fn acknowledged(&self, generation: u64, now: Timestamp) -> Option<Self> {
        let applies = self.is_at(generation) && self.acknowledged_at.is_none();
        applies.then(|| Self { acknowledged_at: Some(now), ..self.clone() })
    }

    /// Counts one replay of `generation`: if it is current and the session is not revoked.
    pub fn replayed(&self, generation: u64, at: Timestamp) -> Option<Self> {
        self.is_at(generation).then(|| Self {
            replays: self.replays.saturating_add(1),
            last_seen_at: self.last_seen_at.max(at),
            ..self.clone()
        })
    }

    /// Revokes it, unless it is revoked.
    pub fn revoked(&self, reason: EndReason, at: Timestamp) -> Option<Self> {
        let revoked = Some(Revocation { at, reason });
        self.revoked.is_none().then(|| Self { revoked, ..self.clone() })
    }

    /// Gives it a newer version of its owner's authority: if it is newer, and the session is not revoked.
    pub fn with_authority(&self, authority: &Authority) -> Option<Self> {
        let applies = self.revoked.is_none() && authority.version > self.authority.version;
        applies.then(|| Self { authority: authority.clone(), ..self.clone() })
    }

    fn is_at(&self, generation: u64) -> bool {
        self.revoked.is_none() && self.generation == generation
    }
}
