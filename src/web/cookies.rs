//! The cookies: their names, and how they are read, taken away, set and deleted.
//!
//! Their names carry the application's name and a tag of their session, `__Host-Http-<application>-access-<tag>`, so
//! that an answer touches the cookies of its own session and of no other: answers commute in the jar, in whatever order
//! they arrive, and so do those of two applications on one host. With two fixed names, the answer to a refresh that
//! arrives after another sign-in would displace that sign-in's cookies.
//!
//! The prefix `__Host-Http-` keeps scripts and other hosts from planting them (the layered-cookies draft; older
//! browsers enforce what `__Host-` asks, RFC 6265bis §4.1.3.2).

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, header::COOKIE};
use tower_cookies::{
    Cookie, Cookies,
    cookie::{SameSite as Attribute, time::Duration},
};

use crate::{
    access_token::AccessToken,
    auth::TokenPair,
    refresh_token::RefreshToken,
    session::{Persistence, SessionId},
};

const PREFIX: &str = "__Host-Http-";
/// The names without an application and a tag, as releases before tags had them. They are read, and replaced at the
/// next rotation, so that an upgrade signs no user out.
const UNTAGGED: [(&str, CookieKind); 2] =
    [("__Host-Http-access", CookieKind::Access), ("__Host-Http-refresh", CookieKind::Refresh)];
/// The most tokens of each kind that are looked at in one request: enough for any honest jar, and a bound on the cost
/// of planted ones. The last of them count, because browsers send the newest last (RFC 6265 §5.4).
const MAX_TOKENS: usize = 8;
/// The number of characters of a tag.
const TAG_LEN: usize = 8;

/// The names and attributes of the cookies.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CookiePolicy {
    /// The requests from other sites with which a browser sends the cookies.
    pub same_site: SameSite,
    /// The names up to the tag.
    access: Arc<str>,
    refresh: Arc<str>,
}

/// The `SameSite` attribute. `None` is not offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SameSite {
    /// Sent when a user follows a link from another site, who would otherwise arrive signed out.
    #[default]
    Lax,
    /// Never sent from another site: a user who follows a link from one arrives signed out.
    Strict,
}

/// The token that a cookie carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieKind {
    /// The access token.
    Access,
    /// The refresh token.
    Refresh,
}

/// A name that cannot be part of a cookie's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an application's name in a cookie is 1 to 32 of a-z and 0-9")]
pub struct InvalidCookieName;

impl CookiePolicy {
    /// Returns the default policy with cookies named after an application: one name for all its nodes, and another
    /// one for each application behind the same host name.
    ///
    /// # Errors
    /// [`InvalidCookieName`] unless the name is 1 to 32 lower-case letters and digits of ASCII.
    pub fn for_application(name: &str) -> Result<Self, InvalidCookieName> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        if !(1..=32).contains(&name.len()) || !name.bytes().all(plain) {
            return Err(InvalidCookieName);
        }
        Ok(Self::named(name))
    }

    fn named(application: &str) -> Self {
        let name = |kind| format!("{PREFIX}{application}-{kind}-").into();
        Self { same_site: SameSite::default(), access: name("access"), refresh: name("refresh") }
    }

    /// Returns the name of a session's cookie.
    pub fn cookie_name(&self, kind: CookieKind, session: SessionId) -> String {
        format!("{}{}", self.start(kind), Tag::of(session).text())
    }

    /// Returns the token that a cookie of that name carries, if it is one of these cookies.
    pub fn cookie_kind(&self, name: &str) -> Option<CookieKind> {
        match self.read(name.as_bytes()) {
            Named::Ours(kind, _) => Some(kind),
            Named::Planted | Named::Other => None,
        }
    }

    const fn start(&self, kind: CookieKind) -> &Arc<str> {
        match kind {
            CookieKind::Access => &self.access,
            CookieKind::Refresh => &self.refresh,
        }
    }

    fn read(&self, name: &[u8]) -> Named {
        for (untagged, kind) in UNTAGGED {
            if name == untagged.as_bytes() {
                return Named::Ours(kind, None);
            }
            if name.eq_ignore_ascii_case(untagged.as_bytes()) {
                return Named::Planted;
            }
        }
        for kind in [CookieKind::Access, CookieKind::Refresh] {
            let start = self.start(kind).as_bytes();
            if let Some((found, tag)) = name.split_at_checked(start.len())
                && found.eq_ignore_ascii_case(start)
            {
                return match Tag::read(tag) {
                    Some(tag) if found == start => Named::Ours(kind, Some(tag)),
                    _ => Named::Planted,
                };
            }
        }
        Named::Other
    }
}

/// A cookie's name, read.
enum Named {
    Ours(CookieKind, Option<Tag>),
    /// It looks like ours and is not, as one in another case: a browser without the prefix rule lets an attacker plant
    /// it.
    Planted,
    Other,
}

impl Default for CookiePolicy {
    /// Returns the policy with `SameSite=Lax` and cookies named after `coatroom`.
    fn default() -> Self {
        Self::named("coatroom")
    }
}

/// The part of a cookie's name that tells the cookies of two sessions apart: the first characters of the session's id,
/// 48 random bits. The id is no secret; every access token shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag([u8; TAG_LEN]);

impl Tag {
    pub(super) fn of(session: SessionId) -> Self {
        let text = session.to_string();
        let mut tag = [0; TAG_LEN];
        tag.copy_from_slice(&text.as_bytes()[..TAG_LEN]);
        Self(tag)
    }

    fn read(text: &[u8]) -> Option<Self> {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        text.try_into().ok().filter(|text: &[u8; TAG_LEN]| text.iter().all(plain)).map(Self)
    }

    /// Returns its text. Ids are written in base64url, so it is ASCII.
    fn text(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// The tokens that a request presented, each with the tag of its cookie's name; `None` for a name without one.
#[derive(Clone, Debug, Default)]
pub(super) struct Presented {
    /// True if there was a cookie of such a name at all, even one that is worth nothing.
    pub(super) any: bool,
    pub(super) access: Vec<(Option<Tag>, AccessToken)>,
    pub(super) refresh: Vec<(Option<Tag>, RefreshToken)>,
}

/// Takes the token cookies out of the request's headers, and leaves all others.
///
/// A name may occur more than once, if a browser does not enforce the prefix and an attacker planted a second cookie
/// (RFC 6265bis §8.6). All values are candidates then: a planted one is refused by itself, and locks no user out.
pub(super) fn take(headers: &mut HeaderMap, policy: &CookiePolicy) -> Presented {
    let mut presented = Presented::default();
    let mut others = Vec::new();
    for header in headers.get_all(COOKIE) {
        for pair in header.as_bytes().split(|byte| *byte == b';') {
            let pair = pair.trim_ascii();
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
    let kept = HeaderValue::from_bytes(&others.join(&b"; "[..]));
    headers.remove(COOKIE);
    if let Ok(kept) = kept
        && !kept.is_empty()
    {
        headers.insert(COOKIE, kept);
    }
    presented
}

impl Presented {
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
        }
    }
}

/// Sets the cookies of an answer.
pub(super) fn set(cookies: &Cookies, policy: &CookiePolicy, tokens: &TokenPair) {
    let session = &tokens.session;
    // Counted from the rotation, so that a replay sets the very same bytes. A replay thus lengthens the cookie's life,
    // but not the session's. The access cookie lives as long: if it died with its token, a later request could not be
    // told from one of a client that never signed in.
    let max_age = match session.persistence {
        Persistence::Browser => None,
        Persistence::Remembered => {
            let left = session.absolute_expires_at.since(session.rotated_at);
            Some(Duration::seconds(i64::try_from(left.as_secs()).unwrap_or(0)))
        }
    };
    let add = |kind, value| {
        cookies.add(cookie(policy.cookie_name(kind, session.id), value, policy, max_age));
    };
    add(CookieKind::Access, tokens.access.reveal().to_owned());
    if let Some(refresh) = &tokens.refresh {
        add(CookieKind::Refresh, refresh.reveal());
    }
}

/// Deletes the cookies of a session.
pub(super) fn delete(cookies: &Cookies, policy: &CookiePolicy, session: SessionId) {
    for kind in [CookieKind::Access, CookieKind::Refresh] {
        delete_one(cookies, policy, policy.cookie_name(kind, session));
    }
}

/// Deletes the cookies without a tag.
pub(super) fn delete_untagged(cookies: &Cookies, policy: &CookiePolicy) {
    for (name, _) in UNTAGGED {
        delete_one(cookies, policy, name.to_owned());
    }
}

fn delete_one(cookies: &Cookies, policy: &CookiePolicy, name: String) {
    // Sets all attributes: a browser ignores the deletion of a `__Host-` cookie without `Secure; Path=/`.
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
mod tests {
    use super::*;

    /// Returns the access tokens that are taken, whether any cookie was ours, and what is left of the header.
    fn taken(headers: &[&str]) -> (Vec<String>, bool, Option<String>) {
        let mut map = HeaderMap::new();
        for header in headers {
            map.append(COOKIE, HeaderValue::from_bytes(header.as_bytes()).expect("a header value"));
        }
        let presented = take(&mut map, &CookiePolicy::default());
        let left =
            map.get(COOKIE).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let access = presented.access.iter().map(|(_, token)| token.reveal().to_owned()).collect();
        (access, presented.any, left)
    }

    #[test]
    fn token_cookies_are_taken_and_others_left() {
        let (access, any, left) = taken(&[
            "theme=dark; __Host-Http-coatroom-access-AAAAAAAA=a.b.c",
            "__Host-Http-coatroom-refresh-AAAAAAAA=x; lang=en; odd",
        ]);
        assert_eq!((access, any), (vec!["a.b.c".to_owned()], true));
        assert_eq!(left.as_deref(), Some("theme=dark; lang=en; odd"));
        assert_eq!(taken(&["__Host-Http-access=a.b.c"]), (vec!["a.b.c".into()], true, None));
    }

    #[test]
    fn doubled_values_are_all_candidates_up_to_a_bound() {
        let name = "__Host-Http-coatroom-access-AAAAAAAA";
        let (access, ..) = taken(&[&format!("{name}=e.vi.l; {name}=g.oo.d"), &format!("{name}=x")]);
        assert_eq!(access, ["e.vi.l", "g.oo.d"]);
        let many: Vec<String> = (0..1000).map(|n| format!("{name}=a.b.{n}")).collect();
        let (access, ..) = taken(&[&many.join("; ")]);
        assert_eq!(access.len(), MAX_TOKENS);
        assert_eq!(access.last().map(String::as_str), Some("a.b.999"), "the newest count");
    }

    #[test]
    fn what_only_looks_like_ours_is_taken_and_worth_nothing() {
        for header in [
            "__host-http-coatroom-access-AAAAAAAA=e.vi.l",
            "__HOST-HTTP-ACCESS=e.vi.l",
            "__Host-Http-coatroom-access-AAAAAAA=e.vi.l",
            "__Host-Http-coatroom-access-AAAAAAAAA=e.vi.l",
            "__Host-Http-coatroom-access-=e.vi.l",
            "__Host-Http-coatroom-access-AAAA AAA=e.vi.l",
            "__Host-Http-coatroom-access-AAAAAAAA=",
            "__Host-Http-coatroom-access-AAAAAAAA=no token",
        ] {
            assert_eq!(taken(&[header]), (vec![], true, None), "{header}");
        }
    }

    #[test]
    fn cookies_of_another_application_are_left_alone() {
        let theirs = "__Host-Http-cafe-access-AAAAAAAA=a.b.c";
        assert_eq!(taken(&[theirs]), (vec![], false, Some(theirs.into())));
        assert_eq!(CookiePolicy::for_application("cafe").map(|_| ()), Ok(()));
        for bad in ["", "Cafe", "a-b", "a b", "é", &"a".repeat(33)] {
            assert_eq!(CookiePolicy::for_application(bad), Err(InvalidCookieName), "{bad}");
        }
    }

    #[test]
    fn a_refresh_token_under_the_tag_of_another_session_is_not_taken() {
        let policy = CookiePolicy::default();
        let [one, other] = [1, 2].map(|byte| SessionId::from_bytes([byte; 16]));
        let token = format!("rt1.{one}.AAAAAAAAAAA.{}", "A".repeat(43));
        for (session, count) in [(one, 1), (other, 0)] {
            let name = policy.cookie_name(CookieKind::Refresh, session);
            assert_eq!(policy.cookie_kind(&name), Some(CookieKind::Refresh));
            let cookie = HeaderValue::try_from(format!("{name}={token}")).expect("a header value");
            let presented = take(&mut HeaderMap::from_iter([(COOKIE, cookie)]), &policy);
            assert_eq!(presented.refresh.len(), count);
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_no_token() {
        let mut map = HeaderMap::new();
        let bytes = b"__Host-Http-coatroom-refresh-AAAAAAAA=\xff\xfe; a=\xff";
        map.insert(COOKIE, HeaderValue::from_bytes(bytes).expect("opaque bytes"));
        let presented = take(&mut map, &CookiePolicy::default());
        assert!(presented.any && presented.refresh.is_empty());
        assert_eq!(map.get(COOKIE).expect("the other one").as_bytes(), b"a=\xff");
    }
}
