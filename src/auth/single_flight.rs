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
use crate::{refresh_token::RefreshToken, session::Client, store::StoreError};

/// One token from one client. Another client with the same token is a race of its own, so that a thief with a copy is
/// counted as a replay.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Flight {
    token: RefreshToken,
    user_agent_hash: String,
    ip_prefix: String,
}

impl Flight {
    pub(super) fn new(token: &RefreshToken, client: &Client) -> Self {
        let Client { user_agent_hash, ip_prefix, .. } = client.clone();
        Self { token: token.clone(), user_agent_hash, ip_prefix }
    }
}

/// The answer of a race; `None` if its refresh failed.
type Answer = OnceCell<Option<Refreshed>>;

/// The races under way on this node.
#[derive(Debug, Default)]
pub(super) struct SingleFlight(Mutex<HashMap<Flight, Arc<Answer>>>);

impl SingleFlight {
    /// Answers each request of a race as the first, also with its failure: a store that is slow to fail would let them
    /// wait for it one after the other.
    pub(super) async fn share<F>(
        &self,
        race: Flight,
        refresh: impl FnOnce() -> F,
    ) -> Result<Refreshed, IssueError>
    where
        F: Future<Output = Result<Refreshed, IssueError>>,
    {
        let running = Running::enter(self, race);
        let mut failure = None;
        let failed = &mut failure;
        let first =
            move || async move { refresh().await.map_err(|error| *failed = Some(error)).ok() };
        let answer = running.answer.get_or_init(first).await.clone();
        running.over();
        answer.ok_or_else(|| {
            let shared = || {
                StoreError::Unavailable(
                    "the concurrent refresh whose answer this request shares failed".into(),
                )
            };
            failure.unwrap_or_else(|| shared().into())
        })
    }

    /// Locks the map. No method awaits or panics while it holds the lock, so a poisoned one still guards a sound map.
    fn under_way(&self) -> MutexGuard<'_, HashMap<Flight, Arc<Answer>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request in a race.
struct Running<'a> {
    single_flight: &'a SingleFlight,
    race: Flight,
    answer: Arc<Answer>,
}

impl<'a> Running<'a> {
    fn enter(single_flight: &'a SingleFlight, race: Flight) -> Self {
        let answer = Arc::clone(single_flight.under_way().entry(race.clone()).or_default());
        Self { single_flight, race, answer }
    }

    /// Closes the race: the next request begins another one.
    fn over(&self) {
        let mut under_way = self.single_flight.under_way();
        if under_way.get(&self.race).is_some_and(|answer| Arc::ptr_eq(answer, &self.answer)) {
            under_way.remove(&self.race);
        }
    }
}

impl Drop for Running<'_> {
    /// Leaves nothing behind if every request of the race failed or was dropped.
    fn drop(&mut self) {
        let mut under_way = self.single_flight.under_way();
        // Two references are left: the map's and this one.
        let last = Arc::strong_count(&self.answer) == 2;
        if last && under_way.get(&self.race).is_some_and(|answer| Arc::ptr_eq(answer, &self.answer))
        {
            under_way.remove(&self.race);
        }
    }
}
