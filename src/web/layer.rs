//! The tower layer: it takes the cookies, checks them, refreshes in passing, and calls the handler.

use std::{
    convert::Infallible,
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{extract::Request, response::Response};
use http::{HeaderValue, header::CACHE_CONTROL};
use tokio::sync::OnceCell;
use tower_cookies::{CookieManagerLayer, Cookies, service::CookieManager};
use tower_layer::Layer;
use tower_service::Service;

use super::{
    AuthSession, CookiePolicy, RefreshOn,
    cookies::{self, RequestTokens},
    extract, held, request, session,
};
use crate::{
    auth::{Auth, Validity},
    principal::Subject,
    session::{Decision, SessionId},
};

/// The layer that authenticates requests. The [module](super) says where to place it.
#[derive(Clone, Debug)]
pub struct AuthLayer {
    auth: Auth,
    policy: CookiePolicy,
    refresh_on: RefreshOn,
}

impl AuthLayer {
    /// Makes a layer with the default [`CookiePolicy`] that refreshes on [every request](RefreshOn::EveryRequest).
    pub fn new(auth: Auth) -> Self {
        Self { auth, policy: CookiePolicy::default(), refresh_on: RefreshOn::default() }
    }

    /// Returns the same layer with another policy.
    #[must_use]
    pub fn with_cookie_policy(mut self, policy: CookiePolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Returns the same layer, which refreshes those requests in passing.
    #[must_use]
    pub const fn refresh_on(mut self, requests: RefreshOn) -> Self {
        self.refresh_on = requests;
        self
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = CookieTaker<CookieManager<Authenticator<S>>>;

    fn layer(&self, inner: S) -> Self::Service {
        let (auth, policy) = (self.auth.clone(), self.policy.clone());
        let authenticate =
            Authenticator { inner, auth, policy: policy.clone(), refresh_on: self.refresh_on };
        CookieTaker { inner: CookieManagerLayer::new().layer(authenticate), policy }
    }
}

/// The service that takes the token cookies out of a request before any other can read them.
#[derive(Clone, Debug)]
pub struct CookieTaker<S> {
    inner: S,
    policy: CookiePolicy,
}

impl<S: Service<Request>> Service<Request> for CookieTaker<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> S::Future {
        let presented = cookies::take(request.headers_mut(), &self.policy);
        request.extensions_mut().insert(presented);
        self.inner.call(request)
    }
}

/// The service that finds out which user sent a request, and tells the services within.
#[derive(Clone, Debug)]
pub struct Authenticator<S> {
    inner: S,
    auth: Auth,
    policy: CookiePolicy,
    refresh_on: RefreshOn,
}

impl<S> Service<Request> for Authenticator<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        // The clone that was polled ready is the one to call.
        let ready = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, ready);
        let (auth, policy, refresh_on) = (self.auth.clone(), self.policy.clone(), self.refresh_on);
        Box::pin(async move {
            let presented = request.extensions_mut().remove::<RequestTokens>().unwrap_or_default();
            let cookies = request.extensions().get::<Cookies>().cloned().unwrap_or_default();
            let sender = request::Sender::of(&request);
            let trigger = request::trigger(&request);
            let in_passing = refresh_on.in_passing(&request, trigger);
            let found = held::find(&auth, &presented, in_passing, &sender).await;
            let session = AuthSession::new(session::Inner {
                auth,
                policy,
                cookies,
                any: presented.any,
                refreshed: OnceCell::new_with(found.refreshed.clone()),
                found,
                trigger,
                sender,
            });
            session.settle();
            request.extensions_mut().insert(session.clone());
            let mut response = inner.call(request).await?;
            response.extensions_mut().insert(session.verdict());
            extract::challenge(&mut response, &session.auth().config().realm);
            // Replaces the handler's own: no cache may give one client's answer, or its cookies, to another.
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            Ok(response)
        })
    }
}

/// The findings on a request's tokens, in the extensions of its answer: for logs, metrics and tests. It is not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The worth of its access token; `None` if it had none, or the store was queried and did not answer.
    pub access: Option<Validity>,
    /// The decision on its refresh token, if there was one.
    pub refresh: Option<Decision>,
    /// The session that it comes from, alive or not, if its tokens prove that.
    pub session: Option<SessionId>,
    /// The account of that session, if a good access token named it.
    pub subject: Option<Subject>,
}
