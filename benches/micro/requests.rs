//! A request with good cookies on each scheme, through a router and the layer, without a socket; beside it the same
//! route without the layer, and the layer without cookies.
//!
//! The store is SQLite. `Strict` and `Opaque` read a row there at each request; the others read none.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::Body,
    extract::{ConnectInfo, Request},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use coatroom::{
    Auth, AuthLayer, CurrentUser,
    auth::Credential,
    config::{Scheme, Verification},
    store::sqlite::SqliteStore,
    web::{CookieKind, CookiePolicy},
};
use criterion::{BatchSize, Criterion};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

use crate::nodes::{begin, config, node, sum, timed};

const SCHEMES: [(&str, Scheme); 6] = [
    ("hybrid_stateless", Scheme::Hybrid(Verification::Stateless)),
    ("hybrid_denylist", Scheme::Hybrid(Verification::Denylist)),
    ("hybrid_strict", Scheme::Hybrid(Verification::Strict)),
    ("opaque", Scheme::Opaque),
    ("token_stateless", Scheme::Token(Verification::Stateless)),
    ("token_denylist", Scheme::Token(Verification::Denylist)),
];

pub(crate) fn measure(criterion: &mut Criterion, runtime: &Runtime) {
    let bare = Router::new().route("/", get(answer));
    check(runtime, &bare, request(None), StatusCode::OK);
    again(criterion, runtime, "bare", &bare, None);

    for (name, scheme) in SCHEMES {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let (signer, auth) = runtime.block_on(async {
            let store = SqliteStore::open(folder.path().join("coatroom.db")).await;
            let (store, config) = (Arc::new(store.expect("a database")), config(scheme));
            (node(config.clone(), store.clone()).await, node(config, store).await)
        });
        let app = app(&auth);
        if scheme == Scheme::Hybrid(Verification::Denylist) {
            let signed_out = Router::new().route("/", get(answer));
            let signed_out = signed_out.layer(AuthLayer::new(auth.clone()));
            again(criterion, runtime, "signed_out", &signed_out, None);
        }
        let cookies = runtime.block_on(sign_in(&signer));
        check(runtime, &app, request(Some(&cookies)), StatusCode::OK);
        check(runtime, &app, request(None), StatusCode::UNAUTHORIZED);
        again(criterion, runtime, name, &app, Some(&cookies));
        // The one scheme that looks into memory, and whose sign-in writes no row that would have to be waited for.
        if scheme == Scheme::Token(Verification::Denylist) {
            first(criterion, runtime, "token_denylist_first_seen", &app, &signer);
        }
        runtime.block_on(auth.drain());
    }
}

fn app(auth: &Auth) -> Router {
    Router::new().route("/", get(whoami)).layer(AuthLayer::new(auth.clone()))
}

async fn whoami(CurrentUser(principal): CurrentUser) -> Response {
    Json(principal.subject).into_response()
}

/// The same answer with the same headers, without knowing its client.
async fn answer() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json("ada")).into_response()
}

/// Begins a session, and returns its cookies as a browser sends them.
async fn sign_in(auth: &Auth) -> HeaderValue {
    let credential = begin(auth).await;
    let (policy, sid) = (CookiePolicy::default(), credential.sid());
    let cookie = |kind, token: &str| format!("{}={token}", policy.cookie_name(kind, sid));
    let cookies = match &credential {
        Credential::Opaque(token, _) => vec![cookie(CookieKind::Session, &token.reveal())],
        Credential::Signed(tokens) => {
            let refresh = tokens.refresh.as_ref();
            let refresh = refresh.map(|token| cookie(CookieKind::Refresh, &token.reveal()));
            let access = cookie(CookieKind::Access, tokens.access.reveal());
            [access].into_iter().chain(refresh).collect()
        }
        _ => Vec::new(),
    };
    HeaderValue::try_from(cookies.join("; ")).expect("a header")
}

/// A script's call as a browser sends it, from an address that the server has noted.
fn request(cookies: Option<&HeaderValue>) -> Request {
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let address = SocketAddr::from(([192, 0, 2, 7], 50_000));
    let mut request = Request::get("/")
        .header(header::HOST, "coatroom.example")
        .header(header::USER_AGENT, agent)
        .header(header::ACCEPT, "*/*")
        .header(header::ACCEPT_LANGUAGE, "en-GB,en;q=0.5")
        .header(header::ACCEPT_ENCODING, "gzip, deflate, br, zstd")
        .header("sec-fetch-dest", "empty")
        .header("sec-fetch-mode", "cors")
        .header("sec-fetch-site", "same-origin")
        .extension(ConnectInfo(address))
        .body(Body::empty())
        .expect("a request");
    if let Some(cookies) = cookies {
        request.headers_mut().insert(header::COOKIE, cookies.clone());
    }
    request
}

fn check(runtime: &Runtime, app: &Router, request: Request, status: StatusCode) {
    let response = runtime.block_on(app.clone().oneshot(request)).expect("infallible");
    assert_eq!(response.status(), status);
}

/// The same cookies again and again.
fn again(
    criterion: &mut Criterion,
    runtime: &Runtime,
    name: &str,
    app: &Router,
    cookies: Option<&HeaderValue>,
) {
    let mut group = criterion.benchmark_group("request");
    group.bench_function(name, |bencher| {
        bencher.to_async(runtime).iter_batched(
            || request(cookies),
            |request| app.clone().oneshot(request),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

/// Cookies that this node has never seen, each time.
fn first(criterion: &mut Criterion, runtime: &Runtime, name: &str, app: &Router, signer: &Auth) {
    let mut group = criterion.benchmark_group("request");
    group.measurement_time(Duration::from_secs(2));
    group.bench_function(name, |bencher| {
        bencher.to_async(runtime).iter_custom(|times| {
            sum(times, async || {
                let cookies = sign_in(signer).await;
                let answered = app.clone().oneshot(request(Some(&cookies)));
                let (response, took) = timed(answered).await;
                assert_eq!(response.expect("infallible").status(), StatusCode::OK);
                took
            })
        });
    });
    group.finish();
}
