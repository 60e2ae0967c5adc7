//! All that a connection reaches: a program's routes, and what stands before each of them.

use std::{
    panic::AssertUnwindSafe,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use app::error::ApiError;
use axum::{
    Router,
    extract::Request,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use coatroom::web::CookiePolicy;
use futures::{FutureExt as _, poll};
use tokio::time::timeout;
use tower::Service as _;

use crate::{
    api_boundary,
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

/// Routes behind a shell. It is called by each connection, and is no layer of the router: a layer is copied and boxed
/// with all within it for every request.
#[derive(Debug)]
pub struct Surrounded {
    shell: Shell,
    routes: Router,
}

impl Surrounded {
    /// Puts a shell around a program's routes, and adds the probes.
    pub fn new(routes: Router, shell: Shell) -> Self {
        let readiness = shell.readiness.clone();
        let routes = Router::new()
            .route("/healthz", get(readiness::healthz))
            .route("/readyz", get(readiness::readyz).with_state(readiness))
            .merge(routes)
            // Set once, or axum would build each route for each request.
            .with_state(());
        Self { shell, routes }
    }

    /// Takes a request from its connection, and its answer back.
    pub async fn answer(&self, mut request: Request) -> Response {
        proxies::resolve(&self.shell.proxies, &mut request);
        let id = request_log::identify(request.headers());
        let logged = request_log::Logged::begin(&request, &id);
        // Pinned here, and passed on by reference: a function that takes a future holds it twice, and the whole is
        // moved at each request.
        let answer = pin!(async move {
            let nonce = security_headers::give_nonce(&mut request);
            let mut response = in_time(pin!(self.admitted(request))).await;
            security_headers::add(self.shell.policy, nonce.as_ref(), &mut response);
            response.headers_mut().insert(request_log::ID, id);
            response
        });
        logged.answered(answer).await
    }

    /// Answers a request that may go on. Nothing is served before it is checked, files neither: another name than ours
    /// may be another site's.
    async fn admitted(&self, request: Request) -> Response {
        let names = &self.shell.names;
        match same_origin::check(names, &request) {
            Ok(admitted) => {
                // A router is always ready.
                let Ok(mut response) = self.routes.clone().call(request).await;
                admitted.bound_location(names, &mut response);
                response
            }
            Err(refused) => *refused,
        }
    }
}

/// Bounds the time of an answer, and makes one of a panic. Most answers wait for nothing, and need no timer.
async fn in_time(answer: Pin<&mut impl Future<Output = Response>>) -> Response {
    let mut answer = AssertUnwindSafe(answer).catch_unwind();
    let answered = match poll!(&mut answer) {
        Poll::Ready(answered) => Ok(answered),
        Poll::Pending => timeout(PATIENCE, answer).await,
    };
    match answered {
        Ok(Ok(response)) => response,
        // The hook of the log has told of it.
        Ok(Err(_panic)) => api_boundary::answer(ApiError::Internal),
        Err(_elapsed) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
