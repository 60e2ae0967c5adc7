//! The kind of a request, and the client and network that it comes from.

use std::net::{IpAddr, SocketAddr};

use aws_lc_rs::digest;
use axum::extract::{ConnectInfo, Request};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use crate::{session::Client, store::Trigger};

const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const SEC_PURPOSE: HeaderName = HeaderName::from_static("sec-purpose");
const PURPOSE: HeaderName = HeaderName::from_static("purpose");
const X_MOZ: HeaderName = HeaderName::from_static("x-moz");

/// The requests that [`AuthLayer`](super::AuthLayer) refreshes in passing if their access token has expired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefreshOn {
    /// All but prefetches and upgrades: pages, calls of scripts, images, streams of events. A burst costs one rotation,
    /// because a replay gets the same tokens as the rotation. A script needs to know nothing of tokens.
    #[default]
    EveryRequest,
    /// Navigations of a person alone. A script's call gets 401 `access_expired` instead; the script refreshes by a
    /// route that calls [`AuthSession::refresh`](super::AuthSession::refresh), and calls again.
    Documents,
}

impl RefreshOn {
    /// Returns the trigger to refresh with, that of the request, or `None` if the request is not to be refreshed in passing.
    pub(super) fn in_passing(self, request: &Request, trigger: Trigger) -> Option<Trigger> {
        if is_prefetch(request.headers()) || is_upgrade(request) {
            return None;
        }
        (self == Self::EveryRequest || trigger == Trigger::Document).then_some(trigger)
    }
}

/// Tells the navigation of a person, whose answer the browser will show, from a call.
pub(super) fn trigger(request: &Request) -> Trigger {
    let headers = request.headers();
    let navigates = || {
        if let Some(destination) = text(headers, &SEC_FETCH_DEST) {
            destination == "document"
        } else {
            text(headers, &header::ACCEPT).is_some_and(|value| value.contains("text/html"))
        }
    };
    let shown = matches!(*request.method(), Method::GET | Method::POST) && navigates();
    if shown && !is_prefetch(headers) { Trigger::Document } else { Trigger::Call }
}

/// Returns whether this is a fetch ahead of a navigation that may never come: no token is exchanged for that.
fn is_prefetch(headers: &HeaderMap) -> bool {
    // Names that are parsed already: each request is asked for them.
    [SEC_PURPOSE, PURPOSE, X_MOZ]
        .iter()
        .any(|name| text(headers, name).is_some_and(|value| value.contains("prefetch")))
}

/// Returns whether a request leaves HTTP, such as that of a WebSocket (RFC 9110 §7.8, RFC 8441 §4): not every browser
/// keeps the cookies of its answer.
fn is_upgrade(request: &Request) -> bool {
    request.headers().contains_key(header::UPGRADE) || request.method() == Method::CONNECT
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The sender of a request. Few requests need to know more of it: those that begin, go on with or end a session.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    agent: Option<HeaderValue>,
    address: Option<IpAddr>,
}

impl Sender {
    pub(super) fn of(request: &Request) -> Self {
        Self {
            agent: request.headers().get(header::USER_AGENT).cloned(),
            address: address_of(request),
        }
    }

    /// Returns the client, only as precisely as the session's owner needs.
    pub(super) fn client(&self) -> Client {
        let agent = self.agent.as_ref().and_then(|agent| agent.to_str().ok());
        let hash = |agent: &str| {
            URL_SAFE_NO_PAD
                .encode(&digest::digest(&digest::SHA256, agent.as_bytes()).as_ref()[..12])
        };
        Client {
            label: agent.map(label).unwrap_or_default(),
            user_agent_hash: agent.map(hash).unwrap_or_default(),
            ip_prefix: self.address.map(network).unwrap_or_default(),
        }
    }
}

/// Returns the network that a request comes from, in the form of [`Client::ip_prefix`], by its [`ConnectInfo`]; empty
/// if the application does not pass that on.
pub fn network_of(request: &Request) -> String {
    address_of(request).map(network).unwrap_or_default()
}

fn address_of(request: &Request) -> Option<IpAddr> {
    let ConnectInfo(address) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
    Some(address.ip())
}

/// Returns the browser and system that a `User-Agent` names, from a fixed list: nothing of the header itself is kept.
fn label(agent: &str) -> String {
    let named = |names: &[(&'static str, &'static str)]| {
        names.iter().find(|(sign, _)| agent.contains(sign)).map(|(_, name)| *name)
    };
    // The order matters: most browsers claim to be those further down as well.
    let browser = named(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chromium"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = named(&[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iOS"),
        ("iPad", "iOS"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "another program".to_owned(),
    }
}

fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(method: &str, headers: &[(&str, &str)]) -> Request {
        let mut builder = Request::builder().method(method);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.body(Body::empty()).expect("a request")
    }

    #[test]
    fn only_a_persons_navigation_is_a_document() {
        let document = |method, headers: &[_]| {
            let request = request(method, headers);
            let trigger = trigger(&request);
            let document = trigger == Trigger::Document;
            let in_passing = RefreshOn::Documents.in_passing(&request, trigger);
            assert_eq!(in_passing.is_some(), document);
            document
        };
        let html = ("accept", "text/html,*/*;q=0.8");
        assert!(document("GET", &[("sec-fetch-dest", "document")]));
        assert!(document("POST", &[("sec-fetch-dest", "document")]));
        assert!(document("GET", &[html]));
        assert!(!document("GET", &[html, ("sec-fetch-dest", "empty")]));
        assert!(!document("GET", &[html, ("sec-fetch-dest", "image")]));
        assert!(!document("HEAD", &[html]));
        assert!(!document("GET", &[("accept", "application/json")]));
        assert!(!document("GET", &[]));
        assert!(!document("GET", &[html, ("sec-purpose", "prefetch;prerender")]));
        assert!(!document("GET", &[html, ("purpose", "prefetch")]));
    }

    #[test]
    fn every_request_but_prefetch_and_upgrade_refreshes_in_passing() {
        let refreshed = |method, headers: &[_]| {
            let request = request(method, headers);
            RefreshOn::default().in_passing(&request, trigger(&request)).is_some()
        };
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] {
            assert!(refreshed(method, &[]), "{method}");
        }
        for destination in ["document", "empty", "image", "iframe", "script"] {
            assert!(refreshed("GET", &[("sec-fetch-dest", destination)]), "{destination}");
        }
        assert!(!refreshed("GET", &[("sec-purpose", "prefetch;prerender")]));
        assert!(!refreshed("GET", &[("purpose", "prefetch")]));
        assert!(!refreshed("GET", &[("x-moz", "prefetch")]));
        assert!(!refreshed("GET", &[("upgrade", "websocket")]));
        assert!(!refreshed("CONNECT", &[]));
    }

    #[test]
    fn a_label_says_what_a_person_would() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36";
        assert_eq!(label(chrome), "Chromium on Linux");
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Safari/604.1";
        assert_eq!(label(iphone), "Safari on iOS");
        assert_eq!(label("curl/8.0"), "curl");
        assert_eq!(label("<script>"), "another program");
    }

    #[test]
    fn a_network_is_coarser_than_an_address() {
        assert_eq!(network("203.0.113.77".parse().expect("an address")), "203.0.113.0/24");
        assert_eq!(network("::ffff:203.0.113.77".parse().expect("an address")), "203.0.113.0/24");
        assert_eq!(network("2001:db8:1:2::3".parse().expect("an address")), "2001:db8:1::/48");
    }
}
