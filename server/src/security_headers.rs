//! The headers that every answer carries, and the nonce that lets one script of a page run.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::Response,
};
use leptos::nonce::Nonce;

use crate::same_origin::{self, LeavesFor};

/// The differences between servers.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// True if browsers reach the server over HTTPS.
    pub https: bool,
    /// True if pages may listen to the tool that rebuilds them.
    pub watched: bool,
}

/// Gives a request the nonce that its page uses; none to one that no page answers.
pub fn give_nonce(request: &mut Request) -> Option<Nonce> {
    let path = request.uri().path();
    if path.starts_with("/api/") || same_origin::PROBES.contains(&path) {
        return None;
    }
    let nonce = Nonce::new();
    request.extensions_mut().insert(nonce.clone());
    Some(nonce)
}

/// Sets the headers of an answer.
pub fn add(policy: Policy, nonce: Option<&Nonce>, response: &mut Response) {
    let leaves = response.extensions().get::<LeavesFor>().cloned();
    let headers = response.headers_mut();
    headers.reserve(ALWAYS.len() + 4);
    let is_html = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    let content = if let Some(nonce) = nonce
        && is_html
    {
        page_policy(nonce, policy, leaves.as_ref())
    } else {
        // Browsers show an answer that is no page in a document of their own, and some then ask for the icon of the
        // site.
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; img-src 'self'")
    };
    headers.insert(header::CONTENT_SECURITY_POLICY, content);
    let stricter = headers.get(header::REFERRER_POLICY).is_some_and(|policy| policy == NO_REFERRER);
    for (name, value) in ALWAYS {
        if name == header::REFERRER_POLICY && stricter {
            continue;
        }
        headers.insert(name, value);
    }
    if policy.https {
        let value = HeaderValue::from_static("max-age=63072000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    no_store_unless_said_otherwise(headers);
}

/// The referrer policy of an answer whose address holds a token: the one that a handler may choose instead.
pub const NO_REFERRER: &str = "no-referrer";

/// The headers that do not vary. The referrer policy is `same-origin` and not `no-referrer`, which would turn the
/// `Origin` of our own forms into `null`.
const ALWAYS: [(HeaderName, HeaderValue); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
        ),
    ),
];

fn page_policy(nonce: &Nonce, policy: Policy, leaves: Option<&LeavesFor>) -> HeaderValue {
    let rebuilds = if policy.watched { " ws://127.0.0.1:3001 ws://localhost:3001" } else { "" };
    // Browsers hold the redirect after a form against the policy of the page that has the form.
    let target = leaves.map(|LeavesFor(origin)| format!(" {origin}")).unwrap_or_default();
    let nonce = nonce.as_inner();
    let text = format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'{rebuilds}; manifest-src 'self'; \
         form-action 'self'{target}; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    );
    // A nonce is base64url, so this cannot fail; if it did, nothing at all may run.
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

fn no_store_unless_said_otherwise(headers: &mut HeaderMap) {
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
