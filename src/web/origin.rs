//! The origin of a request: changes and upgrades must come from this server's own pages.
//!
//! An attacker's page can make a browser send a form or open a WebSocket here, with its cookies if the site is the same;
//! it cannot make one lie about where it comes from. Origins are compared byte for byte with those of the caller,
//! because `http://`, a trailing slash and another port are other origins (RFC 6454 §4).

use axum::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{self, AsHeaderName},
    request::Parts,
};

use super::AuthSession;

/// A refusal: a page of another origin made the request, or a browser that does not say which page did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request comes from a page of another origin")]
pub struct CrossOrigin;

/// A WebSocket handshake, or another upgrade, from a page of this server: a handler that takes one refuses those from
/// pages of others with [`CrossOrigin`], before anything is upgraded.
///
/// Browsers let every page open a WebSocket to every server, with the cookies of that server; no CORS and no
/// [`CsrfLayer`](https://docs.rs/tower-http/latest/tower_http/csrf/index.html) stands in between, because the handshake
/// is a `GET`. The check is [`check_upgrade`], with [`AuthConfig::issuer`](crate::AuthConfig::issuer) as the origin. The
/// handler has to be inside [`AuthLayer`](super::AuthLayer); elsewhere every upgrade is refused.
///
/// A connection outlives the check of its handshake, so it has to be closed when its session ends:
///
/// ```
/// use std::pin::pin;
///
/// use axum::{
///     Router,
///     extract::ws::{WebSocket, WebSocketUpgrade},
///     response::Response,
///     routing::any,
/// };
/// use coatroom::{Auth, AuthLayer, AuthSession, CurrentUser, Principal, web::SameOriginUpgrade};
///
/// async fn open(
///     _: SameOriginUpgrade,
///     CurrentUser(principal): CurrentUser,
///     session: AuthSession,
///     upgrade: WebSocketUpgrade,
/// ) -> Response {
///     let auth = session.auth().clone();
///     upgrade.on_upgrade(move |socket| echo(socket, auth, principal))
/// }
///
/// async fn echo(mut socket: WebSocket, auth: Auth, principal: Principal) {
///     let mut ended = pin!(auth.wait_until_ended(&principal));
///     loop {
///         tokio::select! {
///             // Signed out, revoked or expired. The socket is dropped, and so the connection is closed.
///             _reason = &mut ended => return,
///             message = socket.recv() => {
///                 let Some(Ok(message)) = message else { return };
///                 if socket.send(message).await.is_err() {
///                     return;
///                 }
///             }
///         }
///     }
/// }
///
/// # fn app(auth: Auth) -> Router {
/// Router::new().route("/echo", any(open)).layer(AuthLayer::new(auth))
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SameOriginUpgrade;

impl<S: Send + Sync> FromRequestParts<S> for SameOriginUpgrade {
    type Rejection = CrossOrigin;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, CrossOrigin> {
        let Some(session) = parts.extensions.get::<AuthSession>() else {
            tracing::error!(
                "a handler uses SameOriginUpgrade outside of AuthLayer: add the layer to its router"
            );
            return Err(CrossOrigin);
        };
        check_upgrade(parts, &session.auth().config().issuer).map(|()| Self)
    }
}

/// Checks that an upgrade comes from a page of that origin (RFC 6455 §10.2), or from no browser: each sends `Origin`
/// with a handshake. A program without one is let in only if it brings no cookie, also none that
/// [`AuthLayer`](super::AuthLayer) has taken out of the request.
///
/// For upgrades alone: with other `GET` requests to their own origin browsers send no `Origin`. `Sec-Fetch-Site` is not
/// read, because not every browser compares the origins of a `wss:` URL as it does those of an `https:` one.
///
/// # Errors
/// [`CrossOrigin`] if it does not.
pub fn check_upgrade(parts: &Parts, origin: &str) -> Result<(), CrossOrigin> {
    let taken = parts.extensions.get::<AuthSession>().is_some_and(AuthSession::presented_any);
    let ours = match one(&parts.headers, header::ORIGIN) {
        Value::Is(from) => from == origin,
        Value::Unclear => false,
        Value::Absent => !taken && !parts.headers.contains_key(header::COOKIE),
    };
    if ours { Ok(()) } else { Err(CrossOrigin) }
}

/// Checks that a request that may change something, such as a post, comes from a page of one of these origins, or from
/// no browser. Call it outside of [`AuthLayer`](super::AuthLayer), so that another site's request refreshes nothing.
///
/// It reads `Sec-Fetch-Site`, in which the browser compared the origins itself, and `Origin`; from browsers that send
/// neither with a form, `Referer`. A request with none of them is let in only if it brings no cookie.
///
/// # Errors
/// [`CrossOrigin`] if it does not.
pub fn check_change(headers: &HeaderMap, origins: &[impl AsRef<str>]) -> Result<(), CrossOrigin> {
    if is_ours(headers, origins) { Ok(()) } else { Err(CrossOrigin) }
}

fn is_ours(headers: &HeaderMap, origins: &[impl AsRef<str>]) -> bool {
    let is_origin = |origin: &str| origins.iter().any(|ours| ours.as_ref() == origin);
    let origin = one(headers, header::ORIGIN);
    match one(headers, HeaderName::from_static("sec-fetch-site")) {
        // The browser compared the origins itself. It leaves its own out if a page wants no referrer.
        Value::Is("same-origin" | "none") => match origin {
            Value::Is(origin) => origin == "null" || is_origin(origin),
            Value::Absent => true,
            Value::Unclear => false,
        },
        Value::Is(_) | Value::Unclear => false,
        Value::Absent => match (origin, one(headers, header::REFERER)) {
            (Value::Is(origin), _) => is_origin(origin),
            (Value::Unclear, _) | (Value::Absent, Value::Unclear) => false,
            // Browsers before 2020 send neither with a form.
            (Value::Absent, Value::Is(referer)) => {
                origins.iter().any(|ours| is_below(referer, ours.as_ref()))
            }
            // A program. With cookies it may be a browser that was kept from saying where it comes from.
            (Value::Absent, Value::Absent) => !headers.contains_key(header::COOKIE),
        },
    }
}

/// Returns true for an address below an origin; `https://example.com.evil.example` and another port are none.
fn is_below(address: &str, origin: &str) -> bool {
    let after = address.strip_prefix(origin);
    after.is_some_and(|after| after.is_empty() || after.starts_with(['/', '?', '#']))
}

/// A header that may occur once.
enum Value<'a> {
    Absent,
    Is(&'a str),
    /// It occurs more often, or is no text.
    Unclear,
}

fn one(headers: &HeaderMap, name: impl AsHeaderName) -> Value<'_> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Value::Absent,
        (Some(value), None) => value.to_str().map_or(Value::Unclear, Value::Is),
        (Some(_), Some(_)) => Value::Unclear,
    }
}

impl IntoResponse for CrossOrigin {
    fn into_response(self) -> Response {
        let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        (StatusCode::FORBIDDEN, json, r#"{"error":"cross_origin"}"#).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "https://coat.example";

    fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in list {
            map.append(*name, HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
        }
        map
    }

    const COOKIE: (&str, &str) = ("cookie", "a=b");

    #[test]
    fn a_page_of_ours_is_proven_by_what_browsers_say() {
        for good in [
            &[("sec-fetch-site", "same-origin"), ("origin", ORIGIN), COOKIE][..],
            &[("sec-fetch-site", "same-origin"), COOKIE],
            &[("sec-fetch-site", "none"), COOKIE],
            &[("sec-fetch-site", "same-origin"), ("origin", "null"), COOKIE],
            &[("origin", ORIGIN), COOKIE],
            &[("origin", "https://other.example"), COOKIE],
            &[("origin", ORIGIN), ("referer", "https://evil.example/"), COOKIE],
            &[("referer", "https://coat.example/sign-in?x"), COOKIE],
            &[("referer", "https://coat.example"), COOKIE],
            // A program without cookies has no session to abuse.
            &[],
        ] {
            let origins = [ORIGIN, "https://other.example"];
            assert_eq!(check_change(&headers(good), &origins), Ok(()), "{good:?}");
        }
        for bad in [
            // CSRF-03: a browser that says nothing.
            &[COOKIE][..],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site"), ("origin", ORIGIN)],
            &[("sec-fetch-site", "Same-Origin"), ("origin", ORIGIN)],
            &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")],
            &[("sec-fetch-site", "same-origin"), ("origin", ORIGIN), ("origin", ORIGIN)],
            &[("origin", "http://coat.example")],
            &[("origin", "https://coat.example/")],
            &[("origin", "https://COAT.example")],
            &[("origin", "https://coat.example:443")],
            &[("origin", "https://coat.example.evil.example")],
            &[("origin", "null")],
            &[("origin", "")],
            &[("origin", ORIGIN), ("origin", "https://evil.example")],
            &[("referer", "https://coat.example.evil.example/")],
            &[("referer", "https://coat.example@evil.example/")],
            &[("referer", "http://coat.example/")],
            &[("referer", "https://coat.example:444/")],
            &[("referer", "")],
        ] {
            assert_eq!(check_change(&headers(bad), &[ORIGIN]), Err(CrossOrigin), "{bad:?}");
        }
    }

    #[test]
    fn an_upgrade_is_ours_by_its_origin_alone() {
        let check = |list: &[(&'static str, &str)]| {
            let (mut parts, ()) = http::Request::new(()).into_parts();
            parts.headers = headers(list);
            check_upgrade(&parts, ORIGIN)
        };
        for good in [
            &[("origin", ORIGIN), COOKIE][..],
            &[("origin", ORIGIN), ("sec-fetch-site", "cross-site"), COOKIE],
            &[],
        ] {
            assert_eq!(check(good), Ok(()), "{good:?}");
        }
        for bad in [
            &[COOKIE][..],
            &[("sec-fetch-site", "same-origin"), COOKIE],
            &[("referer", "https://coat.example/"), COOKIE],
            &[("origin", "null")],
            &[("origin", "")],
            &[("origin", "http://coat.example")],
            &[("origin", "https://coat.example/")],
            &[("origin", "https://COAT.example")],
            &[("origin", "https://coat.example:443")],
            &[("origin", "https://www.coat.example")],
            &[("origin", "https://coat.example.evil.example")],
            &[("origin", ORIGIN), ("origin", ORIGIN)],
            &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")],
        ] {
            assert_eq!(check(bad), Err(CrossOrigin), "{bad:?}");
        }
    }
}
