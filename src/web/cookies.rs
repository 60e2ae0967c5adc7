//! The two cookies: how they are read, taken away, set and deleted.
//!
//! The prefix `__Host-Http-` keeps scripts and other hosts from planting them (the layered-cookies draft; older
//! browsers enforce what `__Host-` asks, RFC 6265bis §4.1.3.2).

use http::{HeaderMap, HeaderValue, header::COOKIE};
use tower_cookies::{
    Cookie, Cookies,
    cookie::{SameSite as Attribute, time::Duration},
};

use crate::{
    access_token::AccessToken, auth::TokenPair, refresh_token::RefreshToken, session::Persistence,
};

/// The name of the access token's cookie.
pub const ACCESS_COOKIE: &str = "__Host-Http-access";
/// The name of the refresh token's cookie.
pub const REFRESH_COOKIE: &str = "__Host-Http-refresh";

/// How the cookies are set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CookiePolicy {
    /// What other sites may cause to be sent.
    pub same_site: SameSite,
}

/// The `SameSite` attribute. `None` is not offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SameSite {
    /// Sent when a link from another site is followed, so that it does not arrive signed out.
    #[default]
    Lax,
    /// Never sent from another site: the first click from one arrives signed out.
    Strict,
}

/// What a request presented.
#[derive(Clone, Debug, Default)]
pub(super) struct Presented {
    /// The access token.
    pub(super) access: Option<AccessToken>,
    /// Whether there was a cookie of either name at all, of whatever worth.
    pub(super) any: bool,
    /// The refresh token.
    pub(super) refresh: Option<RefreshToken>,
}

/// Takes both cookies out of the request's headers, and leaves all others.
///
/// A name that occurs twice, in whatever case, counts as absent: one of the two was planted (RFC 6265bis §8.6),
/// and nobody can tell which.
pub(super) fn take(headers: &mut HeaderMap) -> Presented {
    let mut access = Vec::new();
    let mut refresh = Vec::new();
    let mut others = Vec::new();
    for header in headers.get_all(COOKIE) {
        for pair in header.as_bytes().split(|byte| *byte == b';') {
            let pair = pair.trim_ascii();
            let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (&pair[..0], pair),
            };
            if name.eq_ignore_ascii_case(ACCESS_COOKIE.as_bytes()) {
                access.push((name.to_vec(), value.to_vec()));
            } else if name.eq_ignore_ascii_case(REFRESH_COOKIE.as_bytes()) {
                refresh.push((name.to_vec(), value.to_vec()));
            } else if !pair.is_empty() {
                others.push(pair.to_vec());
            }
        }
    }
    headers.remove(COOKIE);
    if let Ok(kept) = HeaderValue::from_bytes(&others.join(&b"; "[..]))
        && !kept.is_empty()
    {
        headers.insert(COOKIE, kept);
    }
    Presented {
        any: !access.is_empty() || !refresh.is_empty(),
        access: only(ACCESS_COOKIE, access).and_then(|text| AccessToken::parse(&text).ok()),
        refresh: only(REFRESH_COOKIE, refresh).and_then(|text| RefreshToken::parse(&text)),
    }
}

/// The value of the one cookie of that very name. An empty value is what a deleted cookie leaves in some jars.
fn only(name: &'static str, found: Vec<(Vec<u8>, Vec<u8>)>) -> Option<String> {
    if found.len() > 1 {
        tracing::warn!(
            cookie = name,
            count = found.len(),
            "a token cookie occurs more than once: treated as absent"
        );
        return None;
    }
    let (sent_name, value) = found.into_iter().next()?;
    let usable = sent_name == name.as_bytes() && !value.is_empty();
    usable.then(|| String::from_utf8_lossy(&value).into_owned())
}

/// Sets the cookies of an answer.
pub(super) fn set(cookies: &Cookies, policy: CookiePolicy, tokens: &TokenPair) {
    let session = &tokens.session;
    // Counted from the rotation, so that a replay sets the very same bytes; what it adds to the cookie's life, the
    // server does not add to the session's. The access cookie lives as long: one that died with its token could
    // not be told from never having signed in.
    let max_age = match session.persistence {
        Persistence::Browser => None,
        Persistence::Remembered => {
            let left = session.absolute_expires_at.since(session.rotated_at);
            Some(Duration::seconds(i64::try_from(left.as_secs()).unwrap_or(0)))
        }
    };
    cookies.add(cookie(ACCESS_COOKIE, tokens.access.reveal().to_owned(), policy, max_age));
    if let Some(refresh) = &tokens.refresh {
        cookies.add(cookie(REFRESH_COOKIE, refresh.reveal(), policy, max_age));
    }
}

/// Deletes both cookies.
pub(super) fn delete(cookies: &Cookies, policy: CookiePolicy) {
    for name in [ACCESS_COOKIE, REFRESH_COOKIE] {
        // With all attributes: a browser ignores the deletion of a `__Host-` cookie without `Secure; Path=/`.
        cookies.add(cookie(name, String::new(), policy, Some(Duration::ZERO)));
    }
}

fn cookie(
    name: &'static str,
    value: String,
    policy: CookiePolicy,
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

    fn taken(headers: &[&str]) -> (Option<String>, bool, Option<String>) {
        let mut map = HeaderMap::new();
        for header in headers {
            map.append(COOKIE, HeaderValue::from_bytes(header.as_bytes()).expect("a header value"));
        }
        let presented = take(&mut map);
        let left =
            map.get(COOKIE).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        (presented.access.map(|token| token.reveal().to_owned()), presented.any, left)
    }

    #[test]
    fn token_cookies_are_taken_and_others_left() {
        let (access, any, left) =
            taken(&["theme=dark; __Host-Http-access=a.b.c", "__Host-Http-refresh=x; lang=en; odd"]);
        assert_eq!(access.as_deref(), Some("a.b.c"));
        assert!(any);
        assert_eq!(left.as_deref(), Some("theme=dark; lang=en; odd"));
        assert_eq!(taken(&["__Host-Http-access=a.b.c"]).2, None);
    }

    #[test]
    fn a_name_that_occurs_twice_counts_as_absent_and_is_taken_all_the_same() {
        for headers in [
            &["__Host-Http-access=g.oo.d; __Host-Http-access=e.vi.l"][..],
            &["__Host-Http-access=g.oo.d", "__Host-Http-access=e.vi.l"],
            &["__host-http-access=e.vi.l; __Host-Http-access=g.oo.d"],
            &["__HOST-HTTP-ACCESS=e.vi.l"],
            &["__Host-Http-access="],
            &["__Host-Http-access=no token"],
        ] {
            assert_eq!(taken(headers), (None, true, None), "{headers:?}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_no_token() {
        let mut map = HeaderMap::new();
        map.insert(
            COOKIE,
            HeaderValue::from_bytes(b"__Host-Http-refresh=\xff\xfe; a=\xff").expect("opaque bytes"),
        );
        let presented = take(&mut map);
        assert!(presented.any && presented.refresh.is_none());
        assert_eq!(map.get(COOKIE).expect("the other one").as_bytes(), b"a=\xff");
    }
}
