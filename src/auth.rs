//! The engine: begins sessions, checks access tokens, refreshes them, and ends sessions.
//!
//! It carries out what [`decide`] decides. It knows no HTTP and no passwords: tokens come in as text and go out as types
//! that do not print themselves, and an application says who a session belongs to. Invariant: an error of the store is
//! an error here, never an answer about a session.

mod access;
mod administer;
mod authority;
mod begin;
mod clocks;
mod counts;
mod credential;
mod ended;
mod error;
mod follow;
mod keys;
mod lock_step;
mod mismatch;
mod opaque;
mod ready;
mod refresh;
mod sign_out;
mod single_flight;
pub(crate) mod spans;

use std::sync::Arc;

pub use self::{
    access::{Access, Validity},
    administer::end_sessions_of,
    begin::SignInContext,
    counts::DecisionCounts,
    credential::Credential,
    error::{BeginError, IssueError, SignError, StartError},
    opaque::Opened,
    ready::NotReady,
    refresh::{Refreshed, TokenPair},
    sign_out::EndedBy,
};
use self::{
    counts::Counters,
    follow::{Follower, FollowerContext},
    mismatch::TokenMismatches,
    ready::PingCache,
    single_flight::{Flight, SingleFlight},
};
use crate::{
    access_token::TokenKind,
    background::BackgroundTasks,
    clock::{Clock, SystemClock, Timestamp},
    config::{AuthConfig, Scheme},
    issuer::AccessTokens,
    keys::Keys,
    observer::Observation,
    people::People,
    refresh_token::RefreshToken,
    replays::Replays,
    revocation::{Denylist, Moment, RecentGenerations},
    secret::Peppers,
    session::{Decision, Presented, Session, SessionId, decide},
    store::{Change, Event, Store, StoreError},
    verifier::Terms,
};

/// The sessions of one application. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub struct Auth(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: AuthConfig,
    store: Arc<dyn Store>,
    people: Arc<dyn People>,
    clock: Arc<dyn Clock>,
    keys: Keys,
    tokens: Arc<AccessTokens>,
    peppers: Peppers,
    denylist: Arc<Denylist>,
    follower: Follower,
    seen: RecentGenerations,
    reported: RecentGenerations,
    replays: Replays,
    refreshes: SingleFlight<Flight, Refreshed>,
    proofs: SingleFlight<(SessionId, u64), bool>,
    counters: Counters,
    mismatches: TokenMismatches,
    writable: PingCache,
    background: BackgroundTasks,
}

impl Auth {
    /// Makes an engine on a store of sessions, for an application's own people. For the built-in accounts, make
    /// [`Accounts`](crate::Accounts), which has an engine.
    ///
    /// # Errors
    /// [`StartError`] if the configuration does not fit together, or the store does not answer.
    pub async fn new(
        config: AuthConfig,
        store: Arc<dyn Store>,
        people: Arc<dyn People>,
    ) -> Result<Self, StartError> {
        Self::with_clock(config, store, people, Arc::new(SystemClock)).await
    }

    /// Makes an engine on a store and with a clock of the caller's own.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub async fn with_clock(
        config: AuthConfig,
        store: Arc<dyn Store>,
        people: Arc<dyn People>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StartError> {
        config.check()?;
        let now = clock.now();
        let terms = Terms {
            issuer: config.issuer.clone(),
            audience: config.audience.clone(),
            typ: match config.scheme {
                Scheme::Token(_) => TokenKind::Session.media_type(),
                Scheme::Hybrid(_) | Scheme::Opaque => TokenKind::Access.media_type(),
            },
            ttl: config.signed_ttl(),
            clock_skew: config.clock_skew,
        };
        let keys = Keys::new(Arc::clone(&store), &config);
        let keyring = keys.open_or_make(config.algorithm, now).await?;
        let peppers = Peppers::new(&config.secret, &config.old_secrets);
        let tokens = Arc::new(AccessTokens::new(terms, keyring, peppers.clone()));
        let moment = Moment::of(&*clock);
        // A token that is dated only by its row's last proof may be younger than the proof by the spacing.
        let dated = config.signed_ttl() + config.timing().spacing;
        let denylist = Arc::new(Denylist::new(dated, config.clock_skew, moment));
        let context = FollowerContext {
            store: Arc::clone(&store),
            clock: Arc::clone(&clock),
            denylist: Arc::clone(&denylist),
            keys: keys.clone(),
            tokens: Arc::clone(&tokens),
            skew: config.clock_skew,
        };
        let keep = denylist.keep();
        let follower = Follower::start(context, config.feed).await?;
        let (seen, reported) =
            (RecentGenerations::new(keep, moment), RecentGenerations::new(keep, moment));
        let replays = Replays::new(config.replays);
        Ok(Self(Arc::new(Inner {
            config,
            store,
            people,
            clock,
            keys,
            tokens,
            peppers,
            denylist,
            follower,
            seen,
            reported,
            replays,
            refreshes: SingleFlight::default(),
            proofs: SingleFlight::default(),
            counters: Counters::default(),
            mismatches: TokenMismatches::default(),
            writable: PingCache::default(),
            background: BackgroundTasks::new(),
        })))
    }

    /// Returns the configuration that it was made with.
    pub fn config(&self) -> &AuthConfig {
        &self.0.config
    }

    /// Returns the time by the engine's clock.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.0.store
    }

    pub(crate) fn observe(&self, observed: Observation<'_>) {
        self.0.observe(observed);
    }

    /// Drains the background tasks of earlier requests, which note proofs of delivery. Call it before the store is closed
    /// or inspected.
    pub async fn drain(&self) {
        self.0.background.drain().await;
    }

    /// Polls the store now for what other nodes did, ahead of [the interval](crate::config::FeedTiming::poll): for a
    /// caller that knows of news, or whose own clock does not advance at the pace of polling.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer.
    pub async fn poll_changes(&self) -> Result<(), StoreError> {
        self.0.follower.ask().await
    }

    /// Decides on a refresh token as a refresh would, and carries nothing out.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer.
    pub async fn inspect(&self, presented: Option<&RefreshToken>) -> Result<Decision, StoreError> {
        let session = self.0.find(presented).await?;
        Ok(self.0.decide(presented, session.as_ref(), self.now()))
    }

    /// Returns the session that a refresh token belongs to, if this server derived the token, also if the token is
    /// spent or the session over.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer.
    pub async fn session_of(
        &self,
        presented: &RefreshToken,
    ) -> Result<Option<Session>, StoreError> {
        self.0.find(Some(presented)).await
    }

    /// Returns a session as the store has it.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer.
    pub async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.0.store.session(id).await
    }

    /// Returns the newest events of a session, newest first.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer.
    pub async fn events(&self, id: SessionId, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.0.store.events(id, limit).await
    }
}

impl Inner {
    /// Returns the session of a token, if this server derived the token. No other scheme has refresh tokens.
    async fn find(&self, presented: Option<&RefreshToken>) -> Result<Option<Session>, StoreError> {
        let (Some(token), Scheme::Hybrid(_)) = (presented, self.config.scheme) else {
            return Ok(None);
        };
        let session = self.store.session(token.sid()).await?;
        let session = session.filter(|session| {
            let pepper = self.peppers.find(&session.pepper_kid);
            pepper.is_some_and(|pepper| token.is_derived_for(session, pepper))
        });
        // Another node revoked it, or a write of ours whose answer was lost: a node that reads this remembers it.
        if let Some(Session { id, revoked: Some(revocation), .. }) = &session {
            self.note(Change::Revoked { id: *id, at: revocation.at });
        }
        Ok(session)
    }

    fn observe(&self, observed: Observation<'_>) {
        if let Some(observer) = &self.config.observer {
            observer.observe(&observed);
        }
    }

    /// Remembers what this node did, or found in a row.
    fn note(&self, change: Change) {
        self.denylist.note(change, Moment::of(&*self.clock));
    }

    fn decide(
        &self,
        token: Option<&RefreshToken>,
        session: Option<&Session>,
        now: Timestamp,
    ) -> Decision {
        let presented = match (token, session) {
            (Some(token), Some(session)) => {
                Presented::Genuine { generation: token.generation(), session }
            }
            _ => Presented::Unrecognized,
        };
        decide(now, presented, &self.config.timing())
    }
}
