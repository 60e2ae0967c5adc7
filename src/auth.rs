//! The engine: signs users up, in and out, checks access tokens and refreshes them.
//!
//! It carries out what [`decide`] decides. It knows no HTTP: tokens come in as text and go out as types that do not
//! print themselves. Invariant: an error of the store is an error here, never an answer about a session.

mod access;
mod administer;
pub(crate) mod behind;
mod buckets;
mod clocks;
mod credentials;
mod ended;
mod error;
mod failures;
mod follow;
mod guard;
mod keys;
mod lock_step;
mod misfit;
mod passwords;
mod racers;
mod ready;
mod refresh;
mod sign_out;

use std::sync::Arc;

pub use self::{
    access::{Access, Worth},
    administer::end_sessions_of,
    credentials::{Credentials, SignInContext},
    error::{IssueError, SignInError, SignUpError, StartError},
    ready::NotReady,
    refresh::{Refreshed, TokenPair},
};
use self::{
    behind::Behind,
    failures::Failures,
    follow::{Follower, Heard},
    guard::Guard,
    misfit::Misfits,
    racers::Racers,
    ready::Writable,
};
use crate::{
    access_token::AccessTokens,
    clock::{Clock, SystemClock, Timestamp},
    config::AuthConfig,
    keys::Keys,
    observer::Observed,
    password::{HashError, Hasher},
    refresh_token::RefreshToken,
    replays::Replays,
    revocation::{Denylist, Moment, Seen},
    secret::{Peppers, random},
    session::{Decision, EndReason, Presented, Session, SessionId, SessionNonce, decide},
    store::{Change, Event, EventKind, Store, StoreError, Trigger},
    user::{Role, User, UserId},
    verifier::Terms,
};

/// The sign-in of one application. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub struct Auth(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: AuthConfig,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    hasher: Hasher,
    guard: Guard,
    failures: Failures,
    keys: Keys,
    tokens: Arc<AccessTokens>,
    peppers: Peppers,
    denylist: Arc<Denylist>,
    follower: Follower,
    seen: Seen,
    reported: Seen,
    replays: Replays,
    racers: Racers,
    misfits: Misfits,
    writable: Writable,
    behind: Behind,
}

impl Auth {
    /// Makes an engine on a store.
    ///
    /// # Errors
    /// [`StartError`] if the configuration does not fit together, or the store does not answer.
    pub async fn new(config: AuthConfig, store: Arc<dyn Store>) -> Result<Self, StartError> {
        Self::with_clock(config, store, Arc::new(SystemClock)).await
    }

    /// Makes an engine on a store and with a clock of the caller's own.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub async fn with_clock(
        config: AuthConfig,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StartError> {
        config.check()?;
        let now = clock.now();
        let (hashing, at_once) = (config.hashing, config.guessing.at_once);
        let hasher = tokio::task::spawn_blocking(move || Hasher::new(hashing, at_once))
            .await
            .map_err(|_| StartError::Hashing)?
            .map_err(|error| match error {
                HashError::NoMemory => StartError::Memory { kib: hashing.memory_kib },
                _ => StartError::Hashing,
            })?
            .with_foreign(config.foreign_hashes.clone());
        let terms = Terms {
            issuer: config.issuer.clone(),
            audience: config.audience.clone(),
            ttl: config.access_ttl,
            clock_skew: config.clock_skew,
        };
        let keys = Keys::new(Arc::clone(&store), &config);
        let keyring = keys.open_or_make(config.algorithm, now).await?;
        let peppers = Peppers::new(&config.secret, &config.old_secrets);
        let tokens = Arc::new(AccessTokens::new(terms, keyring, peppers.clone()));
        let moment = Moment::of(&*clock);
        // A token that is dated only by its row's last proof may be younger than the proof by the spacing.
        let dated = config.access_ttl + config.timing().spacing;
        let denylist = Arc::new(Denylist::new(dated, config.clock_skew, moment));
        let heard = Heard {
            store: Arc::clone(&store),
            clock: Arc::clone(&clock),
            denylist: Arc::clone(&denylist),
            keys: keys.clone(),
            tokens: Arc::clone(&tokens),
            skew: config.clock_skew,
        };
        let keep = denylist.keep();
        let follower = Follower::start(heard, config.feed).await?;
        let guard = Guard::new(&config.guessing, &clock);
        let (seen, reported) = (Seen::new(keep, moment), Seen::new(keep, moment));
        let replays = Replays::new(config.replays);
        Ok(Self(Arc::new(Inner {
            config,
            store,
            clock,
            hasher,
            guard,
            failures: Failures::default(),
            keys,
            tokens,
            peppers,
            denylist,
            follower,
            seen,
            reported,
            replays,
            racers: Racers::default(),
            misfits: Misfits::default(),
            writable: Writable::default(),
            behind: Behind::new(),
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

    /// Drains the background tasks of earlier requests: the proofs of delivery are noted, and failed sign-ins. Call it
    /// before the store is closed or inspected.
    pub async fn settled(&self) {
        self.0.behind.settled().await;
        self.0.write_failures().await;
    }

    /// Polls the store now for what other nodes did, ahead of [the interval](crate::config::FeedTiming::poll): for a
    /// caller that knows of news, or whose own clock does not advance at the pace of polling.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer.
    pub async fn ask_for_changes(&self) -> Result<(), StoreError> {
        self.0.follower.ask().await
    }

    async fn begin_session(
        &self,
        user: &User,
        context: SignInContext,
        kind: EventKind,
    ) -> Result<TokenPair, IssueError> {
        let now = self.now();
        let lifetimes = self.0.config.lifetimes(context.persistence);
        let absolute_expires_at = now + lifetimes.absolute;
        let session = Session {
            id: SessionId::random(),
            user_id: user.id,
            role: user.role,
            created_at: now,
            authenticated_at: now,
            nonce: SessionNonce::from_bytes(random()),
            pepper_kid: self.0.peppers.current.kid.clone(),
            generation: 0,
            rotated_at: now,
            acknowledged_at: None,
            replays: 0,
            persistence: context.persistence,
            idle_expires_at: (now + lifetimes.idle).min(absolute_expires_at),
            absolute_expires_at,
            revoked: None,
            authz_version: user.authz_version,
            client: context.client.clone(),
            last_seen_at: now,
            // The newest that this node knows. If there is a later one, the row says so.
            epoch: self.0.follower.epoch(),
        };
        let client = context.client;
        let event = Event {
            at: now,
            kind,
            generation: 0,
            trigger: Trigger::Call,
            client: client.clone(),
            times: 1,
        };
        self.0.store.add_session(&session, &event).await?;
        self.0.observe(Observed::Begun { session: &session, kind });
        // Ended only after the new session is stored: had that failed, the old ones would have to live on.
        for old in context.replaces {
            self.revoke(old, EndReason::Replaced, EventKind::Replaced, client.clone()).await?;
        }
        Ok(self.0.both_tokens(session, now)?)
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

    /// Gives an account another role. Its access tokens are out of date on every node as soon as it hears of the
    /// change, and a refresh gives the client the new role; it stays signed in. Returns the account; `None` if there is
    /// none.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer; the account keeps its role then.
    pub async fn set_role(&self, id: UserId, role: Role) -> Result<Option<User>, StoreError> {
        let inner = Arc::clone(&self.0);
        // In a background task, as a revocation is: the store and this node's memory must agree.
        behind::whole(async move {
            let now = inner.clock.now();
            let user = inner.store.set_role(id, role, now).await?;
            if let Some(user) = &user {
                let version = user.authz_version;
                inner.note(Change::Authz { user: id, version, at: now });
            }
            Ok(user)
        })
        .await
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

    /// Returns an account; `None` if there is none.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer.
    pub async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.0.store.user(id).await
    }
}

impl Inner {
    /// Returns the session of a token, if this server derived the token.
    async fn find(&self, presented: Option<&RefreshToken>) -> Result<Option<Session>, StoreError> {
        let Some(token) = presented else { return Ok(None) };
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

    fn observe(&self, observed: Observed<'_>) {
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
