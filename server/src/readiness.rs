//! The answers to load balancers and service managers.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use coatroom::{Auth, auth::NotReady, log_throttle::LogThrottle};
use tokio::sync::watch;

use crate::connections::Stage;

/// The probes that were answered with no, counted because any client may ask.
static REFUSED: LogThrottle = LogThrottle::new();

/// The grounds of readiness.
#[derive(Clone, Debug)]
pub struct Readiness {
    /// The engine, and through it the store.
    pub auth: Auth,
    /// The stage of the server's life.
    pub stage: watch::Receiver<Stage>,
}

/// `GET /healthz`: the process answers. It asks nothing, so that no outage of a database restarts servers.
pub async fn healthz() -> &'static str {
    "ok"
}

/// `GET /readyz`: requests may be sent here. It is false before the listener closes.
pub async fn readyz(State(readiness): State<Readiness>) -> Response {
    if *readiness.stage.borrow() > Stage::Serving {
        return not_ready("draining");
    }
    let Err(error) = readiness.auth.ready().await else { return "ready".into_response() };
    REFUSED.count_with(
        || tracing::warn!(%error, "not ready"),
        |times| tracing::warn!(times, "not ready"),
    );
    not_ready(match error {
        NotReady::Store(_) => "store",
        NotReady::Stale => "stale",
        NotReady::Clock { .. } => "clock",
        _ => "other",
    })
}

/// Names the reason by a word alone: strangers may ask, too.
fn not_ready(reason: &str) -> Response {
    let body = format!("not ready: {reason}");
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")], body).into_response()
}
