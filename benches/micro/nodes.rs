//! Nodes with the library's defaults and people who are all let in, and a stopwatch.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use coatroom::{
    Auth, AuthConfig, Role, ServerSecret, SignInContext, Subject, SystemClock,
    auth::{Credential, TokenPair},
    clock::Clock,
    config::Scheme,
    people::{People, PeopleError, Person},
    principal::Means,
    session::Persistence,
    store::Store,
};

/// Lets every subject in, without a lookup: the store of people is the application's.
#[derive(Debug)]
struct Everyone;

#[async_trait]
impl People for Everyone {
    async fn find(&self, _: &Subject) -> Result<Option<Person>, PeopleError> {
        Ok(Some(Person::new(Role::USER)))
    }
}

/// The defaults under that scheme, with a secret of its own.
pub(crate) fn config(scheme: Scheme) -> AuthConfig {
    let secret = ServerSecret::new(ServerSecret::generate()).expect("long enough");
    let mut config = AuthConfig::new("https://coatroom.example", secret);
    config.scheme = scheme;
    config
}

pub(crate) async fn node(config: AuthConfig, store: Arc<dyn Store>) -> Auth {
    node_with_clock(config, store, Arc::new(SystemClock)).await
}

pub(crate) async fn node_with_clock(
    config: AuthConfig,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
) -> Auth {
    Auth::with_clock(config, store, Arc::new(Everyone), clock).await.expect("a node")
}

pub(crate) async fn begin(auth: &Auth) -> Credential {
    let subject = Subject::new("ada").expect("a name");
    let context = SignInContext::new(Persistence::Remembered);
    auth.begin(&subject, Means::PASSWORD, context).await.expect("a session")
}

/// Begins a session, under a scheme that signs.
pub(crate) async fn begin_signed(auth: &Auth) -> TokenPair {
    begin(auth).await.into_signed().expect("signed tokens")
}

/// Returns what comes of `work`, and the time that it took.
pub(crate) async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let began = SystemClock.elapsed();
    let done = work.await;
    (done, SystemClock.elapsed().saturating_sub(began))
}

/// Adds up the times that each of `times` steps says it took, beside what it took to prepare.
pub(crate) async fn sum(times: u64, mut step: impl AsyncFnMut() -> Duration) -> Duration {
    let mut total = Duration::ZERO;
    for _ in 0..times {
        total += step().await;
    }
    total
}
