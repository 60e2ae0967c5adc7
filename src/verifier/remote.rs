//! Checks access tokens by a key set that it fetches from the issuer, and keeps.
//!
//! Invariants: no two fetches run at once, or begin within the interval of each other, whatever tokens are presented;
//! a fetch that has begun is finished, though its caller goes away; keys are used up to a bounded age; a token is called
//! invalid only by keys that the issuer still stands by, as far as it answers.

mod config;
mod keys;

use std::{collections::HashMap, error::Error, fmt, sync::Arc};

use async_trait::async_trait;

pub use self::config::{RemoteConfig, RemoteConfigError};
pub(crate) use self::keys::RemoteKeys;
use super::{Seen, Terms, jwks};
use crate::{
    access_token::{AccessToken, TokenError, Verified},
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
pub struct RemoteVerifier {
    terms: Arc<Terms>,
    keys: RemoteKeys<VerifyingKey>,
    seen: Seen,
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
        let terms = Arc::new(Terms {
            issuer: config.issuer.clone(),
            audience: config.audience.clone(),
            typ: config.kind.media_type(),
            ttl: config.max_lifetime,
            clock_skew: config.clock_skew,
        });
        let keys = RemoteKeys::new(config, fetch, jwks::read, clock)?;
        Ok(Self { terms, keys, seen: Seen::default() })
    }

    /// The current instant by its clock.
    pub fn now(&self) -> Timestamp {
        self.keys.now()
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
        let check = |keys: &HashMap<KeyId, VerifyingKey>| {
            let mut unknown = false;
            let verdict = self.terms.verify(token, now, &self.seen, |kid| {
                let key = keys.get(kid);
                unknown = key.is_none();
                key
            });
            (!unknown).then_some(verdict)
        };
        let verdict = self.keys.check(check).await.map_err(RemoteError::Unavailable)?;
        Ok(verdict.unwrap_or(Err(TokenError::Key))?)
    }
}

impl fmt::Debug for RemoteVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteVerifier").field("config", self.keys.config()).finish_non_exhaustive()
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

#[cfg(test)]
mod tests;
