//! Compression of documents and of large JSON, for clients that accept it.
//!
//! # Security
//! The length of a compressed answer tells an observer of the network how much of it repeats. An attacker who can also
//! make a victim's browser ask, and who chooses some text of the answer, reads a secret beside that text from the
//! lengths (BREACH). No secret is compressed here: pages and JSON hold no token, and the nonce of the policy is another
//! one in each answer. As a later page might hold one, an answer that may show what its request said is left as it is,
//! too. Another site chooses an address and nothing else, for its posts are refused, and no page shows its own path. So
//! an answer is not compressed if its address has a query (the outcome of a form, a handshake), nor if it is to a form
//! outside of `/api/` (a token pasted under the X-ray, a world of the lab, the sign-in of a handshake).

use std::{convert::Infallible, future::ready, mem};

use app::error::ApiError;
use axum::{
    body::{Body, HttpBody as _, to_bytes},
    extract::Request,
    http::{
        self, HeaderValue, Method,
        header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, ETAG},
    },
    middleware::Next,
    response::Response,
};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_http::{CompressionLevel, compression::CompressionLayer};

use crate::api_boundary;

/// The fewest bytes that are worth it: a smaller answer fits into the first packet anyway.
const WORTH_IT: u64 = 1024;
/// Level 1 makes a page of 16 kB a third of that in about 50 µs; level 4 takes twice to three times as long, for a
/// tenth less.
const LEVEL: CompressionLevel = CompressionLevel::Precise(1);

/// Runs the rest, and compresses its answer if it may be and is worth it.
pub async fn run(request: Request, next: Next) -> Response {
    let may = shows_nothing_sent(&request);
    let accepted = if may { request.headers().get(ACCEPT_ENCODING).cloned() } else { None };
    let response = next.run(request).await;
    // Boxed, because the future of every request has room for what it holds unboxed, and is moved with it.
    if may && is_worth_it(&response) {
        Box::pin(compressed(accepted, response)).await
    } else {
        response
    }
}

fn shows_nothing_sent(request: &Request) -> bool {
    match *request.method() {
        Method::GET | Method::HEAD => request.uri().query().is_none(),
        Method::POST => request.uri().path().starts_with("/api/"),
        _ => false,
    }
}

/// Returns true for documents and JSON that are whole: events and other streams have no length. A tag names the very
/// bytes, so what has one is left as it is.
fn is_worth_it(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    (kind.starts_with(b"text/html") || kind.starts_with(b"application/json"))
        && response.body().size_hint().exact().is_some_and(|length| length >= WORTH_IT)
        && !response.headers().contains_key(ETAG)
}

/// Compresses the answer whole: it is in memory already, and its length can be told, to `HEAD` as well.
async fn compressed(accepted: Option<HeaderValue>, mut response: Response) -> Response {
    let status = response.status();
    let mut request = http::Request::new(());
    request.headers_mut().extend(accepted.map(|accepted| (ACCEPT_ENCODING, accepted)));
    let answer = service_fn(move |_| ready(Ok::<_, Infallible>(mem::take(&mut response))));
    let Ok(response) = CompressionLayer::new().quality(LEVEL).layer(answer).oneshot(request).await;
    let (mut parts, body) = response.into_parts();
    // To a client that refuses every encoding, the layer would say 406 after all was done.
    parts.status = status;
    let body = Body::new(body);
    if !parts.headers.contains_key(CONTENT_ENCODING) {
        return Response::from_parts(parts, body);
    }
    match to_bytes(body, usize::MAX).await {
        Ok(bytes) => Response::from_parts(parts, Body::from(bytes)),
        Err(_) => api_boundary::answer(ApiError::Internal),
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, middleware::from_fn, routing::get};
    use futures::stream;

    use super::*;

    async fn answer(kind: &'static str, tag: Option<&'static str>, body: fn() -> Body) -> Response {
        let handler = async move || {
            let mut response = Response::new(body());
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            let tag = tag.map(|tag| (ETAG, HeaderValue::from_static(tag)));
            response.headers_mut().extend(tag);
            response
        };
        let router = Router::new().route("/", get(handler)).layer(from_fn(run));
        let request = Request::get("/").header(ACCEPT_ENCODING, "br, gzip");
        router.oneshot(request.body(Body::empty()).expect("a request")).await.expect("an answer")
    }

    fn is_compressed(response: &Response) -> bool {
        response.headers().contains_key(CONTENT_ENCODING)
    }

    #[tokio::test]
    async fn documents_are_compressed_other_types_and_tags_are_not() {
        let body = || Body::from("x".repeat(2000));
        for kind in ["text/html", "text/html; charset=utf-8", "application/json"] {
            assert!(is_compressed(&answer(kind, None, body).await), "{kind}");
            assert!(!is_compressed(&answer(kind, Some("\"tag\""), body).await), "{kind}");
        }
        for kind in ["text/event-stream", "image/png", "text/plain", "application/wasm", ""] {
            assert!(!is_compressed(&answer(kind, None, body).await), "{kind}");
        }
        let small = || Body::from("x".repeat(1023));
        assert!(!is_compressed(&answer("text/html", None, small).await));
    }

    /// A stream that is waited for to its end would be no stream.
    #[tokio::test]
    async fn a_stream_passes_as_it_comes() {
        let endless = || Body::from_stream(stream::pending::<Result<Vec<u8>, Infallible>>());
        for kind in ["text/event-stream", "text/html"] {
            assert!(!is_compressed(&answer(kind, None, endless).await), "{kind}");
        }
    }
}
