//! What a handler sees of the sign-in of its request, and what it can do about it.

use std::sync::Arc;

use tower_cookies::Cookies;

use super::cookies::{self, CookiePolicy, Presented};
use crate::{
    access_token::TokenInfo,
    auth::{
        Auth, Credentials, IssueError, Refreshed, SignInContext, SignInError, SignUpError,
        TokenPair,
    },
    session::{Client, Decision, EndReason, Persistence, SessionId},
    store::{StoreError, Trigger},
};

/// Who a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Somebody with a good access token.
    SignedIn(TokenInfo),
    /// Somebody without one, but with a refresh token: a call has to refresh first.
    RefreshDue,
    /// Nobody; with the reason where the request shows that a session of its own is over.
    SignedOut(Option<EndReason>),
    /// Nothing can be said now: the store does not answer. Nobody is to be treated as signed out.
    Unavailable,
}

/// The sign-in of one request: in its extensions, behind [`AuthLayer`](super::AuthLayer).
///
/// Its methods set and delete cookies on the answer. It never shows a token.
#[derive(Clone, Debug)]
pub struct AuthSession(Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) auth: Auth,
    pub(super) policy: CookiePolicy,
    pub(super) cookies: Cookies,
    pub(super) presented: Presented,
    pub(super) identity: Identity,
    /// The session that the access token names, whatever that token is worth.
    pub(super) sid: Option<SessionId>,
    /// What the layer did already, so that nobody does it twice.
    pub(super) refreshed: Option<Refreshed>,
    pub(super) trigger: Trigger,
    pub(super) client: Client,
}

impl AuthSession {
    pub(super) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// Who the request comes from.
    pub fn identity(&self) -> &Identity {
        &self.0.identity
    }

    /// The engine.
    pub fn auth(&self) -> &Auth {
        &self.0.auth
    }

    /// How the cookies are set.
    pub fn cookie_policy(&self) -> CookiePolicy {
        self.0.policy
    }

    /// Whether the request carried a token cookie, of whatever worth.
    pub fn presented_any(&self) -> bool {
        self.0.presented.any()
    }

    /// Whether the request itself carried the good access token, which proves that its generation arrived.
    pub fn proves_delivery(&self) -> bool {
        matches!(self.0.identity, Identity::SignedIn(_)) && self.0.refreshed.is_none()
    }

    /// Makes an account and signs it in; the session that the request came with ends.
    ///
    /// # Errors
    /// [`SignUpError`]; the browser keeps the cookies it has.
    pub async fn sign_up(
        &self,
        who: Credentials,
        persistence: Persistence,
    ) -> Result<TokenPair, SignUpError> {
        let tokens = self.0.auth.sign_up(who, self.context(persistence).await?).await?;
        self.set(&tokens);
        Ok(tokens)
    }

    /// Signs somebody in; the session that the request came with ends.
    ///
    /// # Errors
    /// [`SignInError`]; the browser keeps the cookies it has.
    pub async fn sign_in(
        &self,
        who: Credentials,
        persistence: Persistence,
    ) -> Result<TokenPair, SignInError> {
        let tokens = self.0.auth.sign_in(who, self.context(persistence).await?).await?;
        self.set(&tokens);
        Ok(tokens)
    }

    /// Exchanges the request's refresh token, once, however often it is called.
    ///
    /// # Errors
    /// [`IssueError`]; the browser keeps the cookies it has.
    pub async fn refresh(&self) -> Result<Refreshed, IssueError> {
        if let Some(refreshed) = &self.0.refreshed {
            return Ok(refreshed.clone());
        }
        let inner = &self.0;
        let refreshed = inner
            .auth
            .refresh(inner.presented.refresh.clone(), inner.trigger, inner.client.clone())
            .await?;
        if let Some(tokens) = &refreshed.tokens {
            self.set(tokens);
        }
        Ok(refreshed)
    }

    /// Ends the session that the request came with, and deletes its cookies.
    ///
    /// # Errors
    /// [`StoreError`] where the store does not answer; the session lives on and the browser keeps its cookies.
    pub async fn sign_out(&self) -> Result<(), StoreError> {
        if let Some(id) = self.own_session().await? {
            self.0.auth.sign_out(id, self.0.client.clone()).await?;
        }
        cookies::delete(&self.0.cookies, self.0.policy);
        Ok(())
    }

    /// Deletes the cookies of the request if they are dead: compare and clear. Returns whether they were.
    ///
    /// A page that was told "signed out" asks for this. In between, another tab may have signed in, which is why
    /// the cookies of this very request are looked at, and why a refresh never deletes any.
    ///
    /// # Errors
    /// [`StoreError`] where the store does not answer; the browser keeps its cookies.
    pub async fn clear_if_dead(&self) -> Result<bool, StoreError> {
        let refresh_lives = match self.0.auth.inspect(self.0.presented.refresh.as_ref()).await? {
            Decision::Invalid(_) | Decision::Ended(_) => false,
            // Spent is not dead: whoever holds it is told so by a refresh, which ends the session.
            Decision::Debounced { .. }
            | Decision::Rotate
            | Decision::Replay(_)
            | Decision::TooManyReplays(_)
            | Decision::Reuse(_) => true,
        };
        let dead = !refresh_lives && !matches!(self.0.identity, Identity::SignedIn(_));
        if dead && self.presented_any() {
            cookies::delete(&self.0.cookies, self.0.policy);
        }
        Ok(dead)
    }

    async fn context(&self, persistence: Persistence) -> Result<SignInContext, IssueError> {
        let replaces = self.own_session().await?;
        Ok(SignInContext { persistence, client: self.0.client.clone(), replaces })
    }

    /// The session that the request proves to come from, by a token of ours, good or expired.
    async fn own_session(&self) -> Result<Option<SessionId>, StoreError> {
        match (&self.0.presented.refresh, self.0.sid) {
            (_, Some(sid)) => Ok(Some(sid)),
            (Some(refresh), None) => self.0.auth.session_of(refresh).await,
            (None, None) => Ok(None),
        }
    }

    fn set(&self, tokens: &TokenPair) {
        cookies::set(&self.0.cookies, self.0.policy, tokens);
    }
}
