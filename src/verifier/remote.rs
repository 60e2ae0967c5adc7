//! Checks access tokens by a key set that it fetches from the issuer, and keeps.
//!
//! Invariants: no two fetches run at once, or begin within the interval of each other, whatever tokens are presented;
//! a fetch that has begun is finished, though its caller goes away; keys are used up to a bounded age; a token is called
//! invalid only by keys that the issuer still stands by, as far as it answers.

mod config;

use std::{
    collections::HashMap,
    error::Error,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use tokio::sync::watch;

pub use self::config::{RemoteConfig, RemoteConfigError};
use super::{
    Terms,
    jwks::{self, JwksError},
};
use crate::{
    access_token::{AccessToken, TYP, TokenError, Verified},
    background,
    clock::{Clock, SystemClock, Timestamp},
    key::{KeyId, VerifyingKey},
};

/// An error of any type, as HTTP clients return it.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Fetches the issuer's key set, by the HTTP client that the application has. Closures that return a future are such.
///
/// # Security
/// It asks one address, which is part of the service's configuration, over HTTPS, and follows no redirect to another
/// host. It returns a body of status 200 alone, and stops reading beyond [`MAX_JWKS_LEN`](super::MAX_JWKS_LEN): a longer
/// text is refused here, but by then it is in memory.
#[async_trait]
pub trait FetchJwks: Send + Sync {
    /// Returns the text of the JWK set. It may be dropped before it is done, at the time-out.
    ///
    /// # Errors
    /// Any error, if the issuer does not answer, or not with its key set.
    async fn fetch(&self) -> Result<String, BoxError>;
}

#[async_trait]
impl<F, A> FetchJwks for F
where
    F: Fn() -> A + Send + Sync,
    A: Future<Output = Result<String, BoxError>> + Send + 'static,
{
    async fn fetch(&self) -> Result<String, BoxError> {
        self().await
    }
}

/// Checks the access tokens of one issuer for one audience by the public keys that it fetches.
///
/// The first call fetches them; so does the first one after [`max_age`](RemoteConfig::max_age), and one with a token
/// whose `kid` is not among them, but never within [`refetch_interval`](RemoteConfig::refetch_interval) of the last
/// fetch. All calls share one fetch. If it fails, keys are used on for [`stale_for`](RemoteConfig::stale_for), and later
/// attempts run in the background. A set without a fit key is no failure, but the issuer's word: its keys are gone.
///
/// Clones share the keys.
///
/// # Security
/// As with [`Verifier`](super::Verifier), a token of a revoked session passes here until it expires. Keys are judged as
/// by [`Verifier::from_jwks`](super::Verifier::from_jwks), and those that are refused are logged.
///
/// ```
/// use coatroom::{
///     AccessToken, RemoteVerifier,
///     access_token::Verified,
///     clock::Timestamp,
///     verifier::{BoxError, RemoteConfig, RemoteError},
/// };
///
/// # async fn get(url: &str) -> Result<String, BoxError> { Err(url.into()) }
/// # async fn check(bearer: &str) -> Result<(), Box<dyn std::error::Error>> {
/// let config = RemoteConfig::new("https://example.com", "coatroom");
/// // `get` is your HTTP client's.
/// let fetch = || get("https://example.com/.well-known/jwks.json");
/// let verifier = RemoteVerifier::new(config, fetch)?;
///
/// match verifier.verify(&AccessToken::parse(bearer)?, verifier.now()).await {
///     Ok(Verified::Valid(token)) => println!("{} asks", token.claims.sub),
///     Ok(Verified::Expired(_)) => println!("401: refresh"),
///     Err(RemoteError::Token(error)) => println!("401: {error}"),
///     Err(error) => println!("503: {error}"),
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct RemoteVerifier(Arc<Inner>);

struct Inner {
    config: RemoteConfig,
    terms: Terms,
    fetch: Box<dyn FetchJwks>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

/// The reason why a fetch brought no keys.
type Failure = Arc<dyn Error + Send + Sync>;

/// The keys, and the fetches that bring them. Times are [`Clock::elapsed`].
struct State {
    keys: Option<Arc<KeySet>>,
    /// The beginning of the last fetch.
    asked: Option<Duration>,
    /// The outcome of the last fetch that is over.
    last: Result<(), Failure>,
    /// Closes as the fetch under way is over.
    under_way: Option<watch::Receiver<()>>,
}

/// The fit keys of a set, as of the beginning of the fetch that brought it.
struct KeySet {
    keys: HashMap<KeyId, VerifyingKey>,
    as_of: Duration,
}

impl RemoteVerifier {
    /// A verifier that fetches its keys in that way, as soon as a token is presented.
    ///
    /// # Errors
    /// [`RemoteConfigError`] if the configuration does not fit together.
    pub fn new(
        config: RemoteConfig,
        fetch: impl FetchJwks + 'static,
    ) -> Result<Self, RemoteConfigError> {
        Self::with_clock(config, fetch, Arc::new(SystemClock))
    }

    /// The same, by another clock.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_clock(
        config: RemoteConfig,
        fetch: impl FetchJwks + 'static,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, RemoteConfigError> {
        config.check()?;
        let terms = Terms {
            issuer: config.issuer.clone(),
            audience: config.audience.clone(),
            typ: TYP,
            ttl: config.max_lifetime,
            clock_skew: config.clock_skew,
        };
        let state = Mutex::new(State {
            keys: None,
            asked: None,
            last: Err(BoxError::from("no key set was fetched yet").into()),
            under_way: None,
        });
        Ok(Self(Arc::new(Inner { config, terms, fetch: Box::new(fetch), clock, state })))
    }

    /// The current instant by its clock.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Checks a token as of `now`. Waits for a fetch if there is no key to check it with.
    ///
    /// # Errors
    /// [`RemoteError::Token`] if it is none of the issuer's; [`RemoteError::Unavailable`] if that cannot be said,
    /// because the keys are missing or too old, or because it names an unknown one and the last fetch failed. One past
    /// its time is no error, but [`Verified::Expired`].
    ///
    /// # Panics
    /// Outside of a Tokio runtime with its timer.
    pub async fn verify(
        &self,
        token: &AccessToken,
        now: Timestamp,
    ) -> Result<Verified, RemoteError> {
        let terms = &self.0.terms;
        if let Some(verdict) = self.0.keys().await?.check(terms, token, now) {
            return Ok(verdict?);
        }
        let verdict = self.0.refetched().await?.check(terms, token, now);
        Ok(verdict.unwrap_or(Err(TokenError::Key))?)
    }
}

impl fmt::Debug for RemoteVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteVerifier").field("config", &self.0.config).finish_non_exhaustive()
    }
}

/// The reason why a token was not accepted.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteError {
    /// The token is none of the issuer's: answer 401.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// There are no keys to check it with, and so it may be a good one: answer 503.
    #[error("the issuer's keys are unavailable")]
    Unavailable(#[source] Arc<dyn Error + Send + Sync>),
}

impl KeySet {
    /// Checks a token by these keys; `None` if it names none of them.
    fn check(
        &self,
        terms: &Terms,
        token: &AccessToken,
        now: Timestamp,
    ) -> Option<Result<Verified, TokenError>> {
        let mut unknown = false;
        let verdict = terms.verify(token, now, |kid| {
            let key = self.keys.get(kid);
            unknown = key.is_none();
            key
        });
        (!unknown).then_some(verdict)
    }
}

impl State {
    /// The keys, if they are younger than that.
    fn younger_than(&self, age: Duration, elapsed: Duration) -> Option<Arc<KeySet>> {
        let keys = self.keys.as_ref();
        keys.filter(|keys| elapsed.saturating_sub(keys.as_of) < age).map(Arc::clone)
    }

    /// The keys, if they are younger than that and the last fetch failed.
    fn while_failing(&self, age: Duration, elapsed: Duration) -> Option<Arc<KeySet>> {
        self.younger_than(age, elapsed).filter(|_| self.last.is_err())
    }

    /// Notes the outcome of the fetch that was under way.
    fn conclude(&mut self, outcome: Result<KeySet, Failure>) {
        self.under_way = None;
        if let Err(error) = &outcome
            && matches!(error.downcast_ref(), Some(JwksError::NoneFit(_)))
        {
            self.keys = None;
        }
        self.last = outcome.map(|keys| self.keys = Some(Arc::new(keys)));
    }

    fn unavailable(&self) -> RemoteError {
        let last = self.last.clone().err();
        RemoteError::Unavailable(
            last.unwrap_or_else(|| BoxError::from("the fetched keys are too old").into()),
        )
    }
}

impl Inner {
    /// Returns the keys, fetched again if they are due. Stale ones are returned at once if the last fetch failed: an
    /// issuer that accepts connections and never answers must not delay each request here.
    async fn keys(self: &Arc<Self>) -> Result<Arc<KeySet>, RemoteError> {
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
    async fn refetched(self: &Arc<Self>) -> Result<Arc<KeySet>, RemoteError> {
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
    fn lock(&self) -> MutexGuard<'_, State> {
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
struct Fetch {
    inner: Arc<Inner>,
    as_of: Duration,
    answer: Option<Result<HashMap<KeyId, VerifyingKey>, BoxError>>,
    /// Dropped after the outcome was noted.
    _until_over: watch::Sender<()>,
}

impl Fetch {
    async fn run(mut self) {
        let inner = &self.inner;
        let text = tokio::time::timeout(inner.config.time_out, inner.fetch.fetch()).await;
        let read = |text: String| {
            let (keys, refused) = jwks::read(&text)?;
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

impl Drop for Fetch {
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

#[cfg(test)]
mod tests;
