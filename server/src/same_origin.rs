//! Checks the host and origin of requests: the host must be ours, and a change must come from our own pages.
//!
//! The library compares the origins ([`check_change`]); here are the names that the operator configured, and what becomes
//! of a request that names others.

mod redirects;

use std::{net::SocketAddr, sync::Arc};

use app::error::ApiError;
use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use coatroom::web::check_change;

pub use self::redirects::LeavesFor;
use crate::{api_boundary, forms};

/// The paths that load balancers ask for by an address of their own.
pub const PROBES: [&str; 2] = ["/healthz", "/readyz"];

/// The names that the server answers to.
#[derive(Clone, Debug)]
pub struct Names {
    origin: String,
    /// The address it listens on, as a proxy sends it that does not pass `Host` on. A name can be rebound to it, and a
    /// browser then sends that name; no page can make a browser send the address itself.
    listening: String,
    /// True if any name of this machine is ours, too.
    local: bool,
}

impl Names {
    /// Makes those of a server with that origin and address; every loopback name with `local`, for trying it out.
    pub fn new(origin: &str, address: SocketAddr, local: bool) -> Arc<Self> {
        let listening = address.to_string();
        Arc::new(Self { origin: origin.to_owned(), listening, local })
    }

    /// Returns true if a request to that host is meant for this server.
    fn is_host(&self, host: &str) -> bool {
        let (scheme, authority) = self.origin.split_once("://").unwrap_or_default();
        let port = if scheme == "https" { ":443" } else { ":80" };
        host.strip_suffix(port).unwrap_or(host).eq_ignore_ascii_case(authority)
            || host == self.listening
            || self.is_local(host)
    }

    /// Returns true if the request is from a page of ours that came over plain http, though the origin is https: there
    /// browsers keep no cookie of ours.
    fn is_in_the_clear(&self, headers: &HeaderMap) -> bool {
        let ours = self.origin.strip_prefix("https://");
        let Value::Is(origin) = one(headers, header::ORIGIN) else { return false };
        ours.is_some() && origin.strip_prefix("http://") == ours
    }

    fn is_local(&self, host: &str) -> bool {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let loopback = ["localhost", "127.0.0.1", "[::1]"];
        self.local && loopback.iter().any(|local| name.eq_ignore_ascii_case(local))
    }

    /// Returns the origins that pages of this server may have, if it was reached by that host.
    fn origins(&self, host: &str) -> Vec<String> {
        let mut origins = vec![self.origin.clone()];
        if self.is_local(host) {
            origins.push(format!("http://{host}"));
        }
        origins
    }
}

/// A request that may go on: the redirects of its answer are bound.
#[derive(Debug)]
pub struct Admitted {
    /// The host that it named; nothing for a probe, which is sent nowhere else.
    host: String,
    is_page: bool,
}

/// Checks a request.
///
/// # Errors
/// The answer that refuses it.
pub fn check(names: &Names, request: &Request) -> Result<Admitted, Box<Response>> {
    if PROBES.contains(&request.uri().path()) {
        return Ok(Admitted { host: String::new(), is_page: false });
    }
    let Some(host) = host(request) else {
        let refused = (StatusCode::BAD_REQUEST, "A request must name exactly one host.\n");
        return Err(Box::new(refused.into_response()));
    };
    if !names.is_host(host) {
        return Err(Box::new(misdirected(names)));
    }
    if !request.method().is_safe() && check_change(request.headers(), &names.origins(host)).is_err()
    {
        return Err(Box::new(if names.is_in_the_clear(request.headers()) {
            forms::not_kept(request)
        } else {
            api_boundary::answer(ApiError::CrossSite)
        }));
    }
    Ok(Admitted { host: host.to_owned(), is_page: !request.uri().path().starts_with("/api/") })
}

impl Admitted {
    /// Bounds the redirect of its answer, if that is one.
    pub fn bound_location(&self, names: &Names, response: &mut Response) {
        if response.headers().contains_key(header::LOCATION) {
            redirects::bound_location(response, &names.origins(&self.host), self.is_page);
        }
    }
}

/// Returns the one host that a request is made to (RFC 9112 §3.2, RFC 9113 §8.3.1).
fn host(request: &Request) -> Option<&str> {
    match (request.uri().authority(), one(request.headers(), header::HOST)) {
        (_, Value::Unclear) | (None, Value::Absent) => None,
        (Some(authority), _) => Some(authority.as_str()),
        (None, Value::Is(host)) => Some(host),
    }
}

fn misdirected(names: &Names) -> Response {
    let text = format!(
        "This is the server of {}, and the request names another host, where browsers would keep none of its cookies: \
         open that address. A proxy in front of it has to pass `Host` on.\n",
        names.origin
    );
    (StatusCode::MISDIRECTED_REQUEST, text).into_response()
}

/// A header that may occur once.
enum Value<'a> {
    Absent,
    Is(&'a str),
    /// It occurs more often, or is no text.
    Unclear,
}

fn one(headers: &HeaderMap, name: HeaderName) -> Value<'_> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Value::Absent,
        (Some(value), None) => value.to_str().map_or(Value::Unclear, Value::Is),
        (Some(_), Some(_)) => Value::Unclear,
    }
}

#[cfg(test)]
mod tests;
