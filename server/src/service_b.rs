//! `coatroom service-b`: a second service, with a database and sessions of its own. Of service A it knows the keys alone.
//!
//! It keeps no accounts: its people are the users that A vouched for. A session of theirs is B's own from then on, which
//! A can neither see nor end; it ends here.

mod arrival;
mod states;

use std::sync::Arc;

use app::{
    error::ApiError,
    service_b::{ARRIVE, CONTINUE, FRONT, SIGN_OUT, Service, SignedIn},
};
use async_trait::async_trait;
use axum::{
    Router,
    extract::State,
    middleware::from_fn,
    response::{Html, IntoResponse as _, Response},
    routing::{get, post},
};
use coatroom::{
    Auth, AuthLayer, AuthSession, CurrentUser, People, Person, Role, Subject,
    config::Scheme,
    handshake::HandshakeReceiver,
    people::PeopleError,
    store::{OnceStore, Store},
    verifier::RemoteConfig,
    web::AuthRejection,
};

use crate::{
    assets, compression,
    config::{Arrival, ArrivalKeys, Config},
    database::Stores,
    fetch::KeySet,
    handoff::{see_other, with_status_of},
    prefetch, router,
    serve::Doors,
    surrounded::Surrounded,
    telemetry,
};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs until it is told to end.
///
/// # Errors
/// The reason why it did not start, in one line.
pub async fn run(mut config: Config, stores: Stores) -> Result<(), Failure> {
    // The token was for one use. What takes its place can be ended at once, and says nothing to its holder.
    config.auth.scheme = Scheme::Opaque;
    let arrival = config.arrival.clone().ok_or("service-b was told of no other service")?;
    let doors = Doors::prepare(&config)?;
    let names = assets::names(&config.site)?;
    let store = stores.sessions;
    let once: Arc<dyn OnceStore> = Arc::<dyn Store>::clone(&store);
    let receiver = receiver(&arrival, &config.origin, config.auth.clock_skew, once)?;
    let auth = Auth::new(config.auth.clone(), store, Arc::new(VouchedFor)).await?;
    let shell = doors.shell(&config, &auth);
    let state = Arc::new(Site { arrival, receiver, css: names.css.clone() });
    let pages = Router::new()
        .route(FRONT, get(front))
        .route(CONTINUE, post(arrival::begin))
        .route(ARRIVE, get(arrival::arrive))
        .route(SIGN_OUT, post(sign_out))
        .route("/api/whoami", get(router::whoami))
        .with_state(state)
        .layer(AuthLayer::new(auth.clone()).with_cookie_policy(shell.cookies.clone()))
        // Outside of authentication: a page that is fetched ahead exchanges nothing.
        .layer(from_fn(prefetch::refuse))
        .layer(from_fn(compression::run));
    let site = Surrounded::new(pages.merge(assets::router(&config.site, &names)), shell);
    let listener = doors.bind().await?;
    telemetry::announce(&format_args!("Service B is open at {}", config.origin));
    let drained = auth.clone();
    doors.open(listener, site, auth, async move { drained.drain().await }).await;
    Ok(())
}

/// Returns the receiver of the tokens that A issues for this origin.
fn receiver(
    arrival: &Arrival,
    origin: &str,
    skew: std::time::Duration,
    once: Arc<dyn OnceStore>,
) -> Result<HandshakeReceiver, Failure> {
    let mut remote = RemoteConfig::new(&arrival.issuer, origin);
    remote.clock_skew = skew;
    let fetch = |url| {
        let keys = KeySet::at(url)?;
        Ok::<_, Failure>(move || keys.clone().text())
    };
    Ok(match &arrival.keys {
        ArrivalKeys::Jwks(url) => HandshakeReceiver::with_jwks(remote, fetch(url)?, once)?,
        ArrivalKeys::Paserks(url) => HandshakeReceiver::with_paserks(remote, fetch(url)?, once)?,
        ArrivalKeys::Shared(secrets) => {
            HandshakeReceiver::with_shared_secrets(remote, secrets, once)?
        }
    })
}

/// The state of the pages.
struct Site {
    arrival: Arrival,
    receiver: HandshakeReceiver,
    css: String,
}

impl Site {
    fn service(&self) -> Service<'_> {
        let Arrival { issuer, name, .. } = &self.arrival;
        Service { css: &self.css, name, issuer }
    }

    /// Answers with a page that says why nothing happened.
    fn failed(&self, error: ApiError) -> Response {
        let page = self.service().notice("Not now", &error.to_string());
        with_status_of(error, Html(page).into_response())
    }
}

/// The people of B: each user that A vouches for, by a name that says so.
#[derive(Debug)]
struct VouchedFor;

impl VouchedFor {
    const PREFIX: &str = "a:";

    /// Returns B's own name for a user of A: two services may have users of one id.
    fn subject(of_issuer: &Subject) -> Option<Subject> {
        Subject::new(format!("{}{of_issuer}", Self::PREFIX)).ok()
    }
}

#[async_trait]
impl People for VouchedFor {
    async fn find(&self, subject: &Subject) -> Result<Option<Person>, PeopleError> {
        let known = subject.as_str().starts_with(Self::PREFIX);
        Ok(known.then(|| Person::new(Role::USER)))
    }
}

/// `GET /`: says who is signed in, or offers to continue with A.
async fn front(
    State(site): State<Arc<Site>>,
    user: Result<Option<CurrentUser>, AuthRejection>,
) -> Response {
    match user {
        Ok(Some(CurrentUser(user))) => {
            let (subject, means) = (user.subject.as_str(), user.means.as_str());
            Html(site.service().signed_in(SignedIn { subject, means })).into_response()
        }
        Ok(None) => {
            let page = Html(site.service().welcome()).into_response();
            arrival::leaving(&site, page)
        }
        Err(rejection) => site.failed(rejection.into()),
    }
}

/// `POST /sign-out`: ends B's session, and none of A.
async fn sign_out(State(site): State<Arc<Site>>, session: AuthSession) -> Response {
    match session.sign_out().await {
        Ok(()) => see_other(FRONT),
        Err(error) => site.failed(error.into()),
    }
}
