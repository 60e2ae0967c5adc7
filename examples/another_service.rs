//! Another service, which knows of the issuer only its key set's address: it answers who presents an access token.
//!
//! `cargo run --example another_service` beside a server on <http://localhost:3000>; then, with the access token of one
//! who signed in there: `curl -H "Authorization: Bearer $TOKEN" http://localhost:3001/hello`. The client here speaks
//! plain HTTP. In production ask over HTTPS: with `reqwest`, or with a connector of `hyper-rustls` in the client's place.

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::State,
    http::{HeaderMap, Uri},
    routing::get,
};
use coatroom::{
    RemoteVerifier,
    access_token::Verified,
    verifier::{MAX_JWKS_LEN, RemoteConfig, RemoteConfigError},
    web::{AuthRejection, bearer},
};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let jwks = Uri::from_static("http://localhost:3000/.well-known/jwks.json");
    let app = app(jwks, RemoteConfig::new("http://localhost:3000", "coatroom"))?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3001").await?;
    Ok(axum::serve(listener, app).await?)
}

/// Builds the service.
///
/// # Errors
/// [`RemoteConfigError`] if the configuration does not fit together.
pub fn app(jwks: Uri, config: RemoteConfig) -> Result<Router, RemoteConfigError> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
    let fetch = move || {
        let answer = client.get(jwks.clone());
        async {
            let (head, body) = answer.await?.into_parts();
            let body = to_bytes(Body::new(body), MAX_JWKS_LEN).await?;
            let text = String::from_utf8(body.into())?;
            if head.status.is_success() { Ok(text) } else { Err(head.status.as_str().into()) }
        }
    };
    let verifier = RemoteVerifier::new(config, fetch)?;
    Ok(Router::new().route("/hello", get(hello)).with_state(verifier))
}

async fn hello(
    State(verifier): State<RemoteVerifier>,
    headers: HeaderMap,
) -> Result<String, AuthRejection> {
    // A bad token is 401; that the issuer's keys are not to be had makes no token a bad one, and is 503.
    match verifier.verify(&bearer(&headers)?, verifier.now()).await? {
        Verified::Valid(token) => Ok(format!("Hello, {}!", token.claims.sub)),
        Verified::Expired(_) => Err(AuthRejection::AccessExpired),
    }
}
