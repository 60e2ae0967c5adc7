//! The headers that every answer carries, and the nonce that lets one script of a page run.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use leptos::nonce::Nonce;

use crate::same_origin::LeavesFor;

/// The differences between servers.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// True if browsers reach the server over HTTPS.
    pub https: bool,
    /// True if pages may listen to the tool that rebuilds them.
    pub watched: bool,
}

/// Sets the headers. The nonce goes into the request first, for the page to use.
pub async fn add(State(policy): State<Policy>, mut request: Request, next: Next) -> Response {
    let nonce = Nonce::new();
    request.extensions_mut().insert(nonce.clone());
    let mut response = next.run(request).await;
    let leaves = response.extensions().get::<LeavesFor>().cloned();
    let headers = response.headers_mut();
    let is_html = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    let content = if is_html {
        page_policy(&nonce, policy, leaves.as_ref())
    } else {
        // Browsers show an answer that is no page in a document of their own, and some then ask for the icon of the
        // site.
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; img-src 'self'")
    };
    headers.insert(header::CONTENT_SECURITY_POLICY, content);
    let stricter = headers.get(header::REFERRER_POLICY).is_some_and(|policy| policy == NO_REFERRER);
    for (name, value) in ALWAYS {
        if name == "referrer-policy" && stricter {
            continue;
        }
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if policy.https {
        let value = HeaderValue::from_static("max-age=63072000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    no_store_unless_said_otherwise(headers);
    response
}

/// The referrer policy of an answer whose address holds a token: the one that a handler may choose instead.
pub const NO_REFERRER: &str = "no-referrer";

/// The headers that do not vary. The referrer policy is `same-origin` and not `no-referrer`, which would turn the
/// `Origin` of our own forms into `null`.
const ALWAYS: [(&str, &str); 6] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
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
