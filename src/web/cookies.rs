//! The cookies: their names, and how they are read, taken away, set and deleted.
//!
//! Their names carry the application's name and a tag of their session, `__Host-Http-<application>-access-<tag>`, so
//! that an answer touches the cookies of its own session and of no other: answers commute in the jar, in whatever order
//! they arrive, and so do those of two applications on one host. With two fixed names, the answer to a refresh that
//! arrives after another sign-in would displace that sign-in's cookies.

mod policy;

use http::{HeaderMap, HeaderValue, header::COOKIE};
use memchr::memchr_iter;
use tower_cookies::{
    Cookie, Cookies,
    cookie::{SameSite as Attribute, time::Duration},
};

use self::policy::Named;
pub(super) use self::policy::Tag;
pub use self::policy::{
    CookieKind, CookiePolicy, InvalidCookieDomain, InvalidCookieName, SameSite,
};
use crate::{
    access_token::AccessToken,
    auth::{Credential, TokenPair},
    config::Scheme,
    refresh_token::RefreshToken,
    session::{Persistence, Session, SessionId},
    session_token::SessionToken,
};

/// The most tokens of each kind that are looked at in one request: enough for any honest jar, and a bound on the cost
/// of planted ones. The last of them count, because browsers send the newest last (RFC 6265 §5.4).
const MAX_TOKENS: usize = 8;

/// The tokens that a request presented, each with the tag of its cookie's name; `None` for a name without one.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestTokens {
    /// True if there was a cookie of such a name at all, even one that is worth nothing.
    pub(super) any: bool,
    pub(super) access: Vec<(Option<Tag>, AccessToken)>,
    pub(super) refresh: Vec<(Option<Tag>, RefreshToken)>,
    pub(super) session: Vec<(Option<Tag>, SessionToken)>,
}

/// Takes the token cookies out of the request's headers, and leaves all others.
///
/// A name may occur more than once, if a browser does not enforce the prefix and an attacker planted a second cookie
/// (RFC 6265bis §8.6). All values are candidates then: a planted one is refused by itself, and locks no user out.
pub(super) fn take(headers: &mut HeaderMap, policy: &CookiePolicy) -> RequestTokens {
    let mut presented = RequestTokens::default();
    let mut others = Vec::new();
    for header in headers.get_all(COOKIE) {
        for pair in pairs(header.as_bytes()) {
            let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (&pair[..0], pair),
            };
            match policy.read(name) {
                Named::Ours(kind, tag) => presented.add(kind, tag, value),
                Named::Planted => presented.any = true,
                Named::Other if pair.is_empty() => {}
                Named::Other => others.push(pair),
            }
        }
    }
    // Most requests of a script bring no others.
    let kept = (!others.is_empty()).then(|| others.join(&b"; "[..]));
    headers.remove(COOKIE);
    if let Some(kept) = kept.and_then(|kept| HeaderValue::try_from(kept).ok()) {
        headers.insert(COOKIE, kept);
    }
    presented
}

/// Returns the cookies of a header, each as `name=value`.
fn pairs(header: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    memchr_iter(b';', header).chain([header.len()]).map(move |end| {
        let pair = &header[start..end];
        start = end + 1;
        pair.trim_ascii()
    })
}

impl RequestTokens {
    fn add(&mut self, kind: CookieKind, tag: Option<Tag>, value: &[u8]) {
        self.any = true;
        let Ok(value) = std::str::from_utf8(value) else { return };
        match kind {
            CookieKind::Access => {
                self.access.extend(AccessToken::parse(value).ok().map(|token| (tag, token)));
                self.access.drain(..self.access.len().saturating_sub(MAX_TOKENS));
            }
            CookieKind::Refresh => {
                let of_its_session =
                    |token: &RefreshToken| tag.is_none_or(|tag| tag == Tag::of(token.sid()));
                let token = RefreshToken::parse(value).filter(of_its_session);
                self.refresh.extend(token.map(|token| (tag, token)));
                self.refresh.drain(..self.refresh.len().saturating_sub(MAX_TOKENS));
            }
            CookieKind::Session => {
                let of_its_session =
                    |token: &SessionToken| tag.is_none_or(|tag| tag == Tag::of(token.sid()));
                let token = SessionToken::parse(value).filter(of_its_session);
                self.session.extend(token.map(|token| (tag, token)));
                self.session.drain(..self.session.len().saturating_sub(MAX_TOKENS));
            }
        }
    }
}

/// Sets the cookies of a session that has just begun.
pub(super) fn begin(cookies: &Cookies, policy: &CookiePolicy, credential: &Credential) {
    match credential {
        Credential::Signed(tokens) => set(cookies, policy, tokens),
        Credential::Opaque(token, session) => {
            let name = policy.cookie_name(CookieKind::Session, session.id);
            cookies.add(cookie(name, token.reveal(), policy, max_age(session)));
        }
    }
}

/// Sets the cookies of signed tokens.
pub(super) fn set(cookies: &Cookies, policy: &CookiePolicy, tokens: &TokenPair) {
    let session = &tokens.session;
    let max_age = max_age(session);
    let add = |kind, value| {
        cookies.add(cookie(policy.cookie_name(kind, session.id), value, policy, max_age));
    };
    add(CookieKind::Access, tokens.access.reveal().to_owned());
    if let Some(refresh) = &tokens.refresh {
        add(CookieKind::Refresh, refresh.reveal());
    }
}

/// Returns the time for which a browser is to keep the cookies of a session; `None` until it is closed.
fn max_age(session: &Session) -> Option<Duration> {
    // Counted from the rotation, so that a replay sets the very same bytes. A replay thus lengthens the cookie's life,
    // but not the session's. The access cookie lives as long: if it died with its token, a later request could not be
    // told from one of a client that never signed in.
    match session.persistence {
        Persistence::Browser => None,
        Persistence::Remembered => {
            let left = session.absolute_expires_at.since(session.rotated_at);
            Some(Duration::seconds(i64::try_from(left.as_secs()).unwrap_or(0)))
        }
    }
}

/// Deletes the cookies of a session.
pub(super) fn delete(cookies: &Cookies, policy: &CookiePolicy, scheme: Scheme, session: SessionId) {
    for kind in CookieKind::of(scheme) {
        delete_one(cookies, policy, policy.cookie_name(*kind, session));
    }
}

/// Deletes the cookies without a tag.
pub(super) fn delete_untagged(cookies: &Cookies, policy: &CookiePolicy) {
    for (name, _) in policy.untagged() {
        delete_one(cookies, policy, (*name).to_owned());
    }
}

fn delete_one(cookies: &Cookies, policy: &CookiePolicy, name: String) {
    // Sets all attributes: a browser ignores the deletion of a `__Host-` cookie without `Secure; Path=/`, and that of a
    // domain's cookie without the `Domain`.
    cookies.add(cookie(name, String::new(), policy, Some(Duration::ZERO)));
}

fn cookie(
    name: String,
    value: String,
    policy: &CookiePolicy,
    max_age: Option<Duration>,
) -> Cookie<'static> {
    let mut cookie = Cookie::new(name, value);
    cookie.set_path("/");
    if let Some(domain) = policy.domain() {
        cookie.set_domain(domain.to_owned());
    }
    cookie.set_secure(true);
    cookie.set_http_only(true);
    cookie.set_same_site(match policy.same_site {
        SameSite::Lax => Attribute::Lax,
        SameSite::Strict => Attribute::Strict,
    });
    cookie.set_max_age(max_age);
    cookie
}

#[cfg(test)]
mod tests;
