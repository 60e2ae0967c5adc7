//! The engine's response to two clients that keep in step on one session.
//!
//! It checks after a replay and at no other time: one read, of the events that the session has anyway. Invariant: a
//! node notes at most one event of this kind for each generation.

use super::Inner;
use crate::{
    config::{LockStep, LockStepResponse},
    revocation::Moment,
    risk::lock_step,
    session::Session,
    store::{Event, EventKind, StoreError},
};

/// The number of events read for each generation: its rotation, one of this kind, and its replays, of which each client
/// leaves one. More clients than that hide a thief from this check only: the next generation has another.
const EVENTS_EACH: u32 = 50;

impl Inner {
    /// Checks if a replay, which the store has counted, continues a streak. Returns whether it ended the session.
    ///
    /// The replay may be the thief's or the owner's: a thief who always refreshes first leaves the replay to the owner.
    pub(super) async fn ended_in_lock_step(
        &self,
        session: &Session,
        replay: &Event,
    ) -> Result<bool, StoreError> {
        let LockStep { generations, response } = self.config.lock_step;
        let (id, generation) = (session.id, session.generation);
        if generation < u64::from(generations) {
            return Ok(false);
        }
        let events = self.store.events(id, generations.saturating_mul(EVENTS_EACH)).await?;
        let streak = lock_step(&events);
        if streak < generations {
            return Ok(false);
        }
        let event = Event { kind: EventKind::LockStep, ..replay.clone() };
        let ended = match response {
            LockStepResponse::Report => {
                let known = |event: &Event| {
                    event.kind == EventKind::LockStep && event.generation == generation
                };
                // The events tell what was noted before a restart, memory tells two replays at the same moment.
                if events.iter().any(known)
                    || !self.reported.first(id, generation, Moment::of(&*self.clock))
                {
                    return Ok(false);
                }
                if let Err(error) = self.store.record(id, &event).await {
                    self.reported.forget(id);
                    return Err(error);
                }
                false
            }
            LockStepResponse::End => {
                self.end_for_reuse(session, &event).await?;
                true
            }
        };
        tracing::warn!(sid = %id, generation, streak, ended, "two clients refresh one session in lock step: one of them may be a thief");
        Ok(ended)
    }
}
