//! The keys of an issuer, fetched and kept.
//!
//! It fetches at most one set at a time, never two within the interval, and uses a set up to a bounded age. The keys may
//! be of any kind: their reader is told.

use std::{
    collections::HashMap,
    error::Error,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

use super::{BoxError, FetchJwks, RemoteConfig, RemoteConfigError};
use crate::{
    background,
    clock::{Clock, Timestamp},
    key::KeyId,
    verifier::jwks::{JwksError, RefusedKey},
};

/// Reads the text of a set: its fit keys, and the others.
pub(crate) type ReadKeys<K> = fn(&str) -> Result<(HashMap<KeyId, K>, Vec<RefusedKey>), JwksError>;

/// The keys of one issuer. Clones share them.
pub(crate) struct RemoteKeys<K>(Arc<Inner<K>>);

struct Inner<K> {
    config: RemoteConfig,
    fetch: Box<dyn FetchJwks>,
    read: ReadKeys<K>,
    clock: Arc<dyn Clock>,
    state: Mutex<State<K>>,
}

/// The reason why a fetch brought no keys.
pub(crate) type Failure = Arc<dyn Error + Send + Sync>;

/// The keys, and the fetches that bring them. Times are [`Clock::elapsed`].
struct State<K> {
    keys: Option<Arc<KeySet<K>>>,
    /// The beginning of the last fetch.
    asked: Option<Duration>,
    /// The outcome of the last fetch that is over.
    last: Result<(), Failure>,
    /// Closes as the fetch under way is over.
    under_way: Option<watch::Receiver<()>>,
}

/// The fit keys of a set, as of the beginning of the fetch that brought it.
struct KeySet<K> {
    keys: HashMap<KeyId, K>,
    as_of: Duration,
}

impl<K: Send + Sync + 'static> RemoteKeys<K> {
    /// The keys that are fetched and read in that way, as soon as they are asked for.
    ///
    /// # Errors
    /// [`RemoteConfigError`] if the configuration does not fit together.
    pub(crate) fn new(
        config: RemoteConfig,
        fetch: impl FetchJwks + 'static,
        read: ReadKeys<K>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, RemoteConfigError> {
        config.check()?;
        let state = Mutex::new(State {
            keys: None,
            asked: None,
            last: Err(BoxError::from("no key set was fetched yet").into()),
            under_way: None,
        });
        Ok(Self(Arc::new(Inner { config, fetch: Box::new(fetch), read, clock, state })))
    }

    /// The current instant by their clock.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(crate) fn config(&self) -> &RemoteConfig {
        &self.0.config
    }

    /// Checks something by these keys. `check` returns `None` if it looked for a key that is not among them: then the
    /// set is fetched again, unless it was just now, and `check` has a second and last say.
    ///
    /// # Errors
    /// The cause, if there are no keys that are young enough, or the fetch of a missing one failed.
    pub(crate) async fn check<T>(
        &self,
        check: impl Fn(&HashMap<KeyId, K>) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        if let Some(verdict) = check(&self.0.keys().await?.keys) {
            return Ok(Some(verdict));
        }
        Ok(check(&self.0.refetched().await?.keys))
    }

    #[cfg(test)]
    pub(super) fn is_fetching(&self) -> bool {
        self.0.lock().under_way.is_some()
    }
}

impl<K> Clone for RemoteKeys<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K> fmt::Debug for RemoteKeys<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteKeys").field("config", &self.0.config).finish_non_exhaustive()
    }
}

impl<K> State<K> {
    /// The keys, if they are younger than that.
    fn younger_than(&self, age: Duration, elapsed: Duration) -> Option<Arc<KeySet<K>>> {
        let keys = self.keys.as_ref();
        keys.filter(|keys| elapsed.saturating_sub(keys.as_of) < age).map(Arc::clone)
    }

    /// The keys, if they are younger than that and the last fetch failed.
    fn while_failing(&self, age: Duration, elapsed: Duration) -> Option<Arc<KeySet<K>>> {
        self.younger_than(age, elapsed).filter(|_| self.last.is_err())
    }

    /// Notes the outcome of the fetch that was under way.
    fn conclude(&mut self, outcome: Result<KeySet<K>, Failure>) {
        self.under_way = None;
        if let Err(error) = &outcome
            && matches!(error.downcast_ref(), Some(JwksError::NoneFit(_)))
        {
            self.keys = None;
        }
        self.last = outcome.map(|keys| self.keys = Some(Arc::new(keys)));
    }

    /// The reason why there are no keys to use.
    fn unavailable(&self) -> Failure {
        let last = self.last.clone().err();
        last.unwrap_or_else(|| BoxError::from("the fetched keys are too old").into())
    }
}

impl<K: Send + Sync + 'static> Inner<K> {
    /// Returns the keys, fetched again if they are due. Stale ones are returned at once if the last fetch failed: an
    /// issuer that accepts connections and never answers must not delay each request here.
    async fn keys(self: &Arc<Self>) -> Result<Arc<KeySet<K>>, Failure> {
        let (fresh, bound) = (self.config.max_age, self.config.max_age + self.config.stale_for);
        let elapsed = self.clock.elapsed();
        if let Some(keys) = self.lock().younger_than(fresh, elapsed) {
            return Ok(keys);
        }
        let fetch = self.begin(elapsed);
        if let Some(stale) = self.lock().while_failing(bound, elapsed) {
            return Ok(stale);
        }
        over(fetch).await;
        let state = self.lock();
        let keys = state.younger_than(bound, self.clock.elapsed());
        keys.ok_or_else(|| state.unavailable())
    }

    /// Returns the keys of the fetch that is under way, of one that begins now, or of the last one if that is too near.
    /// If it failed, the key that is looked for may be one that the issuer shows since.
    async fn refetched(self: &Arc<Self>) -> Result<Arc<KeySet<K>>, Failure> {
        over(self.begin(self.clock.elapsed())).await;
        let state = self.lock();
        let keys = state.keys.as_ref().filter(|_| state.last.is_ok());
        keys.map(Arc::clone).ok_or_else(|| state.unavailable())
    }

    /// Joins the fetch under way, or begins one unless the last is too near.
    fn begin(self: &Arc<Self>, elapsed: Duration) -> Option<watch::Receiver<()>> {
        let near = |asked| elapsed.saturating_sub(asked) < self.config.refetch_interval;
        let mut state = self.lock();
        if state.under_way.is_some() || state.asked.is_some_and(near) {
            return state.under_way.clone();
        }
        let (until_over, under_way) = watch::channel(());
        state.asked = Some(elapsed);
        state.under_way = Some(under_way.clone());
        // A runtime that shuts down drops the task here, which locks the state.
        drop(state);
        let inner = Arc::clone(self);
        let fetch = Fetch { inner, as_of: elapsed, answer: None, _until_over: until_over };
        // In the background: a flood of clients that go away at once would otherwise end each fetch that it begins.
        background::spawn(fetch.run());
        Some(under_way)
    }

    /// Locks the state. No method awaits or panics while it holds the lock, so a poisoned one still guards a sound
    /// state.
    fn lock(&self) -> MutexGuard<'_, State<K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until a fetch is over.
async fn over(fetch: Option<watch::Receiver<()>>) {
    if let Some(mut fetch) = fetch {
        // Nothing is sent; an error means that the sender is gone.
        let _closed = fetch.changed().await;
    }
}

/// A fetch under way; over as it is dropped, also if the client panicked or the runtime ended.
struct Fetch<K: Send + Sync + 'static> {
    inner: Arc<Inner<K>>,
    as_of: Duration,
    answer: Option<Result<HashMap<KeyId, K>, BoxError>>,
    /// Dropped after the outcome was noted.
    _until_over: watch::Sender<()>,
}

impl<K: Send + Sync + 'static> Fetch<K> {
    async fn run(mut self) {
        let inner = &self.inner;
        let text = tokio::time::timeout(inner.config.time_out, inner.fetch.fetch()).await;
        let read = |text: String| {
            let (keys, refused) = (inner.read)(&text)?;
            for key in refused {
                let (index, kid, reason) = (key.index, key.kid, key.reason);
                tracing::warn!(index, ?kid, %reason, "a key of the issuer's set is ignored");
            }
            Ok(keys)
        };
        self.answer =
            Some(text.unwrap_or_else(|_| Err("the fetch timed out".into())).and_then(read));
    }
}

impl<K: Send + Sync + 'static> Drop for Fetch<K> {
    fn drop(&mut self) {
        let answer =
            self.answer.take().unwrap_or_else(|| Err("the fetch panicked or was cancelled".into()));
        let outcome = answer.map_err(Failure::from);
        if let Err(error) = &outcome {
            let error: &(dyn Error + 'static) = &**error;
            tracing::warn!(error, "fetching the issuer's key set failed");
        }
        let outcome = outcome.map(|keys| KeySet { keys, as_of: self.as_of });
        self.inner.lock().conclude(outcome);
    }
}
