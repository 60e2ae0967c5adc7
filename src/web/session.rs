//! The sign-in of a request, as a handler sees and changes it.

use std::{sync::Arc, time::Duration};

use tokio::sync::OnceCell;
use tower_cookies::Cookies;

use super::{
    AuthRejection, Verdict,
    cookies::{self, CookiePolicy},
    held::{RequestAuthentication, SessionStatus, SessionTokens},
    request::Sender,
};
use crate::{
    access_token::TokenInfo,
    accounts::{Accounts, Credentials, SignInError, SignUpError},
    auth::{Auth, BeginError, Credential, IssueError, Refreshed, SignInContext, TokenPair},
    config::Scheme,
    principal::{Means, Principal, Subject},
    refresh_token::RefreshToken,
    session::{Decision, EndReason, Invalid, Persistence, SessionId},
    store::{StoreError, Trigger},
};

/// The client that a request comes from, as its tokens prove it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The owner of a session, whose access token is good.
    SignedIn(Box<Principal>),
    /// A client without one, but with a refresh token: it has to refresh first.
    RefreshDue,
    /// A client that is signed out; with the reason if the request shows that a session of its own is over.
    SignedOut(Option<EndReason>),
    /// A client whose spent refresh token was presented too often of late: it is answered again after that time. It is
    /// not signed out.
    TooManyReplays(Duration),
    /// Unknown now: the store does not answer, or a token could not be signed. A handler must not treat the client as
    /// signed out.
    Unavailable,
}

/// The outcome of a refresh, without its tokens: the answer carries those as cookies.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefreshOutcome {
    /// The decision of the rule.
    pub decision: Decision,
    /// The content of the new access token; `None` if the request gets none.
    pub info: Option<TokenInfo>,
}

impl RefreshOutcome {
    fn of(refreshed: &Refreshed) -> Self {
        let info = refreshed.tokens.as_ref().map(|tokens| tokens.info.clone());
        Self { decision: refreshed.decision, info }
    }
}

/// A sign-in that has just begun, without its tokens: the answer carries those as cookies.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewSession {
    /// Its owner, as the new cookies prove it.
    pub principal: Principal,
    /// The contents of its access token, if the [`Scheme`](crate::config::Scheme) has one.
    pub info: Option<TokenInfo>,
}

/// The sign-in of one request: in its extensions, behind [`AuthLayer`](super::AuthLayer).
///
/// Its methods set and delete cookies on the answer. It shows no token, neither those of the request nor new ones: an
/// application that hands tokens out itself, to a client without cookies, asks [`Auth`] for them.
#[derive(Clone, Debug)]
pub struct AuthSession(Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) auth: Auth,
    pub(super) policy: CookiePolicy,
    pub(super) cookies: Cookies,
    /// True if the request carried a token cookie, even one that is worth nothing.
    pub(super) any: bool,
    pub(super) found: RequestAuthentication,
    /// The refresh of this request, by the layer or by a handler; there is one at most.
    pub(super) refreshed: OnceCell<Arc<Refreshed>>,
    pub(super) trigger: Trigger,
    pub(super) sender: Sender,
}

impl AuthSession {
    pub(super) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// Returns the client that the request comes from.
    pub fn identity(&self) -> &Identity {
        &self.0.found.identity
    }

    /// Returns what the request's good access token says, all but its signature, for pages that show it; `None` if it has
    /// none, as under [`Scheme::Opaque`](crate::config::Scheme::Opaque). What it means is in [`identity`](Self::identity).
    pub fn token(&self) -> Option<&TokenInfo> {
        self.0.found.token.as_deref()
    }

    /// Returns the engine.
    pub fn auth(&self) -> &Auth {
        &self.0.auth
    }

    /// Returns the policy by which the cookies are set.
    pub fn cookie_policy(&self) -> &CookiePolicy {
        &self.0.policy
    }

    /// Returns whether the scheme has a refresh token that rotates: only then is there anything to refresh.
    pub fn rotates(&self) -> bool {
        matches!(self.0.auth.config().scheme, Scheme::Hybrid(_))
    }

    /// True if the request carried a token cookie, even one that is worth nothing.
    pub fn presented_any(&self) -> bool {
        self.0.any
    }

    /// Returns whether the request itself carried the good access token, which proves that its generation arrived.
    pub fn proves_delivery(&self) -> bool {
        matches!(self.0.found.identity, Identity::SignedIn(_)) && !self.0.refreshed.initialized()
    }

    /// Makes an account and signs it in; the sessions that the request proves to come from end.
    ///
    /// # Errors
    /// [`SignUpError`]; the browser keeps the cookies it has.
    pub async fn sign_up(
        &self,
        accounts: &Accounts,
        credentials: Credentials,
        persistence: Persistence,
    ) -> Result<NewSession, SignUpError> {
        let own = self.own_sessions().await.map_err(IssueError::from)?;
        let credential = accounts.sign_up(credentials, self.context(persistence, &own)).await?;
        Ok(self.replace(&own, &credential))
    }

    /// Signs a user in by a password; the sessions that the request proves to come from end.
    ///
    /// # Errors
    /// [`SignInError`]; the browser keeps the cookies it has.
    pub async fn sign_in(
        &self,
        accounts: &Accounts,
        credentials: Credentials,
        persistence: Persistence,
    ) -> Result<NewSession, SignInError> {
        let own = self.own_sessions().await?;
        let credential = accounts.sign_in(credentials, self.context(persistence, &own)).await?;
        Ok(self.replace(&own, &credential))
    }

    /// Signs a subject in that has proved by other means who it is; the sessions that the request proves to come from
    /// end.
    ///
    /// # Errors
    /// [`BeginError`]; the browser keeps the cookies it has.
    ///
    /// # Security
    /// It checks no proof: the caller has done so.
    pub async fn begin(
        &self,
        subject: &Subject,
        means: Means,
        persistence: Persistence,
    ) -> Result<NewSession, BeginError> {
        let own = self.own_sessions().await?;
        let context = self.context(persistence, &own);
        let credential = self.0.auth.begin(subject, means, context).await?;
        Ok(self.replace(&own, &credential))
    }

    /// Exchanges the request's refresh token, once, however often a handler calls it.
    ///
    /// # Errors
    /// [`IssueError`]; the browser keeps the cookies it has.
    pub async fn refresh(&self) -> Result<RefreshOutcome, IssueError> {
        // Otherwise a client would hear that its token is worth nothing, though only the store does not answer.
        self.looked_up()?;
        let inner = &self.0;
        let refresh = || async {
            let presented = inner.found.refresh_token().cloned();
            let refreshed =
                inner.auth.refresh(presented, inner.trigger, inner.sender.client()).await?;
            if let Some(tokens) = &refreshed.tokens {
                self.set(tokens);
            }
            Ok::<_, IssueError>(Arc::new(refreshed))
        };
        let refreshed = inner.refreshed.get_or_try_init(refresh).await?;
        Ok(RefreshOutcome::of(refreshed))
    }

    /// Returns the outcome of the request's refresh: by the layer, in passing, or by a handler; `None` if there was none.
    pub fn refreshed(&self) -> Option<RefreshOutcome> {
        self.0.refreshed.get().map(|refreshed| RefreshOutcome::of(refreshed))
    }

    /// Ends every session that the request proves to come from, and deletes the cookies of all that are this server's.
    ///
    /// A good access token proves it, or a refresh token that this server derived. An expired access token does not:
    /// otherwise an attacker with an old log could sign users out.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer; the session lives on and the browser keeps its cookies.
    pub async fn sign_out(&self) -> Result<(), StoreError> {
        let own = self.own_sessions().await?;
        for id in &own {
            self.0.auth.sign_out(*id, self.0.sender.client()).await?;
        }
        let is_ours = |held: &SessionTokens| held.access.is_some() || held.opened.is_some();
        self.forget(|held| is_ours(held) || own.contains(&held.session));
        Ok(())
    }

    /// Ends every session of the subject that is signed in, this one with them, and deletes the request's cookies.
    /// Returns how many of the subject's it ended.
    ///
    /// # Errors
    /// [`AuthRejection`] if the request does not come from a user with a good access token; and
    /// [`AuthRejection::Unavailable`] if the store does not answer. Some sessions may have ended by then, and the
    /// browser keeps its cookies: try again.
    pub async fn sign_out_everywhere(&self) -> Result<u32, AuthRejection> {
        let subject = self.current_user()?.subject.clone();
        let client = self.0.sender.client();
        let unavailable = |error: StoreError| {
            tracing::error!(%error, "signing a user out everywhere failed; some sessions may have ended");
            AuthRejection::Unavailable
        };
        let ended = self.0.auth.sign_out_everywhere(&subject, client).await.map_err(unavailable)?;
        // The request's cookies are deleted, so the sessions that they belong to end: also one of another subject,
        // which a late answer may have left in the jar.
        self.sign_out().await.map_err(unavailable)?;
        Ok(ended)
    }

    /// Deletes the cookies of those sessions of the request that are this server's and over: compare and clear.
    /// Returns whether it holds none that lives.
    ///
    /// A page that was told "signed out" asks for this. In between, the user may have signed in in another tab, so the
    /// cookies of this very request decide. Those of another application are not this server's to delete.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer; the browser keeps its cookies.
    pub async fn clear_if_dead(&self) -> Result<bool, StoreError> {
        self.looked_up()?;
        let (mut lives, mut dead) = (false, Vec::new());
        for held in &self.0.found.held {
            match held.status(&self.0.auth).await? {
                // A spent token does not make the session dead: a refresh ends it, and tells the client so.
                SessionStatus::Living { .. } => lives = true,
                SessionStatus::Dead { .. } => dead.push(held.session),
                SessionStatus::Nothing => {}
            }
        }
        self.forget(|held| dead.contains(&held.session));
        Ok(!lives)
    }

    /// Checks that the worth of the access token is known: one that could not be looked up may be good, and its session
    /// alive.
    fn looked_up(&self) -> Result<(), StoreError> {
        match self.0.found.identity {
            Identity::Unavailable => {
                Err(StoreError::Unavailable("the access token could not be checked".into()))
            }
            _ => Ok(()),
        }
    }

    fn context(&self, persistence: Persistence, own: &[SessionId]) -> SignInContext {
        SignInContext { persistence, client: self.0.sender.client(), replaces: own.to_vec() }
    }

    /// Returns the sessions that the request proves to come from: more than one if concurrent sign-ins left several.
    async fn own_sessions(&self) -> Result<Vec<SessionId>, StoreError> {
        self.looked_up()?;
        let mut own = Vec::new();
        for held in &self.0.found.held {
            let derived = match &held.refresh {
                Some(refresh) if !held.is_proven() => self.0.auth.session_of(refresh).await?,
                _ => None,
            };
            if held.is_proven() || derived.is_some() {
                own.push(held.session);
            }
        }
        Ok(own)
    }

    /// Sets the cookies that the layer's refresh brought, and deletes those of sessions that are over beside one that
    /// lives. If none lives they stay: they tell the next page why its user is signed out.
    pub(super) fn settle(&self) {
        let found = &self.0.found;
        if let Some(tokens) =
            found.refreshed.as_ref().and_then(|refreshed| refreshed.tokens.as_ref())
        {
            self.set(tokens);
        }
        if matches!(found.identity, Identity::SignedIn(_)) {
            self.forget(|held| held.dead);
        }
    }

    /// Returns the worth of the tokens and the decision, for logs, metrics and tests.
    pub(super) fn verdict(&self) -> Verdict {
        let (found, refreshed) = (&self.0.found, self.0.refreshed.get());
        // Every decision but this one is on a token of ours; a token without a decision proves nothing.
        let unrecognized = Decision::Invalid(Invalid::Unrecognized);
        let recognized = refreshed.is_some_and(|refreshed| refreshed.decision != unrecognized);
        let presented = found.refresh_token().filter(|_| recognized).map(RefreshToken::sid);
        let is_shown = |held: &&SessionTokens| {
            held.opened.is_some()
                || held.access.as_ref().is_some_and(|access| access.info().is_some())
        };
        let shown = found.held.iter().rev().find(is_shown).map(|held| held.session);
        let owner = if let Identity::SignedIn(principal) = &found.identity {
            Some((principal.session, principal.subject.clone()))
        } else {
            let pair = refreshed.and_then(|refreshed| refreshed.tokens.as_ref());
            pair.map(|pair| (pair.info.claims.sid, pair.info.claims.sub.clone()))
        };
        Verdict {
            access: found.validity,
            refresh: refreshed.map(|refreshed| refreshed.decision),
            session: owner.as_ref().map(|(session, _)| *session).or(presented).or(shown),
            subject: owner.map(|(_, subject)| subject),
        }
    }

    /// Sets the cookies of a new session, and deletes those of the sessions that it replaced.
    fn replace(&self, own: &[SessionId], credential: &Credential) -> NewSession {
        self.forget(|held| held.dead || own.contains(&held.session));
        cookies::begin(&self.0.cookies, &self.0.policy, credential);
        NewSession { principal: credential.principal(), info: credential.info().cloned() }
    }

    fn set(&self, tokens: &TokenPair) {
        if tokens.refresh.is_some() {
            self.forget_untagged(|held| held.session == tokens.session.id);
        }
        cookies::set(&self.0.cookies, &self.0.policy, tokens);
    }

    /// Deletes the cookies of the sessions held that are `gone`.
    fn forget(&self, gone: impl Fn(&SessionTokens) -> bool) {
        for held in self.0.found.held.iter().filter(|held| gone(held)) {
            let scheme = self.0.auth.config().scheme;
            cookies::delete(&self.0.cookies, &self.0.policy, scheme, held.session);
        }
        self.forget_untagged(gone);
    }

    /// Deletes the cookies without a tag if all sessions that they hold are `served`: deletion affects all of them.
    fn forget_untagged(&self, served: impl Fn(&SessionTokens) -> bool) {
        let mut untagged = self.0.found.held.iter().filter(|held| held.untagged).peekable();
        if untagged.peek().is_some() && untagged.all(served) {
            cookies::delete_untagged(&self.0.cookies, &self.0.policy);
        }
    }
}
