//! Coalesces calls ("single flight"): those of one name that run on a node at once share one answer.
//!
//! A page asks for many things at once, and each request brings the same tokens. Without this, of the refreshes of one
//! token by one client one would rotate and each of the others would be a replay, which is a write; and each request
//! would write the proof that they prove. One that comes after the answer is a call as ever.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::OnceCell;

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

/// The answer of a race; `None` if its call failed.
type Answer<T> = OnceCell<Option<T>>;

/// The races under way on this node, by their names.
#[derive(Debug)]
pub(super) struct SingleFlight<K, T>(Mutex<HashMap<K, Arc<Answer<T>>>>);

impl<K, T> Default for SingleFlight<K, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Clone + Eq + Hash, T: Clone> SingleFlight<K, T> {
    /// Answers each call of a race as the first, also with its failure: a store that is slow to fail would let them
    /// wait for it one after the other.
    pub(super) async fn share<F, E>(&self, race: K, call: impl FnOnce() -> F) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>>,
        E: From<StoreError>,
    {
        let running = Running::enter(self, race);
        let mut failure = None;
        let failed = &mut failure;
        let first = move || async move { call().await.map_err(|error| *failed = Some(error)).ok() };
        let answer = running.answer.get_or_init(first).await.clone();
        running.over();
        answer.ok_or_else(|| {
            let shared = || {
                StoreError::Unavailable(
                    "the concurrent call whose answer this one shares failed".into(),
                )
            };
            failure.unwrap_or_else(|| shared().into())
        })
    }
}

impl<K, T> SingleFlight<K, T> {
    /// Locks the map. No method awaits or panics while it holds the lock, so a poisoned one still guards a sound map.
    fn under_way(&self) -> MutexGuard<'_, HashMap<K, Arc<Answer<T>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call in a race.
struct Running<'a, K: Eq + Hash, T> {
    single_flight: &'a SingleFlight<K, T>,
    race: K,
    answer: Arc<Answer<T>>,
}

impl<'a, K: Clone + Eq + Hash, T> Running<'a, K, T> {
    fn enter(single_flight: &'a SingleFlight<K, T>, race: K) -> Self {
        let answer = Arc::clone(single_flight.under_way().entry(race.clone()).or_default());
        Self { single_flight, race, answer }
    }

    /// Closes the race: the next call begins another one.
    fn over(&self) {
        let mut under_way = self.single_flight.under_way();
        if under_way.get(&self.race).is_some_and(|answer| Arc::ptr_eq(answer, &self.answer)) {
            under_way.remove(&self.race);
        }
    }
}

impl<K: Eq + Hash, T> Drop for Running<'_, K, T> {
    /// Leaves nothing behind if every call of the race failed or was dropped.
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
