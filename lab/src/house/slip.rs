//! The mistakes of other houses, each around the real one: what the house does right is undone on its way out and in.
//!
//! They exist to be attacked in worlds of the lab. Invariant: a house without a slip is not touched.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
};
use http::{HeaderMap, HeaderValue, header};

use crate::{action::Slip, jar};

/// The prefix by which a browser keeps a cookie to its attributes; a house that leaves them out cannot have it.
const PREFIX: &str = "__Host-Http-";
/// The same cookie without that.
const PLAIN: &str = "plain-";
/// The cookie of a house that keeps the id it is brought.
pub(crate) const SID: &str = "sid";
/// The first id that such a house gives out; each visitor gets the next.
pub(crate) const FIRST_ID: u32 = 1_000;

/// Puts a mistake around a house. One that knows visitors by an id keeps them in that table.
pub(crate) fn around(router: Router, slip: Slip, ids: &Arc<Ids>) -> Router {
    match slip {
        Slip::Nothing => router,
        Slip::ReadByScripts => router.layer(middleware::from_fn_with_state("; HttpOnly", without)),
        Slip::NotSecure => router.layer(middleware::from_fn_with_state("; Secure", without)),
        Slip::KeepsId => router.layer(middleware::from_fn_with_state(Arc::clone(ids), by_id)),
    }
}

/// Returns the name that a cookie has at a house that leaves nothing out; `None` if it is none of those.
pub(crate) fn named_well(name: &str) -> Option<String> {
    name.strip_prefix(PLAIN).map(|rest| format!("{PREFIX}{rest}"))
}

/// Leaves an attribute out of every cookie.
async fn without(
    State(attribute): State<&'static str>,
    mut request: Request,
    next: Next,
) -> Response {
    let sent = request.headers().get(header::COOKIE).and_then(|value| value.to_str().ok());
    if let Some(Ok(restored)) = sent.map(|sent| HeaderValue::try_from(sent.replace(PLAIN, PREFIX)))
    {
        request.headers_mut().insert(header::COOKIE, restored);
    }
    let mut response = next.run(request).await;
    change_cookies(response.headers_mut(), |cookie| {
        Some(cookie.replacen(PREFIX, PLAIN, 1).replace(attribute, ""))
    });
    response
}

/// Rewrites each cookie that is set, or leaves it out.
fn change_cookies(headers: &mut HeaderMap, change: impl Fn(&str) -> Option<String>) {
    let set: Vec<HeaderValue> = headers.get_all(header::SET_COOKIE).iter().cloned().collect();
    headers.remove(header::SET_COOKIE);
    let changed =
        set.iter().filter_map(|value| HeaderValue::try_from(change(value.to_str().ok()?)?).ok());
    for value in changed {
        headers.append(header::SET_COOKIE, value);
    }
}

/// The cookies that the house within set, for each id that has any, and the number of ids that were given out.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    kept: Mutex<HashMap<String, BTreeMap<String, String>>>,
    given: AtomicU32,
}

/// Knows visitors by an id: one that they bring, if they bring one, or the next number. A sign-in gives no new one.
async fn by_id(State(ids): State<Arc<Ids>>, mut request: Request, next: Next) -> Response {
    let brought = request.headers().get(header::COOKIE).and_then(|value| value.to_str().ok());
    let brought = brought.and_then(|sent| {
        sent.split("; ")
            .find_map(|pair| Some(pair.strip_prefix(SID)?.strip_prefix('=')?.to_owned()))
    });
    let (id, is_new) = ids.of(brought);
    request.headers_mut().remove(header::COOKIE);
    if let Some(Ok(cookies)) = ids.cookies(&id).map(HeaderValue::try_from) {
        request.headers_mut().insert(header::COOKIE, cookies);
    }
    let mut response = next.run(request).await;
    ids.keep(&id, response.headers());
    change_cookies(response.headers_mut(), |_| None);
    if is_new
        && let Ok(value) =
            HeaderValue::try_from(format!("{SID}={id}; HttpOnly; SameSite=Lax; Secure; Path=/"))
    {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

impl Ids {
    /// Returns an id that is signed in, as a row of this table says it.
    pub(crate) fn signed_in(&self) -> Option<String> {
        let ids = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        ids.iter().find(|(_, kept)| !kept.is_empty()).map(|(id, _)| id.clone())
    }

    /// Returns the id that was brought, even if an attacker made it up; a new one otherwise.
    fn of(&self, brought: Option<String>) -> (String, bool) {
        let is_new = brought.is_none();
        let next = || (FIRST_ID + self.given.fetch_add(1, Ordering::SeqCst)).to_string();
        (brought.unwrap_or_else(next), is_new)
    }

    fn cookies(&self, id: &str) -> Option<String> {
        let ids = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let pairs: Vec<_> =
            ids.get(id)?.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    fn keep(&self, id: &str, headers: &HeaderMap) {
        let mut ids = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        for cookie in jar::set_cookies(headers) {
            let kept = ids.entry(id.to_owned()).or_default();
            if cookie.value().is_empty() {
                kept.remove(cookie.name());
            } else {
                kept.insert(cookie.name().to_owned(), cookie.value().to_owned());
            }
        }
    }
}
