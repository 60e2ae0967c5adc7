//! What a handler sees of the sign-in of its request, and what it can do about it.

use std::sync::Arc;

use tokio::sync::OnceCell;
use tower_cookies::Cookies;

use super::{
    AuthRejection,
    cookies::{self, CookiePolicy, Presented},
};
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
    SignedIn(Box<TokenInfo>),
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
    /// The refresh of this request, by the layer or by a handler; there is one at most.
    pub(super) refreshed: OnceCell<Refreshed>,
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
        self.0.presented.any
    }

    /// Whether the request itself carried the good access token, which proves that its generation arrived.
    pub fn proves_delivery(&self) -> bool {
        matches!(self.0.identity, Identity::SignedIn(_)) && !self.0.refreshed.initialized()
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
        let inner = &self.0;
        let refresh = || async {
            let presented = inner.presented.refresh.clone();
            let refreshed =
                inner.auth.refresh(presented, inner.trigger, inner.client.clone()).await?;
            if let Some(tokens) = &refreshed.tokens {
                self.set(tokens);
            }
            Ok(refreshed)
        };
        inner.refreshed.get_or_try_init(refresh).await.cloned()
    }

    /// Ends every session that the request came with, and deletes its cookies.
    ///
    /// # Errors
    /// [`StoreError`] where the store does not answer; the session lives on and the browser keeps its cookies.
    pub async fn sign_out(&self) -> Result<(), StoreError> {
        self.looked_up()?;
        for id in self.own_sessions().await? {
            self.0.auth.sign_out(id, self.0.client.clone()).await?;
        }
        cookies::delete(&self.0.cookies, self.0.policy);
        Ok(())
    }

    /// Ends every session of the account that is signed in, this one with them, and deletes the request's cookies.
    /// Returns how many it ended.
    ///
    /// # Errors
    /// [`AuthRejection`] where the request does not come from somebody with a good access token; and
    /// [`AuthRejection::Unavailable`] where the store does not answer. Some sessions may have ended by then, and the
    /// browser keeps its cookies: try again.
    pub async fn sign_out_everywhere(&self) -> Result<u32, AuthRejection> {
        let user = self.current_user()?.claims.sub;
        let client = self.0.client.clone();
        let unavailable = |error: StoreError| {
            tracing::error!(%error, "somebody could not be signed out everywhere");
            AuthRejection::Unavailable
        };
        let ended = self.0.auth.sign_out_everywhere(user, client).await.map_err(unavailable)?;
        // Its cookies go, and so what they stand for ends: also a session of another account, which a late answer may
        // have left in the jar.
        self.sign_out().await.map_err(unavailable)?;
        Ok(ended)
    }

    /// Deletes the cookies of the request if they are dead: compare and clear. Returns whether they were.
    ///
    /// A page that was told "signed out" asks for this. In between, another tab may have signed in, which is why
    /// the cookies of this very request are looked at, and why a refresh never deletes any.
    ///
    /// # Errors
    /// [`StoreError`] where the store does not answer; the browser keeps its cookies.
    pub async fn clear_if_dead(&self) -> Result<bool, StoreError> {
        self.looked_up()?;
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

    /// Whether it is known what the access token is worth: one that could not be looked up may be good, and its session
    /// alive.
    fn looked_up(&self) -> Result<(), StoreError> {
        match self.0.identity {
            Identity::Unavailable => {
                Err(StoreError::Unavailable("the access token could not be looked up".into()))
            }
            _ => Ok(()),
        }
    }

    async fn context(&self, persistence: Persistence) -> Result<SignInContext, IssueError> {
        let replaces = self.own_sessions().await?;
        Ok(SignInContext { persistence, client: self.0.client.clone(), replaces })
    }

    /// The sessions that the request proves to come from, by tokens of ours, good or not. Two where a late answer of
    /// an old session left its access cookie beside the refresh cookie of a newer one.
    async fn own_sessions(&self) -> Result<Vec<SessionId>, StoreError> {
        let mut own = Vec::from_iter(self.0.sid);
        if let Some(refresh) = &self.0.presented.refresh
            && self.0.sid != Some(refresh.sid())
        {
            own.extend(self.0.auth.session_of(refresh).await?);
        }
        Ok(own)
    }

    /// What was decided on the request's refresh token, if anything was yet.
    pub(super) fn decided(&self) -> Option<Decision> {
        self.0.refreshed.get().map(|refreshed| refreshed.decision)
    }

    fn set(&self, tokens: &TokenPair) {
        cookies::set(&self.0.cookies, self.0.policy, tokens);
    }
}
