//! Coalesces refreshes ("single flight"): those of one token and one client that run on a node at once share one
//! answer.
//!
//! A page asks for many things at once, and each request brings the same token. Without this, one request would rotate
//! and each of the others would be a replay, which is a write. One that comes after the answer is a replay as ever.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::OnceCell;

use super::{IssueError, Refreshed};
use crate::{refresh_token::RefreshToken, session::Client};

/// One token from one client. Another client with the same token is a race of its own, so that a thief with a copy is
/// counted as a replay.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Race {
    token: RefreshToken,
    user_agent_hash: String,
    ip_prefix: String,
}

impl Race {
    pub(super) fn new(token: &RefreshToken, client: &Client) -> Self {
        let Client { user_agent_hash, ip_prefix, .. } = client.clone();
        Self { token: token.clone(), user_agent_hash, ip_prefix }
    }
}

/// The races under way on this node.
#[derive(Debug, Default)]
pub(super) struct Racers(Mutex<HashMap<Race, Arc<OnceCell<Refreshed>>>>);

impl Racers {
    /// Answers each request of a race as the first. An error is the caller's own: the next request tries anew.
    pub(super) async fn share<F>(
        &self,
        race: Race,
        refresh: impl FnOnce() -> F,
    ) -> Result<Refreshed, IssueError>
    where
        F: Future<Output = Result<Refreshed, IssueError>>,
    {
        let running = Running::enter(self, race);
        let refreshed = running.answer.get_or_try_init(refresh).await.cloned();
        if refreshed.is_ok() {
            running.over();
        }
        refreshed
    }

    /// Locks the map. No method awaits or panics while it holds the lock, so a poisoned one still guards a sound map.
    fn under_way(&self) -> MutexGuard<'_, HashMap<Race, Arc<OnceCell<Refreshed>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request in a race.
struct Running<'a> {
    racers: &'a Racers,
    race: Race,
    answer: Arc<OnceCell<Refreshed>>,
}

impl<'a> Running<'a> {
    fn enter(racers: &'a Racers, race: Race) -> Self {
        let answer = Arc::clone(racers.under_way().entry(race.clone()).or_default());
        Self { racers, race, answer }
    }

    /// Closes the race: the next request begins another one.
    fn over(&self) {
        let mut under_way = self.racers.under_way();
        if under_way.get(&self.race).is_some_and(|answer| Arc::ptr_eq(answer, &self.answer)) {
            under_way.remove(&self.race);
        }
    }
}

impl Drop for Running<'_> {
    /// Leaves nothing behind if every request of the race failed or was dropped.
    fn drop(&mut self) {
        let mut under_way = self.racers.under_way();
        // Two references are left: the map's and this one.
        let last = Arc::strong_count(&self.answer) == 2;
        if last && under_way.get(&self.race).is_some_and(|answer| Arc::ptr_eq(answer, &self.answer))
        {
            under_way.remove(&self.race);
        }
    }
}
