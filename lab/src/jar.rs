//! A browser's cookie jar, as far as these cookies need one: prefixes, `Max-Age`, `SameSite`.
//!
//! It follows RFC 6265bis and what Chromium was seen to do. It is the one part of a world that stands for something
//! that is not ours; a learner who wants the real thing opens the application beside it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use coatroom::{
    access_token::AccessToken,
    clock::Timestamp,
    refresh_token::RefreshToken,
    session::SessionId,
    session_token::SessionToken,
    web::{CookieKind, CookiePolicy},
};
use http::{HeaderMap, header};
use serde::Deserialize;
use tower_cookies::{
    Cookie,
    cookie::{SameSite, time::Duration as SignedDuration},
};

use super::{
    action::{Party, Place},
    house::slip,
};

/// A jar.
#[derive(Clone, Default)]
pub struct Jar {
    cookies: Vec<Kept>,
    session: Option<SessionId>,
}

#[derive(Clone)]
struct Kept {
    cookie: Cookie<'static>,
    /// The part of it that may be shown: computed when it came, not with every request that carries it.
    shown: Shown,
}

/// A cookie as it may be shown: without its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its name.
    pub name: String,
    /// The token it carries, by its name.
    pub kind: Option<CookieKind>,
    /// A few characters of the SHA-256 of its value: equal values have equal ones.
    pub fingerprint: String,
    /// The session that a token names, which is no secret.
    pub session: Option<SessionId>,
    /// The generation that a refresh token names.
    pub generation: Option<u64>,
    /// Its attributes, as they were set.
    pub attributes: Vec<String>,
    /// The time at which the browser forgets it; `None` if that is when it is closed.
    pub expires_at: Option<Timestamp>,
    /// Its length with its name, in bytes.
    pub bytes: usize,
}

impl Shown {
    /// Returns true for a deletion: the cookie is set to nothing.
    pub const fn is_deletion(&self) -> bool {
        self.fingerprint.is_empty()
    }

    /// Returns true if a script of the page reads it.
    pub fn is_read_by_scripts(&self) -> bool {
        !self.has("HttpOnly")
    }

    fn has(&self, attribute: &str) -> bool {
        self.attributes.iter().any(|each| each == attribute)
    }

    /// Returns true for one that lets a request in by itself: an access token, or an opaque session's.
    pub const fn admits(&self) -> bool {
        matches!(self.kind, Some(CookieKind::Access | CookieKind::Session))
    }
}

impl Jar {
    /// Takes the cookies of an answer.
    pub(super) fn receive(&mut self, headers: &HeaderMap, now: Timestamp) {
        // The cookie manager writes them in no order of its own; a jar keeps the order in which they came to be.
        let mut cookies: Vec<_> = set_cookies(headers).collect();
        cookies.sort_by(|one, other| one.name().cmp(other.name()));
        for cookie in cookies {
            let bound = cookie.secure() == Some(true)
                && cookie.path() == Some("/")
                && cookie.domain().is_none();
            if cookie.name().starts_with("__Host-") && !bound {
                continue;
            }
            if is_too_long(&cookie) {
                continue;
            }
            let place = self.cookies.iter().position(|kept| kept.cookie.name() == cookie.name());
            let age = cookie.max_age().map(SignedDuration::unsigned_abs);
            if age.is_some_and(|age| age.is_zero()) {
                place.map(|place| self.cookies.remove(place));
                continue;
            }
            let shown = Shown { expires_at: age.map(|age| now + age), ..show(&cookie) };
            self.session = shown.session.or(self.session);
            match place {
                Some(place) => self.cookies[place] = Kept { cookie, shown },
                None => self.cookies.push(Kept { cookie, shown }),
            }
        }
    }

    /// Returns a jar with one cookie in it, as an attacker makes it.
    pub(super) fn of(name: &str, value: &str) -> Self {
        let cookie =
            Cookie::build((name.to_owned(), value.to_owned())).secure(true).path("/").build();
        let shown = show(&cookie);
        Self { cookies: vec![Kept { cookie, shown }], session: None }
    }

    /// Returns a copy with those cookies alone.
    pub(super) fn only(&self, wanted: impl Fn(&Shown) -> bool) -> Self {
        let cookies = self.cookies.iter().filter(|kept| wanted(&kept.shown)).cloned().collect();
        Self { cookies, session: self.session }
    }

    /// Returns a copy in which every access token is that one.
    pub(super) fn with_access(&self, value: &str) -> Self {
        let mut copy = self.clone();
        for kept in &mut copy.cookies {
            if kept.shown.kind == Some(CookieKind::Access) {
                kept.cookie.set_value(value.to_owned());
                let expires_at = kept.shown.expires_at;
                kept.shown = Shown { expires_at, ..show(&kept.cookie) };
            }
        }
        copy
    }

    /// Takes a cookie of the house. Returns false if the browser refuses it.
    pub(super) fn bake(&mut self, name: &str, value: &str) -> bool {
        let made = Self::of(name, value);
        let refused = made.cookies.iter().any(|kept| is_too_long(&kept.cookie));
        if !refused {
            self.plant(made);
        }
        !refused
    }

    /// Returns the opaque session token in it.
    pub(super) fn opaque(&self, now: Timestamp) -> Option<String> {
        let held = self.living(now).find(|kept| kept.shown.kind == Some(CookieKind::Session))?;
        Some(held.cookie.value().to_owned())
    }

    /// Takes the cookies of another jar, in the place of those of the same names.
    pub(super) fn plant(&mut self, other: Self) {
        let is_planted =
            |kept: &Kept| other.cookies.iter().any(|each| each.cookie.name() == kept.cookie.name());
        self.cookies.retain(|kept| !is_planted(kept));
        self.cookies.extend(other.cookies);
    }

    /// Returns the cookies that reach that place with a request from that page. A foreign form is a navigation that
    /// posts: a cookie that is `Lax` or `Strict` stays at home, unless the form comes from the same site. A browser
    /// would send all of them to every service of the host; the proxy in front of service B hands on access tokens
    /// alone, for a refresh token is meant for its issuer and no other server (RFC 6749 §1.5).
    pub(super) fn header(&self, from: Party, to: Place, now: Timestamp) -> Option<String> {
        let crosses = from == Party::Evil;
        let stays =
            |kept: &&Kept| to != Place::ServiceB || kept.shown.kind == Some(CookieKind::Access);
        let pairs: Vec<String> = self
            .living(now)
            .filter(stays)
            .filter(|kept| to != Place::PlainHttp || !kept.shown.has("Secure"))
            .map(|kept| &kept.cookie)
            .filter(|cookie| !crosses || cookie.same_site() == Some(SameSite::None))
            .map(|cookie| format!("{}={}", cookie.name(), cookie.value()))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// Returns the cookies in it, as they may be shown.
    pub fn shown(&self, now: Timestamp) -> Vec<Shown> {
        self.living(now).map(|kept| kept.shown.clone()).collect()
    }

    /// The session whose token came into it last, even if it is no longer there.
    pub const fn session(&self) -> Option<SessionId> {
        self.session
    }

    /// The access token in it; of the newest session if there are several.
    pub(super) fn access(&self, now: Timestamp) -> Option<AccessToken> {
        self.living(now)
            .filter(|kept| kept.shown.kind == Some(CookieKind::Access))
            .last()
            .and_then(|kept| AccessToken::parse(kept.cookie.value()).ok())
    }

    fn living(&self, now: Timestamp) -> impl Iterator<Item = &Kept> {
        self.cookies.iter().filter(move |kept| kept.shown.expires_at.is_none_or(|at| now < at))
    }
}

impl std::fmt::Debug for Jar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.cookies.iter().map(|kept| kept.cookie.name())).finish()
    }
}

/// The cookies that an answer sets or deletes.
pub(super) fn set_cookies(headers: &HeaderMap) -> impl Iterator<Item = Cookie<'static>> {
    headers
        .get_all(header::SET_COOKIE)
        .iter()
        .filter_map(|value| Cookie::parse(value.to_str().ok()?.to_owned()).ok())
}

/// A cookie without its value.
pub(super) fn show(cookie: &Cookie<'_>) -> Shown {
    let mut attributes = Vec::new();
    let flags = [("Secure", cookie.secure()), ("HttpOnly", cookie.http_only())];
    attributes
        .extend(flags.iter().filter(|(_, on)| *on == Some(true)).map(|(name, _)| (*name).into()));
    attributes.extend(cookie.same_site().map(|same_site| format!("SameSite={same_site}")));
    attributes.extend(cookie.path().map(|path| format!("Path={path}")));
    attributes.extend(cookie.max_age().map(|age| format!("Max-Age={}", age.whole_seconds())));
    let refresh = RefreshToken::parse(cookie.value());
    let access = || named(&AccessToken::parse(cookie.value()).ok()?);
    let opaque = || Some(SessionToken::parse(cookie.value())?.sid());
    let session = refresh.as_ref().map(RefreshToken::sid).or_else(opaque).or_else(access);
    Shown {
        name: cookie.name().to_owned(),
        kind: kind(cookie.name()),
        fingerprint: fingerprint(cookie.value()),
        session,
        generation: refresh.map(|token| token.generation()),
        attributes,
        expires_at: None,
        bytes: cookie.name().len() + 1 + cookie.value().len(),
    }
}

/// Returns true for a cookie that a browser refuses whole: its name and value may have 4096 bytes (RFC 6265bis §5.7).
fn is_too_long(cookie: &Cookie<'_>) -> bool {
    cookie.name().len() + cookie.value().len() > 4096
}

/// Returns the token that a cookie of that name carries, also at a house that leaves attributes out.
fn kind(name: &str) -> Option<CookieKind> {
    let policy = CookiePolicy::default();
    policy.cookie_kind(name).or_else(|| policy.cookie_kind(&slip::named_well(name)?))
}

/// Returns the session that an access token names: for display, as it is not verified here.
fn named(token: &AccessToken) -> Option<SessionId> {
    #[derive(Deserialize)]
    struct Claims {
        sid: SessionId,
    }
    let claims = URL_SAFE_NO_PAD.decode(token.reveal().split('.').nth(1)?).ok()?;
    serde_json::from_slice::<Claims>(&claims).ok().map(|claims| claims.sid)
}

/// The fingerprint of a value: six characters that tell values apart and give none away; nothing for no value.
pub(super) fn fingerprint(value: &str) -> String {
    if value.is_empty() {
        return String::new();
    }
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, value.as_bytes());
    URL_SAFE_NO_PAD.encode(&hash.as_ref()[..6])[..6].to_owned()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn received(headers: &[&'static str]) -> Jar {
        let mut map = HeaderMap::new();
        for header in headers {
            map.append(header::SET_COOKIE, HeaderValue::from_static(header));
        }
        let mut jar = Jar::default();
        jar.receive(&map, Timestamp::from_millis(0));
        jar
    }

    fn sent(jar: &Jar, from: Party, seconds: i64) -> Option<String> {
        jar.header(from, Place::NodeA, Timestamp::from_seconds(seconds))
    }

    #[test]
    fn a_host_cookie_that_is_not_bound_to_the_host_is_not_kept() {
        for header in [
            "__Host-a=1; Path=/; HttpOnly",
            "__Host-a=1; Secure; Path=/api",
            "__Host-a=1; Secure; Path=/; Domain=house.example",
        ] {
            assert_eq!(sent(&received(&[header]), Party::Tab1, 0), None, "{header}");
        }
        let jar = received(&["__Host-a=1; Secure; Path=/"]);
        assert_eq!(sent(&jar, Party::Tab1, 0).as_deref(), Some("__Host-a=1"));
    }

    #[test]
    fn max_age_ends_a_cookie_and_zero_deletes_it() {
        let jar = received(&["a=1; Max-Age=60", "b=2"]);
        assert_eq!(sent(&jar, Party::Tab1, 59).as_deref(), Some("a=1; b=2"));
        assert_eq!(sent(&jar, Party::Tab1, 60).as_deref(), Some("b=2"));
        let jar = received(&["a=1", "a=; Max-Age=0"]);
        assert_eq!(sent(&jar, Party::Tab1, 0), None);
    }

    #[test]
    fn another_sites_form_brings_no_lax_cookie_a_neighbours_does() {
        let jar = received(&["lax=1; SameSite=Lax", "none=2; SameSite=None; Secure"]);
        assert_eq!(sent(&jar, Party::Evil, 0).as_deref(), Some("none=2"));
        for from in [Party::Tab1, Party::Neighbour, Party::OldBrowser] {
            assert_eq!(sent(&jar, from, 0).as_deref(), Some("lax=1; none=2"));
        }
    }

    #[test]
    fn service_b_is_handed_access_tokens_alone() {
        let session = SessionId::from_bytes([1; 16]);
        let name = |kind| CookiePolicy::default().cookie_name(kind, session);
        let [access, refresh] = [CookieKind::Access, CookieKind::Refresh].map(name);
        let mut map = HeaderMap::new();
        for header in [format!("{access}=1"), format!("{refresh}=2"), "theme=dark".to_owned()] {
            let header = format!("{header}; Secure; HttpOnly; Path=/");
            map.append(header::SET_COOKIE, header.parse().expect("a header"));
        }
        let mut jar = Jar::default();
        jar.receive(&map, Timestamp::from_millis(0));
        let reach = |to| jar.header(Party::Tab1, to, Timestamp::from_millis(0)).unwrap_or_default();
        assert_eq!(reach(Place::ServiceB), format!("{access}=1"));
        for node in [Place::NodeA, Place::NodeB] {
            assert!(reach(node).contains(&format!("{refresh}=2")), "{}", reach(node));
        }
    }

    #[test]
    fn a_jar_remembers_which_session_it_held_last() {
        let set = |session: SessionId, max_age: u32| {
            let [number, mac] = [&[0; 8][..], &[0; 32]].map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
            let name = CookiePolicy::default().cookie_name(CookieKind::Refresh, session);
            let header =
                format!("{name}=rt1.{session}.{number}.{mac}; Max-Age={max_age}; Secure; Path=/");
            HeaderMap::from_iter([(header::SET_COOKIE, header.parse().expect("a header"))])
        };
        let [first, second] = [1, 2].map(|byte| SessionId::from_bytes([byte; 16]));
        let mut jar = Jar::default();
        assert_eq!(jar.session(), None);
        for session in [first, second] {
            jar.receive(&set(session, 5), Timestamp::from_millis(0));
            assert_eq!(jar.session(), Some(session));
            let shown = jar.shown(Timestamp::from_millis(0));
            assert_eq!(shown.last().and_then(|cookie| cookie.session), Some(session));
        }
        jar.receive(&set(first, 0), Timestamp::from_millis(0));
        let left = jar.shown(Timestamp::from_millis(0));
        assert_eq!((left.len(), left[0].session), (1, Some(second)), "each under its own name");
    }

    #[test]
    fn a_shown_cookie_has_a_fingerprint_and_never_its_value() {
        let jar = received(&["a=secret; Secure; HttpOnly; SameSite=Lax; Path=/; Max-Age=5"]);
        let shown = jar.shown(Timestamp::from_millis(0)).remove(0);
        assert!(!format!("{shown:?} {jar:?}").contains("secret"));
        assert_eq!(shown.attributes, ["Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=5"]);
        assert_eq!(shown.fingerprint, fingerprint("secret"));
        assert_ne!(shown.fingerprint, fingerprint("Secret"));
    }
}
