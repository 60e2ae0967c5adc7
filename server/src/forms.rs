//! Forms that a browser posts by itself, because there is no script or not yet: each is answered with a page.
//!
//! Inside, such a form is the call that a script would make; here its answer becomes a redirect (303, so that neither
//! reload nor Back sends the form again) to the form's own page, whatever `Referer` says. The outcome goes along in a
//! cookie that lives for a minute, is sent to that page and what is below it (for the home page, to every path), and is
//! emptied as soon as it was shown:
//!
//! - in the address, it would be shown again at each reload, by each bookmark, and by links that strangers write;
//! - a page as the answer to the post would be the same post again at a reload, and one more guess of a password;
//! - memory of the server would belong to one node, and to people without an account.
//!
//! The cookie's name ends with an id that the address has, too, so that two tabs do not take each other's. The id says
//! when it was made: a browser that comes back at once without the cookie keeps none. That is also how a sign-in
//! notices that its cookies were dropped. An empty cookie is kept until the minute is over, or a reload would look like
//! that.

use app::{
    error::ApiError,
    posted::{ByForm, CarriedForm, Outcome, Posted, came_from},
};
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use coatroom::{Clock as _, SystemClock};
use leptos::{nonce::Nonce, server_fn::error::FromServerFnError as _};
use serde_json::Value;
use url::form_urlencoded;

use crate::api_boundary;

/// The name of the cookies before their id, and that of the id in the address.
const COOKIE: &str = "coatroom-posted-";
const PARAMETER: &str = "posted";
/// The seconds for which a cookie lives, and for which an address may say that none was kept.
const LIFE: i64 = 60;
/// The most bytes of an answer to a script; they are some thousand.
const MAX_ANSWER: usize = 1 << 20;
const HTML: &str = "text/html";
/// The functions of the forms that have a page of their own.
const SIGN_IN: &str = "/api/sign_in";
const SIGN_UP: &str = "/api/sign_up";

/// A form that was posted by a browser itself.
#[derive(Debug)]
pub struct Form {
    function: String,
}

/// True if the origin is https. Over plain http the cookies go without `Secure`: some browsers drop `Secure` cookies
/// there, and then the page could not say so.
#[derive(Clone, Copy, Debug)]
pub struct Secure(pub bool);

impl Form {
    /// Returns the form that a request is, if it is one.
    pub fn of(request: &Request) -> Option<Self> {
        let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
        let is_form = *request.method() == Method::POST
            && request.uri().path().starts_with("/api/")
            && accept.is_some_and(|accept| accept.contains(HTML));
        is_form.then(|| Self { function: request.uri().path().to_owned() })
    }

    /// Makes a redirect of the answer that a script would get.
    pub async fn answered(self, typed: &[u8], answer: Response, secure: Secure) -> Response {
        let (parts, body) = answer.into_parts();
        let Ok(body) = to_bytes(body, MAX_ANSWER).await else {
            return api_boundary::answer(ApiError::Internal);
        };
        let row = |body: &[u8]| {
            let refreshed: Value = serde_json::from_slice(body).ok()?;
            u8::try_from(refreshed.get("row")?.as_u64()?).ok()
        };
        let outcome = if parts.status.is_success() {
            row(&body).map_or(Outcome::Done, Outcome::Row)
        } else {
            Outcome::Failed(ApiError::de(body))
        };
        let posted = Posted::new(&self.function, typed, outcome);
        let before = Response::from_parts(parts, Body::empty());
        let redirect = self.redirect(&posted, secure);
        let mut response = api_boundary::with_headers_of(redirect, &before);
        response.headers_mut().remove(header::RETRY_AFTER);
        response
    }

    fn redirect(&self, posted: &Posted, secure: Secure) -> Response {
        let page = posted.page();
        let id = new_id();
        let brings = posted.is_news() || self.function != "/api/sign_out";
        let location = if brings { format!("{page}?{PARAMETER}={id}") } else { page.to_owned() };
        let mut response = see_other(location);
        if posted.is_news() {
            set(&mut response, &id, &posted.write(), page, secure);
        }
        response
    }
}

/// Refuses a post over plain http, where browsers keep no cookie of ours, before its form was read. It sets no cookie
/// of any kind: the page that a form comes back to tells by the id in its address alone.
pub fn not_kept(request: &Request) -> Response {
    let error = ApiError::NotKept;
    let Some(form) = Form::of(request) else { return api_boundary::answer(error) };
    // No person is signed in there, and only the two forms for a password have a place for it.
    let function = if form.function == SIGN_UP { SIGN_UP } else { SIGN_IN };
    let page = Posted::new(function, b"", Outcome::Failed(error)).page();
    see_other(format!("{page}?{PARAMETER}={}", new_id()))
}

/// A middleware: a form becomes the call that a script would make.
pub async fn mark_form_posts(mut request: Request, next: Next) -> Response {
    if Form::of(&request).is_some() {
        request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        request.extensions_mut().insert(ByForm);
    }
    next.run(request).await
}

/// A middleware: gives a page the outcome of the form before it, once.
pub async fn attach_outcome(
    State(secure): State<Secure>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(id) = id_of(&request) else { return next.run(request).await };
    let shown = match kept(request.headers(), &id) {
        Some(text) if text.is_empty() => None,
        Some(text) => Posted::read(&text).map(CarriedForm::Outcome),
        // A redirect of ours led here.
        None if is_fresh(&id) && came_from(request.headers(), &["same-origin"]) => {
            Some(CarriedForm::Nothing)
        }
        None => None,
    };
    let emptied = matches!(shown, Some(CarriedForm::Outcome(_)));
    if let Some(shown) = shown {
        request.extensions_mut().insert(shown);
    }
    let page = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    if emptied {
        set(&mut response, &id, "", &page, secure);
    }
    response
}

fn see_other(location: String) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

fn new_id() -> String {
    format!("{}-{}", now(), Nonce::new())
}

/// Returns the id in the address of a page.
fn id_of(request: &Request) -> Option<String> {
    if *request.method() != Method::GET {
        return None;
    }
    let mut pairs = form_urlencoded::parse(request.uri().query()?.as_bytes());
    let (_, id) = pairs.find(|(name, _)| name == PARAMETER)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (id.len() <= 64 && id.bytes().all(plain)).then(|| id.into_owned())
}

/// Returns the value of an id's cookie.
fn kept(headers: &HeaderMap, id: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (name.trim().strip_prefix(COOKIE)? == id).then(|| value.trim().to_owned())
    });
    pairs.next()
}

fn is_fresh(id: &str) -> bool {
    let made = id.split_once('-').and_then(|(made, _)| made.parse().ok());
    made.is_some_and(|made: i64| (0..LIFE).contains(&now().saturating_sub(made)))
}

fn set(response: &mut Response, id: &str, value: &str, page: &str, secure: Secure) {
    let secure = if secure.0 { "; Secure" } else { "" };
    let cookie = format!(
        "{COOKIE}{id}={value}; Path={page}; Max-Age={LIFE}; HttpOnly; SameSite=Lax{secure}"
    );
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// Returns the seconds since the epoch.
fn now() -> i64 {
    SystemClock.now().millis() / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_an_id_wherever_it_says_so() {
        let id = |query: &str| {
            let request = Request::get(format!("/sign-in?{query}")).body(Body::empty());
            id_of(&request.expect("a request"))
        };
        for query in ["posted=1-a_b", "from=home&posted=1-a_b", "posted=1%2Da_b", "posted=1-a_b&x"]
        {
            assert_eq!(id(query).as_deref(), Some("1-a_b"), "{query}");
        }
        for query in
            ["", "posted", "posted=", "posted=%", "posted=a;b", "posted=a%0A", "unposted=1"]
        {
            assert_eq!(id(query).filter(|id| !id.is_empty()), None, "{query}");
        }
        assert_eq!(id(&format!("posted={}", "a".repeat(65))), None);
    }
}
