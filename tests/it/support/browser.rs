//! A browser's cookie jar in front of a router in the same process.
//!
//! It keeps the rules of cookies that matter here: a `__Host-` cookie without `Secure; Path=/`, or with a `Domain`, is
//! ignored, and so is a `__Secure-` cookie without `Secure`; `Max-Age=0` deletes. Clone it, and a thief has the jar.

use std::collections::BTreeMap;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, HeaderValue, Request, StatusCode, header, request::Builder},
};
use tower::ServiceExt as _;

/// A cookie jar and the server it talks to.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    router: Router,
    pub(crate) jar: BTreeMap<String, String>,
}

/// An answer that the browser may not have received yet.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// Both tokens, as [`Answer::sets`] and [`Answer::deletes`] name them.
pub(crate) const BOTH: [&str; 2] = ["access", "refresh"];

/// A `Set-Cookie` header, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SetCookie {
    pub(crate) name: String,
    pub(crate) value: String,
    /// In alphabetical order, as they were written.
    pub(crate) attributes: Vec<String>,
}

/// A navigation, as browsers send it.
pub(crate) fn document(path: &str) -> Builder {
    Request::get(path).header("sec-fetch-dest", "document").header("accept", "text/html")
}

/// A script's call.
pub(crate) fn call(method: &str, path: &str) -> Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header("sec-fetch-dest", "empty")
        .header("accept", "*/*")
}

impl Browser {
    pub(crate) fn new(router: Router) -> Self {
        Self { router, jar: BTreeMap::new() }
    }

    /// Opens a page.
    pub(crate) async fn open(&mut self, path: &str) -> Answer {
        let answer = self.send(document(path)).await;
        self.receive(&answer);
        answer
    }

    /// Posts a form of the first page, as a browser does without a script.
    pub(crate) async fn submit(&mut self, path: &str, form: &str) -> Answer {
        let request = document(path)
            .method("POST")
            .header("sec-fetch-site", "same-origin")
            .header(header::REFERER, "https://coatroom.example/")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = self.send_with(request, form.to_owned()).await;
        self.receive(&answer);
        answer
    }

    /// Calls from a page.
    pub(crate) async fn call(&mut self, method: &str, path: &str) -> Answer {
        let answer = self.send(call(method, path)).await;
        self.receive(&answer);
        answer
    }

    /// Sends a request with the jar's cookies, and leaves its answer under way.
    pub(crate) async fn send(&self, request: Builder) -> Answer {
        self.send_with(request, Body::empty()).await
    }

    async fn send_with(&self, request: Builder, body: impl Into<Body>) -> Answer {
        let cookies: Vec<String> =
            self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if cookies.is_empty() {
            request
        } else {
            request.header(header::COOKIE, cookies.join("; "))
        };
        self.exchange(request.body(body.into()).expect("a request")).await
    }

    /// Sends a request with no cookies but those it has.
    pub(crate) async fn send_bare(&self, request: Builder) -> Answer {
        self.exchange(request.body(Body::empty()).expect("a request")).await
    }

    async fn exchange(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("a body in memory");
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).expect("text"),
        }
    }

    /// Takes the cookies of an answer, at last.
    pub(crate) fn receive(&mut self, answer: &Answer) {
        for cookie in answer.cookies() {
            let has = |attribute: &str| cookie.attributes.iter().any(|each| each == attribute);
            let bound = has("Secure")
                && has("Path=/")
                && !cookie.attributes.iter().any(|each| each.starts_with("Domain"));
            if cookie.name.starts_with("__Host-") && !bound
                || cookie.name.starts_with("__Secure-") && !has("Secure")
            {
                continue;
            }
            if has("Max-Age=0") {
                self.jar.remove(&cookie.name);
            } else {
                self.jar.insert(cookie.name, cookie.value);
            }
        }
    }

    /// The name of the cookie of that kind; the only one, or the last.
    pub(crate) fn name(&self, kind: &str) -> String {
        let part = format!("-{kind}-");
        let name = self.jar.keys().rfind(|name| name.contains(&part));
        name.unwrap_or_else(|| panic!("no {kind} cookie in {:?}", self.jar.keys())).clone()
    }

    /// The access token in the jar.
    pub(crate) fn access(&self) -> &str {
        &self.jar[&self.name("access")]
    }

    /// The refresh token in the jar.
    pub(crate) fn refresh(&self) -> &str {
        &self.jar[&self.name("refresh")]
    }

    /// Removes the cookie of that kind.
    pub(crate) fn lose(&mut self, kind: &str) -> String {
        let name = self.name(kind);
        self.jar.remove(&name).expect("it was found")
    }

    /// Puts a cookie into the jar by hand.
    pub(crate) fn plant(&mut self, name: &str, value: &str) {
        self.jar.insert(name.into(), value.into());
    }
}

impl Answer {
    /// The cookies that the answer sets, by name.
    pub(crate) fn cookies(&self) -> Vec<SetCookie> {
        let mut cookies: Vec<SetCookie> = self
            .headers
            .get_all(header::SET_COOKIE)
            .iter()
            .map(|header| SetCookie::parse(header.to_str().expect("text")))
            .collect();
        cookies.sort_by(|one, other| one.name.cmp(&other.name));
        cookies
    }

    /// The names of what it sets or deletes.
    pub(crate) fn cookie_names(&self) -> Vec<String> {
        self.cookies().into_iter().map(|cookie| cookie.name).collect()
    }

    /// The tokens that it sets, as `access` and `refresh`.
    pub(crate) fn sets(&self) -> Vec<&'static str> {
        self.kinds(|cookie| !cookie.value.is_empty())
    }

    /// The tokens whose cookies it deletes.
    pub(crate) fn deletes(&self) -> Vec<&'static str> {
        self.kinds(|cookie| cookie.value.is_empty())
    }

    fn kinds(&self, wanted: impl Fn(&SetCookie) -> bool) -> Vec<&'static str> {
        let kind = |cookie: &SetCookie| {
            let kinds = ["access", "refresh", "session"].into_iter();
            let mut found = kinds.filter(|kind| cookie.name.contains(&format!("-{kind}")));
            found.next().unwrap_or("another")
        };
        self.cookies().iter().filter(|cookie| wanted(cookie)).map(kind).collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value: &HeaderValue| value.to_str().expect("text"))
    }
}

impl SetCookie {
    fn parse(header: &str) -> Self {
        let mut parts = header.split("; ");
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).expect("name=value");
        let mut attributes: Vec<String> = parts.map(str::to_owned).collect();
        attributes.sort();
        Self { name: name.into(), value: value.into(), attributes }
    }
}
