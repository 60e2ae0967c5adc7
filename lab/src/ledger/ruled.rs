//! A store in memory on which an engine decides as another system does.
//!
//! The engine asks [`decide`](coatroom::session::decide) about a session's row. Under another policy the store shows it
//! the row about which `decide` says what that policy says, and keeps the policy's own state beside the real row. So
//! the decision is the other's, and all around it is the engine's own: layers, cookies, tokens, lifetimes, keys, writes.
//! Invariant: a session without such a state is passed on as it is, and under [`Policy::Coatroom`] none has one.

use std::{collections::HashMap, ops::Deref, sync::Mutex, time::Duration};

use coatroom::{
    clock::Timestamp,
    session::{Client, Session, SessionId, SessionNonce, Timing},
    store::{Event, Rotation, SessionStore as _, StoreError, memory::MemoryStore},
};

use super::locked;
use crate::policy::{Policy, PolicyAnswer, Server, Token};

/// The store. Its own methods go before those of the one in memory.
#[derive(Debug)]
pub(super) struct Ruled {
    policy: Policy,
    memory: MemoryStore,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    servers: HashMap<SessionId, Server>,
    presented: Option<Presented>,
}

/// The refresh tokens of the request that is served, one for each session at most: the store is asked for a row without
/// the token that it is to be judged by.
#[derive(Debug)]
pub(crate) struct Presented {
    /// The time.
    pub(crate) now: Timestamp,
    /// The windows of the node that serves it.
    pub(crate) timing: Timing,
    /// The session and the generation that each token names.
    pub(crate) tokens: Vec<(SessionId, u64)>,
}

impl Deref for Ruled {
    type Target = MemoryStore;

    fn deref(&self) -> &MemoryStore {
        &self.memory
    }
}

impl Ruled {
    pub(super) fn new(policy: Policy) -> Self {
        Self { policy, memory: MemoryStore::new(), state: Mutex::default() }
    }

    pub(super) fn present(&self, presented: Presented) {
        locked(&self.state).presented = Some(presented);
    }

    pub(super) async fn add_session(
        &self,
        session: &Session,
        event: &Event,
    ) -> Result<(), StoreError> {
        self.memory.add_session(session, event).await?;
        if self.policy != Policy::Coatroom {
            let server = Server::new(self.policy, session.created_at);
            locked(&self.state).servers.insert(session.id, server);
        }
        Ok(())
    }

    pub(super) async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let row = self.memory.session(id).await?;
        Ok(row.map(|row| self.seen(row)))
    }

    /// Returns the row as the engine must see it, to decide as the policy does about the token that is presented.
    fn seen(&self, row: Session) -> Session {
        let State { servers, presented } = &*locked(&self.state);
        let (Some(server), Some(Presented { now, timing, tokens })) =
            (servers.get(&row.id), presented)
        else {
            return row;
        };
        let Some((_, generation)) = tokens.iter().find(|(id, _)| *id == row.id) else { return row };
        let generation = *generation;
        // The state moves with the write that follows, if one does.
        match server.clone().refresh(*now, Token(generation), timing, &Client::default()) {
            // Row 6: the current one, proven long ago.
            PolicyAnswer::Both(_) => {
                Session { generation, acknowledged_at: Some(Timestamp::from_millis(0)), ..row }
            }
            // Row 5: the current one, proven just now.
            PolicyAnswer::Access(_) => Session { generation, acknowledged_at: Some(*now), ..row },
            // Row 10: left behind for long.
            PolicyAnswer::Ended => Session { generation: generation + 2, ..row },
            // Row 1: a token that was not derived from this row.
            PolicyAnswer::Refused => Session { nonce: SessionNonce::from_bytes([0; 32]), ..row },
        }
    }

    /// Moves a session to the token that the policy answers with: the real row, if it is a new one.
    pub(super) async fn rotate(
        &self,
        rotation: &Rotation,
        event: &Event,
    ) -> Result<Option<Session>, StoreError> {
        let Rotation { id, now, authority, .. } = rotation;
        let generation = match self.answer(rotation, &event.client) {
            None => return self.memory.rotate(rotation, event).await,
            Some(PolicyAnswer::Both(Token(generation))) => generation,
            Some(PolicyAnswer::Access(_) | PolicyAnswer::Refused | PolicyAnswer::Ended) => {
                return Ok(None);
            }
        };
        let Some(row) = self.memory.session(*id).await? else { return Ok(None) };
        let row = if generation > row.generation {
            // Other policies wait for no proof of delivery.
            self.memory.acknowledge(*id, row.generation, *now).await?;
            let spacing = Duration::ZERO;
            let due = Rotation { from: row.generation, spacing, ..rotation.clone() };
            self.memory.rotate(&due, event).await?
        } else {
            self.memory.renew_authority(*id, authority).await?;
            self.memory.session(*id).await?
        };
        Ok(row.map(|row| Session { generation, ..row }))
    }

    fn answer(&self, rotation: &Rotation, client: &Client) -> Option<PolicyAnswer> {
        let State { servers, presented } = &mut *locked(&self.state);
        let (server, timing) = (servers.get_mut(&rotation.id)?, presented.as_ref()?.timing);
        Some(server.refresh(rotation.now, Token(rotation.from), &timing, client))
    }

    pub(super) async fn acknowledge(
        &self,
        id: SessionId,
        generation: u64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let first = self.memory.acknowledge(id, generation, now).await?;
        if let Some(server) = locked(&self.state).servers.get_mut(&id) {
            server.show(now, Token(generation));
        }
        Ok(first)
    }
}
