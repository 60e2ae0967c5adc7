//! Redirects: they lead to a path of our own, or to a service that the operator named.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use leptos::server_fn::redirect::REDIRECT_HEADER;

/// Returns the path and all after it of an address below `origin`, if it is one.
pub(super) fn path_below<'a>(address: &'a str, origin: &str) -> Option<&'a str> {
    let path = address.strip_prefix(origin)?;
    match path.bytes().next() {
        None => Some("/"),
        Some(b'/' | b'?' | b'#') => Some(path),
        // `https://example.com.evil.example`, or a port.
        Some(_) => None,
    }
}

/// The one origin of another service that an answer may lead to, by a redirect or by that of a form on its page: an
/// extension of the answer. A handler takes it from the operator's settings, never from a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeavesFor(pub String);

/// Cuts a redirect down to a path of ours, unless the handler let it leave for the origin that it leads to. A page's
/// redirect becomes one for every client: the framework makes it so only for those that ask for HTML by name, and says
/// it to its own script in a header otherwise.
pub(super) fn bound_location(response: &mut Response, origins: &[String], is_page: bool) {
    let Some(location) = response.headers().get(header::LOCATION) else { return };
    let location = location.to_str().unwrap_or("/");
    if let Some(LeavesFor(origin)) = response.extensions().get()
        && path_below(location, origin).is_some()
    {
        return;
    }
    let path = origins.iter().find_map(|ours| path_below(location, ours)).unwrap_or(location);
    // Two slashes, or what browsers take for them, begin another host.
    let bytes = path.as_bytes();
    let own = bytes.first() == Some(&b'/') && !matches!(bytes.get(1), Some(b'/' | b'\\'));
    let path = HeaderValue::try_from(if own { path } else { "/" });
    let path = path.unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(header::LOCATION, path);
    if is_page && response.headers_mut().remove(REDIRECT_HEADER).is_some() {
        *response.status_mut() = StatusCode::FOUND;
    }
}
