//! One line of the log for each request: the request, the decision, the account, and the time that it took. Refusals
//! under load, and answers that nothing can be said, are counted: under a flood their lines would fill a disk.
//!
//! It holds no query and no header, so no token can be in it; nothing that a client chooses gets in at length.

use std::{net::SocketAddr, pin::Pin};

use axum::{
    extract::{ConnectInfo, Request},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::Response,
};
use coatroom::{log_throttle::LogThrottle, session::Decision, web::Verdict};
use tokio::time::Instant;
use tracing::{Instrument as _, Level, Span};
use uuid::Uuid;

use crate::proxies::network;

/// The header by which a request is found again, here and in a proxy's log.
pub const ID: HeaderName = HeaderName::from_static("x-request-id");
/// The most characters of an id that is kept.
const MAX_ID: usize = 64;
/// The most characters of a path that are logged.
const MAX_PATH: usize = 256;
/// The most characters of a method, which may be any word.
const MAX_METHOD: usize = 16;

/// The requests that were refused for coming too often.
static REFUSED: LogThrottle = LogThrottle::new();
/// The requests that were told to come again, because the server is busy, or its database is away.
static PUT_OFF: LogThrottle = LogThrottle::new();

/// Returns the id that a request came with, if it is one short word, or else a new one.
pub fn identify(headers: &HeaderMap) -> HeaderValue {
    let mut ids = headers.get_all(ID).iter();
    if let (Some(id), None) = (ids.next(), ids.next())
        && is_short_word(id)
    {
        return id.clone();
    }
    let id = Uuid::new_v4().hyphenated().to_string();
    HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("none"))
}

fn is_short_word(id: &HeaderValue) -> bool {
    let of_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
    (1..=MAX_ID).contains(&id.len()) && id.as_bytes().iter().all(of_word)
}

/// A request that is being answered, as the log tells of it.
pub struct Logged {
    /// The instant at which it began, if that is logged.
    began: Option<Instant>,
    client: Option<SocketAddr>,
    /// The span that names it in everything that is logged meanwhile.
    span: Span,
}

impl Logged {
    /// Begins with a request of that id.
    pub fn begin(request: &Request, id: &HeaderValue) -> Self {
        let id = id.to_str().ok();
        let path = cut(request.uri().path(), MAX_PATH);
        let method = cut(request.method().as_str(), MAX_METHOD);
        let client = request.extensions().get::<ConnectInfo<SocketAddr>>();
        Self {
            began: tracing::enabled!(Level::INFO).then(Instant::now),
            client: client.map(|ConnectInfo(client)| *client),
            span: tracing::info_span!("http", method, path, id),
        }
    }

    /// Waits for the answer, and logs the line.
    pub async fn answered(self, answer: Pin<&mut impl Future<Output = Response>>) -> Response {
        let Self { began, client, span } = self;
        let answer = async move {
            let response = answer.await;
            tell(&response, began, client);
            response
        };
        // An instrumented future enters its span at each poll, even one that no subscriber hears.
        if span.is_disabled() { answer.await } else { answer.instrument(span).await }
    }
}

fn tell(response: &Response, began: Option<Instant>, client: Option<SocketAddr>) {
    match response.status() {
        StatusCode::TOO_MANY_REQUESTS => {
            REFUSED.count(|times| {
                tracing::info!(times, "requests answered with 429: a rate limit was exceeded");
            });
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            PUT_OFF.count(|times| {
                tracing::info!(
                    times,
                    "requests answered with 503: server busy or database unavailable"
                );
            });
        }
        status => {
            let verdict = response.extensions().get::<Verdict>();
            tracing::info!(
                status = status.as_u16(),
                ms = began
                    .map(|began| u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)),
                network = client.map(|client| tracing::field::display(network(client.ip()))),
                access = verdict.and_then(|verdict| verdict.access).map(tracing::field::debug),
                refresh = verdict.and_then(|verdict| verdict.refresh).map(tracing::field::debug),
                row = verdict.and_then(|verdict| verdict.refresh).map(Decision::row),
                sub = verdict
                    .and_then(|verdict| verdict.subject.as_ref())
                    .map(tracing::field::display),
                sid = verdict.and_then(|verdict| verdict.session).map(tracing::field::display),
                "answered"
            );
        }
    }
}

fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_kept_only_if_it_is_one_short_word() {
        let kept = |id: &str| is_short_word(&HeaderValue::from_bytes(id.as_bytes()).expect("id"));
        for good in ["a", "0af7651916cd43dd8448eb211c80319c", "Root.1-67_x", &"x".repeat(64)] {
            assert!(kept(good), "{good}");
        }
        for bad in ["", "a b", "a\"b", "a=b", "<a>", "caf\u{e9}", &"x".repeat(65)] {
            assert!(!kept(bad), "{bad}");
        }
    }
}
