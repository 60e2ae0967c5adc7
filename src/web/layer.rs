//! The tower layer: take the cookies, check, refresh a document, go on.

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
    AuthSession, CookiePolicy, Identity,
    cookies::{self, Presented},
    request, session,
};
use crate::{
    auth::{Access, Auth, Refreshed, Worth},
    session::{Client, Decision, EndReason, SessionId},
    store::Trigger,
};

/// Authenticates requests. The [module](super) says where it stands.
#[derive(Clone, Debug)]
pub struct AuthLayer {
    auth: Auth,
    policy: CookiePolicy,
}

impl AuthLayer {
    /// A layer with the default [`CookiePolicy`].
    pub fn new(auth: Auth) -> Self {
        Self { auth, policy: CookiePolicy::default() }
    }

    /// The same layer with another policy.
    #[must_use]
    pub const fn with_cookie_policy(mut self, policy: CookiePolicy) -> Self {
        self.policy = policy;
        self
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = TakeCookies<CookieManager<Authenticate<S>>>;

    fn layer(&self, inner: S) -> Self::Service {
        let authenticate = Authenticate { inner, auth: self.auth.clone(), policy: self.policy };
        TakeCookies { inner: CookieManagerLayer::new().layer(authenticate) }
    }
}

/// Takes the token cookies out of a request before anything else can read them.
#[derive(Clone, Debug)]
pub struct TakeCookies<S> {
    inner: S,
}

impl<S: Service<Request>> Service<Request> for TakeCookies<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> S::Future {
        let presented = cookies::take(request.headers_mut());
        request.extensions_mut().insert(presented);
        self.inner.call(request)
    }
}

/// Finds out who a request comes from, and tells the services within.
#[derive(Clone, Debug)]
pub struct Authenticate<S> {
    inner: S,
    auth: Auth,
    policy: CookiePolicy,
}

impl<S> Service<Request> for Authenticate<S>
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
        let (auth, policy) = (self.auth.clone(), self.policy);
        Box::pin(async move {
            let presented = request.extensions_mut().remove::<Presented>().unwrap_or_default();
            let cookies = request.extensions().get::<Cookies>().cloned().unwrap_or_default();
            let trigger =
                if request::is_document(&request) { Trigger::Document } else { Trigger::Call };
            let client = request::client(&request);
            let found = find(&auth, &presented, trigger, client.clone()).await;
            if let Some(tokens) =
                found.refreshed.as_ref().and_then(|refreshed| refreshed.tokens.as_ref())
            {
                cookies::set(&cookies, policy, tokens);
            }
            let Found { worth, identity, sid, refreshed } = found;
            let session = AuthSession::new(session::Inner {
                auth,
                policy,
                cookies,
                presented,
                identity,
                sid,
                refreshed: OnceCell::new_with(refreshed),
                trigger,
                client,
            });
            request.extensions_mut().insert(session.clone());
            let mut response = inner.call(request).await?;
            response.extensions_mut().insert(Verdict { access: worth, refresh: session.decided() });
            // Whatever the handler thinks: what depends on who asks, or sets cookies, is nobody else's.
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            Ok(response)
        })
    }
}

/// What was found of a request's tokens, in the extensions of its answer: for logs, metrics and tests. It is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What its access token is worth; `None` where it had none, or where the store was asked and did not answer.
    pub access: Option<Worth>,
    /// What was decided on its refresh token, if anything was.
    pub refresh: Option<Decision>,
}

struct Found {
    worth: Option<Worth>,
    identity: Identity,
    sid: Option<SessionId>,
    refreshed: Option<Refreshed>,
}

async fn find(auth: &Auth, presented: &Presented, trigger: Trigger, client: Client) -> Found {
    let access = match &presented.access {
        Some(token) => match auth.authenticate(token).await {
            Ok(access) => Some(access),
            Err(error) => {
                tracing::error!(%error, "an access token could not be looked up");
                let identity = Identity::Unavailable;
                return Found { worth: None, identity, sid: None, refreshed: None };
            }
        },
        None => None,
    };
    let sid = access.as_ref().and_then(Access::info).map(|info| info.claims.sid);
    let worth = access.as_ref().map(Access::worth);
    let identity = match access {
        Some(Access::Valid(info)) => Identity::SignedIn(Box::new(info)),
        Some(Access::Revoked(_)) if !has_another_session(presented, sid) => {
            Identity::SignedOut(reason(auth, sid).await)
        }
        _ if presented.refresh.is_none() => Identity::SignedOut(None),
        _ => match trigger {
            Trigger::Document => {
                return Found { worth, ..refresh(auth, presented, sid, client).await };
            }
            Trigger::Call => Identity::RefreshDue,
        },
    };
    Found { worth, identity, sid, refreshed: None }
}

/// Refreshes before the document is rendered.
async fn refresh(
    auth: &Auth,
    presented: &Presented,
    sid: Option<SessionId>,
    client: Client,
) -> Found {
    let refreshed = match auth.refresh(presented.refresh.clone(), Trigger::Document, client).await {
        Ok(refreshed) => refreshed,
        Err(error) => {
            tracing::error!(%error, "a document could not be refreshed");
            let identity = Identity::Unavailable;
            return Found { worth: None, identity, sid, refreshed: None };
        }
    };
    let identity = match (&refreshed.tokens, refreshed.decision) {
        (Some(tokens), _) => Identity::SignedIn(Box::new(tokens.info.clone())),
        (None, Decision::Ended(reason)) => Identity::SignedOut(Some(reason)),
        (None, Decision::Reuse(_)) => Identity::SignedOut(Some(EndReason::Reuse)),
        (None, Decision::TooManyReplays(_)) => Identity::Unavailable,
        (None, _) => Identity::SignedOut(None),
    };
    let sid = refreshed.tokens.as_ref().map(|tokens| tokens.session.id).or(sid);
    Found { worth: None, identity, sid, refreshed: Some(refreshed) }
}

/// Whether the refresh token belongs to another session than the access token. A late answer of an old session can
/// leave its access cookie beside the refresh cookie of a newer one, which must not hide it.
fn has_another_session(presented: &Presented, sid: Option<SessionId>) -> bool {
    presented.refresh.as_ref().is_some_and(|refresh| Some(refresh.sid()) != sid)
}

/// Why a revoked session is over; a store that does not answer leaves it unsaid.
async fn reason(auth: &Auth, sid: Option<SessionId>) -> Option<EndReason> {
    auth.session(sid?).await.ok()??.ended(auth.now())
}
