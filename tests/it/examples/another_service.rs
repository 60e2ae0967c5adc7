//! The other service beside a real issuer, each on a port of its own.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, Uri, header},
    routing::get,
};
use coatroom::{
    Access, AccessToken, Accounts, Clock as _, SystemClock,
    clock::TestClock,
    verifier::{MAX_JWKS_LEN, RemoteConfig},
    web::{JWKS_PATH, jwks},
};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tokio::net::TcpListener;

use super::{FORM, axum_login};
use crate::support::{EMAIL, HOUR, PASSWORD, config, context, credentials, memory};

#[path = "../../../examples/another_service.rs"]
#[expect(dead_code, reason = "its `main` is for cargo to run")]
mod service;

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

/// Serves on a port that the system chose, and returns the origin.
async fn serve(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("bound"));
    tokio::spawn(async { axum::serve(listener, app).await });
    origin
}

async fn serve_hello(jwks: &str) -> String {
    let (jwks, config) = (jwks.parse::<Uri>().expect("an address"), config());
    let config = RemoteConfig::new(config.issuer, config.audience);
    serve(service::app(jwks, config).expect("fits together")).await
}

async fn send(request: Request<Body>) -> Answer {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let (head, body) = client.request(request).await.expect("an answer").into_parts();
    let body = to_bytes(Body::new(body), usize::MAX).await.expect("whole");
    let body = String::from_utf8(body.into()).expect("text");
    Answer { status: head.status, headers: head.headers, body }
}

async fn hello(origin: &str, authorization: Option<String>) -> Answer {
    let request = Request::get(format!("{origin}/hello"));
    let request = authorization
        .into_iter()
        .fold(request, |request, value| request.header(header::AUTHORIZATION, value));
    send(request.body(Body::empty()).expect("a request")).await
}

/// Signs up at the issuer as a browser does, and returns the access token of the cookie.
async fn sign_up(issuer: &str) -> String {
    let request = Request::post(format!("{issuer}/sign-up"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(FORM));
    let answer = send(request.expect("a request")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let cookies = answer.headers.get_all(header::SET_COOKIE).iter();
    let values = cookies.filter_map(|cookie| cookie.to_str().ok()?.split([';', '=']).nth(1));
    values.map(str::to_owned).find(|value| value.starts_with("ey")).expect("an access token")
}

#[tokio::test]
async fn another_service_greets_the_user_that_the_issuer_signed_in() {
    let store = memory().accounts();
    // A node of yesterday issued a token that has expired.
    let yesterday = Arc::new(TestClock::new(SystemClock.now() - 24 * HOUR));
    let past = Accounts::with_clock(config(), Arc::clone(&store), yesterday).await;
    let grace = credentials("grace@example.com", PASSWORD);
    let past = past.expect("a node");
    let expired = past
        .sign_up(grace, context(None))
        .await
        .expect("signed up")
        .into_signed()
        .expect("signed tokens")
        .access;
    let accounts = Accounts::new(config(), store).await.expect("an engine");
    let auth = accounts.auth();

    let issuer = axum_login::app(accounts.clone()).route(JWKS_PATH, jwks(auth.clone()));
    let issuer = serve(issuer).await;
    let service = serve_hello(&format!("{issuer}{JWKS_PATH}")).await;
    let token = sign_up(&issuer).await;

    let greeted = hello(&service, Some(format!("Bearer {token}"))).await;
    let parsed = AccessToken::parse(&token).expect("a form");
    let Ok(Access::Valid(ada)) = auth.authenticate(&parsed).await else { panic!("a good token") };
    let greeting = format!("Hello, {}!", ada.claims.sub);
    assert_eq!((greeted.status, greeted.body), (StatusCode::OK, greeting));

    let (signed, _) = token.rsplit_once('.').expect("a signature");
    for (authorization, code) in [
        (None, "unauthenticated"),
        (Some("Basic YWRhOmFkYQ==".to_owned()), "unauthenticated"),
        (Some("Bearer a.b.c".to_owned()), "invalid_token"),
        (Some(format!("Bearer {signed}.{}", "A".repeat(86))), "invalid_token"),
        (Some(format!("Bearer {}", expired.reveal())), "access_expired"),
    ] {
        let refused = hello(&service, authorization.clone()).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{authorization:?}");
        assert_eq!(refused.body, format!(r#"{{"error":"{code}"}}"#), "{authorization:?}");
        let challenge = &refused.headers[header::WWW_AUTHENTICATE];
        assert!(challenge.to_str().expect("text").starts_with("Bearer "), "{challenge:?}");
    }
}

#[tokio::test]
async fn another_service_calls_no_token_bad_while_it_has_no_keys() {
    let accounts = Accounts::new(config(), memory().accounts()).await.expect("an engine");
    let ada = credentials(EMAIL, PASSWORD);
    let token = accounts
        .sign_up(ada, context(None))
        .await
        .expect("signed up")
        .into_signed()
        .expect("signed tokens")
        .access;
    let set = accounts.auth().jwks();
    let long = format!("{set}{}", " ".repeat(MAX_JWKS_LEN));
    let issuer = Router::new()
        .route("/set", get(async || set))
        .route("/long", get(async || long))
        .route("/page", get(async || "<h1>Welcome</h1>"));
    let issuer = serve(issuer).await;
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let closed = closed.local_addr().expect("bound");

    for (address, status) in [
        (format!("{issuer}/set"), StatusCode::OK),
        (format!("{issuer}/long"), StatusCode::SERVICE_UNAVAILABLE),
        (format!("{issuer}/page"), StatusCode::SERVICE_UNAVAILABLE),
        (format!("{issuer}/absent"), StatusCode::SERVICE_UNAVAILABLE),
        (format!("http://{closed}/set"), StatusCode::SERVICE_UNAVAILABLE),
    ] {
        let service = serve_hello(&address).await;
        let answer = hello(&service, Some(format!("Bearer {}", token.reveal()))).await;
        assert_eq!(answer.status, status, "{address}: {}", answer.body);
    }
}
