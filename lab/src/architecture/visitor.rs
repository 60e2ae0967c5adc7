//! A browser in front of a router in the same process: its cookies, and what a node answers to them.

use std::{
    collections::BTreeMap,
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
};
use http::{HeaderMap, HeaderValue, Request, header};
use serde_json::Value;
use tower_service::Service as _;

use super::NotCompared;
use crate::{action::Ask, attack::Taken, house, jar, setting::ORIGIN};

/// The most bytes of an answer's body that are read.
const MAX_BODY: usize = 4096;

/// A browser.
#[derive(Clone, Default)]
pub(crate) struct Visitor {
    cookies: BTreeMap<String, String>,
    /// The number of cookies that it was given, and that a script of a page can read.
    pub(crate) readable: usize,
}

/// An answer to a request.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// The role that the node took the client to have.
    pub(crate) role: Option<String>,
    headers: HeaderMap,
}

impl Visitor {
    /// Asks, and takes the cookies of the answer.
    pub(crate) async fn ask(&mut self, router: &Router, ask: Ask) -> Result<Reply, NotCompared> {
        let reply = self.show(router, ask).await?;
        self.receive(&reply);
        Ok(reply)
    }

    /// Asks, and loses the answer: as a copy of these cookies would.
    pub(crate) async fn show(&self, router: &Router, ask: Ask) -> Result<Reply, NotCompared> {
        send(router, ask, house::EMAIL, self.header().as_deref()).await
    }

    /// Signs in as the owner of an address.
    pub(crate) async fn sign_in(router: &Router, email: &str) -> Result<Self, NotCompared> {
        let mut visitor = Self::default();
        let reply = send(router, Ask::SignIn, email, None).await?;
        if reply.status != 200 {
            return Err(NotCompared::Unexpected("sign-in", reply.status));
        }
        visitor.receive(&reply);
        Ok(visitor)
    }

    /// Takes the cookies of an answer.
    pub(crate) fn receive(&mut self, reply: &Reply) {
        for cookie in jar::set_cookies(&reply.headers) {
            if cookie.value().is_empty() {
                self.cookies.remove(cookie.name());
            } else {
                self.readable += usize::from(cookie.http_only() != Some(true));
                self.cookies.insert(cookie.name().to_owned(), cookie.value().to_owned());
            }
        }
    }

    /// Returns the value of the header `Cookie` of its requests; `None` if it has no cookies.
    pub(crate) fn header(&self) -> Option<String> {
        let pairs: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// Returns its cookies, as a thief takes them.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        let pairs = self.cookies.iter();
        pairs.map(|(name, value)| Taken { name: name.clone(), value: value.clone() }).collect()
    }
}

impl fmt::Debug for Visitor {
    /// Shows the names alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.cookies.keys()).finish()
    }
}

/// Sends a request with those cookies, as a script of the page would.
pub(crate) async fn send(
    router: &Router,
    ask: Ask,
    email: &str,
    cookies: Option<&str>,
) -> Result<Reply, NotCompared> {
    let (method, path) = house::route(ask);
    let body = match ask {
        Ask::SignIn => format!("email={email}&password={}", house::PASSWORD.replace(' ', "+")),
        _ => String::new(),
    };
    let built = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "house.example")
        .header(header::ORIGIN, ORIGIN)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .header("sec-fetch-dest", "empty");
    let built = match cookies {
        Some(cookies) => {
            let value = HeaderValue::from_str(cookies).map_err(http::Error::from)?;
            built.header(header::COOKIE, value)
        }
        None => built,
    };
    let mut request = built.body(Body::from(body))?;
    let network = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
    request.extensions_mut().insert(ConnectInfo(SocketAddr::new(network, 443)));
    let response = match router.clone().call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, MAX_BODY).await.unwrap_or_default();
    let said: Option<Value> = serde_json::from_slice(&body).ok();
    let role = said.and_then(|said| Some(said.get("role")?.as_str()?.to_owned()));
    Ok(Reply { status: parts.status.as_u16(), role, headers: parts.headers })
}
