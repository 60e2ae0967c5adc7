//! The routes of the server, and the layers that a request goes through.

use std::{
    panic::AssertUnwindSafe,
    path::Path,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use app::{
    app::App,
    backend, counted,
    error::ApiError,
    lab,
    shell::{provide_nonce, shell as document},
};
use axum::{
    Extension, Json, Router,
    extract::{Request, State},
    http::StatusCode,
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use coatroom::{
    Accounts, Role, SessionId, Subject,
    web::{self, AuthLayer, AuthRejection, CookiePolicy, CurrentUser},
};
use coatroom_lab::worlds::Worlds;
use futures::FutureExt as _;
use leptos::prelude::*;
use leptos_axum::{LeptosRoutes, generate_route_list};
use serde::Serialize;
use tokio::time::timeout;
use tower::ServiceBuilder;
use tower_http::csrf::{CsrfLayer, ProtectionError};

use crate::{
    api_boundary, assets, compression, forms, handoff, prefetch,
    proxies::{self, Proxies},
    readiness::{self, Readiness},
    request_log, same_origin, security_headers,
};

/// The time that a request may take until its answer begins.
const PATIENCE: Duration = Duration::from_secs(30);

/// The parts that stand between a connection and the application.
#[derive(Clone, Debug)]
pub struct Shell {
    /// The proxies that are believed about the client's address.
    pub proxies: Arc<Proxies>,
    /// The names that the server answers to.
    pub names: Arc<same_origin::Names>,
    /// The answer to load balancers.
    pub readiness: Readiness,
    /// The headers of every answer.
    pub policy: security_headers::Policy,
    /// The names of the cookies.
    pub cookies: CookiePolicy,
}

/// Makes the router of all that the server answers.
///
/// # Errors
/// An error if the origin is none, or the site has not been built.
pub fn router(
    accounts: Accounts,
    worlds: Option<Arc<Worlds>>,
    site: &Path,
    handoff: Option<handoff::Desk>,
    shell: Shell,
) -> Result<Router, Box<dyn std::error::Error + Send + Sync>> {
    let auth = accounts.auth().clone();
    let names = Arc::new(assets::names(site)?);
    let options = LeptosOptions::builder().output_name("coatroom").build();
    let render = {
        let (names, options) = (Arc::clone(&names), options.clone());
        move || document(&names, options.clone())
    };
    let page = leptos_axum::render_app_async_with_context(provide_nonce, render.clone());
    let not_found = move |request: Request| {
        let page = page.clone();
        async move {
            if request.uri().path().starts_with("/api/") {
                api_boundary::answer(ApiError::NotFound)
            } else {
                page(request).await
            }
        }
    };

    let secure = forms::Secure(auth.config().issuer.starts_with("https:"));
    // Outermost first. In one piece: layers that a router takes one by one are each copied for every request.
    let inwards =
        ServiceBuilder::new()
            .layer(from_fn(prefetch::refuse))
            .layer(
                CsrfLayer::new()
                    // Behind `same_origin`, which is stricter. If a proxy rewrites `Host`, the origin that browsers
                    // know is still ours.
                    .add_trusted_origin(&auth.config().issuer)?
                    .with_rejection_response(|_: ProtectionError| {
                        api_boundary::answer(ApiError::CrossSite)
                    }),
            )
            // Inside of the layer that refuses pages fetched ahead: the outcome of a form is shown once.
            .layer(from_fn_with_state(secure, forms::attach_outcome))
            // Reads forms whole before any client is authenticated, and writes all refusals alike.
            .layer(from_fn_with_state(secure, api_boundary::guard))
            // Answers what is posted to the lab here, and authenticates no client for it; the lab's pages go on
            // inwards. Without this layer there are none.
            .option_layer(worlds.map(|worlds| {
                from_fn_with_state(lab::Lab { worlds, auth: auth.clone() }, lab::serve)
            }))
            // Inside the same-origin check, so that another site's request never refreshes anything.
            .layer(AuthLayer::new(auth.clone()).with_cookie_policy(shell.cookies.clone()))
            // Inside of authentication, which tells a navigation by what it accepts.
            .layer(from_fn(forms::mark_form_posts))
            // For pages and server functions, which sign people in and show their accounts.
            .layer(Extension(accounts))
            // Needs the authenticated client; rendering needs what it finds.
            .layer(from_fn(backend::attach_view))
            .layer(from_fn(counted::count));
    let application = Router::new()
        .leptos_routes_with_context(&options, generate_route_list(App), provide_nonce, render)
        .fallback(not_found)
        .with_state(options)
        // Within all that stands before a page: the question is put to the client that is signed in.
        .merge(handoff.as_ref().map(|desk| desk.pages(&names.css)).unwrap_or_default())
        .layer(inwards);
    // No page shows its answer, and it takes no form: what stands before those is not in its way.
    let programs = Router::new().route("/api/whoami", get(whoami)).layer(
        ServiceBuilder::new()
            .layer(from_fn_with_state(secure, api_boundary::guard))
            .layer(AuthLayer::new(auth.clone()).with_cookie_policy(shell.cookies.clone())),
    );
    let open = Router::new()
        // For services that check access tokens by themselves: the same for every client, so outside of authentication.
        .route(web::JWKS_PATH, web::jwks(auth))
        .merge(handoff.map(handoff::Desk::keys).unwrap_or_default())
        .merge(assets::router(site, &names));
    Ok(surrounded(open.merge(programs).merge(application), shell))
}

/// Puts around a program's routes what stands between them and every connection, and adds the probes.
pub fn surrounded(routes: Router, shell: Shell) -> Router {
    Router::new()
        .route("/healthz", get(readiness::healthz))
        .route("/readyz", get(readiness::readyz).with_state(shell.readiness.clone()))
        .merge(routes)
        .layer(from_fn_with_state(Arc::new(shell), surround))
}

/// Takes a request from its connection, and its answer back. In one piece: as layers of their own, each of these would
/// copy all within it, and box the answer, for every request.
async fn surround(State(shell): State<Arc<Shell>>, mut request: Request, next: Next) -> Response {
    proxies::resolve(&shell.proxies, &mut request);
    let id = request_log::identify(request.headers_mut());
    let logged = request_log::Logged::begin(&request);
    // Pinned here, and passed on by reference: a function that takes a future holds it twice, and the whole is moved at
    // each request.
    let answer = pin!(async move {
        let nonce = security_headers::give_nonce(&mut request);
        let mut response = in_time(pin!(admitted(&shell.names, request, next))).await;
        security_headers::add(shell.policy, nonce.as_ref(), &mut response);
        response.headers_mut().insert(request_log::ID, id);
        response
    });
    logged.answered(answer).await
}

/// Answers a request that may go on. Nothing is served before it is checked, files neither: another name than ours may
/// be another site's.
async fn admitted(names: &same_origin::Names, request: Request, next: Next) -> Response {
    match same_origin::check(names, &request) {
        Ok(admitted) => {
            let mut response = compression::run(request, next).await;
            admitted.bound_location(names, &mut response);
            response
        }
        Err(refused) => *refused,
    }
}

/// Bounds the time of an answer, and makes one of a panic.
async fn in_time(answer: Pin<&mut impl Future<Output = Response>>) -> Response {
    match timeout(PATIENCE, AssertUnwindSafe(answer).catch_unwind()).await {
        Ok(Ok(response)) => response,
        // The hook of the log has told of it.
        Ok(Err(_panic)) => api_boundary::answer(ApiError::Internal),
        Err(_elapsed) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// `GET /api/whoami`: returns the client's account, role and session, from the access token alone.
pub async fn whoami(user: Result<CurrentUser, AuthRejection>) -> Result<Response, AuthRejection> {
    let CurrentUser(user) = user?;
    let who = Who { role: &user.authority.role, sid: user.session, sub: &user.subject };
    Ok(Json(who).into_response())
}

/// The answer of whoami.
#[derive(Serialize)]
struct Who<'a> {
    role: &'a Role,
    sid: SessionId,
    sub: &'a Subject,
}
