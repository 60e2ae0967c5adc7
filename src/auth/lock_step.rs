//! What the engine does about two clients that keep in step on one session.
//!
//! It looks after a replay and at no other time: one read, of the events that the session has anyway. Invariant: at
//! most one event of this kind for each generation, by this node.

use super::Inner;
use crate::{
    config::{LockStep, LockStepResponse},
    revocation::Moment,
    risk::lock_step,
    session::Session,
    store::{Event, EventKind, StoreError},
};

/// The number of events read for each generation: its rotation, one of this kind, and its replays, of which each client
/// leaves one. More clients than that hide no thief but from this look: the next generation has another.
const EVENTS_EACH: u32 = 50;

impl Inner {
    /// Looks whether a replay, which the store has counted, is one more of a streak. Returns whether the session was
    /// ended for it.
    ///
    /// Whose replay it was does not matter. A thief who is always first leaves it to the owner to ask again.
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
                // The log for what was noted before a restart, memory for two replays at the same moment.
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
        tracing::warn!(sid = %id, generation, streak, ended, "two clients refresh one session in step");
        Ok(ended)
    }
}
