//! Names that are ours, names that only look so, and names of others.

use super::*;

/// Returns the access tokens that are taken, whether any cookie was ours, and what is left of the header.
fn taken(headers: &[&str]) -> (Vec<String>, bool, Option<String>) {
    let mut map = HeaderMap::new();
    for header in headers {
        map.append(COOKIE, HeaderValue::from_bytes(header.as_bytes()).expect("a header value"));
    }
    let presented = take(&mut map, &CookiePolicy::default());
    let left = map.get(COOKIE).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
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
fn a_cookie_that_only_looks_like_ours_is_taken_and_worthless() {
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
    for other in ["cafe", "coatroom-", "my-coatroom", "coatroom-accessory", "a.b~c!"] {
        let policy = CookiePolicy::for_application(other).expect("a name");
        let session = SessionId::from_bytes([255; 16]);
        for kind in [CookieKind::Access, CookieKind::Refresh] {
            let theirs = format!("{}=a.b.c", policy.cookie_name(kind, session));
            assert_eq!(taken(&[&theirs]), (vec![], false, Some(theirs.clone())));
        }
    }
    let elsewhere = CookiePolicy::default().for_domain("example.com").expect("a domain");
    for name in ["__Host-Http-access", "__Host-Http-coatroom-access-AAAAAAAA"] {
        assert_eq!(CookiePolicy::default().cookie_kind(name), Some(CookieKind::Access));
        for other in [CookiePolicy::for_application("cafe").expect("a name"), elsewhere.clone()] {
            assert_eq!(other.cookie_kind(name), None, "{name}");
        }
    }
}

#[test]
fn a_name_is_a_token_that_begins_like_no_other_applications() {
    for good in ["a", "coatroom", "my-shop", "a.b_c", "!#$%&'*+.^_`|~", &"a".repeat(32)] {
        assert!(CookiePolicy::for_application(good).is_ok(), "{good}");
    }
    let long = "a".repeat(33);
    for bad in [
        "",
        &long,
        "a b",
        "a;b",
        "a=b",
        "a,b",
        "a\"b",
        "a\\b",
        "a/b",
        "a\tb",
        "a\0",
        "é",
        "Cafe",
        "access",
        "a-refresh",
        "coatroom-access-x",
        "refresh-",
    ] {
        assert_eq!(CookiePolicy::for_application(bad), Err(InvalidCookieName), "{bad}");
    }
}

#[test]
fn a_domain_is_a_name_of_two_labels_and_changes_the_prefix() {
    let with = |domain: &str| CookiePolicy::default().for_domain(domain);
    let long = format!("{}.com", "a".repeat(64));
    for bad in [
        "",
        "com",
        "localhost",
        ".example.com",
        "example.com.",
        "a..example.com",
        "Example.com",
        "-a.example.com",
        "a-.example.com",
        "exa mple.com",
        "example.com;",
        "example.com:443",
        "https://example.com",
        "192.0.2.1",
        "[2001:db8::1]",
        "bücher.example",
        "*.example.com",
        "a_b.example.com",
        &long,
    ] {
        assert_eq!(with(bad), Err(InvalidCookieDomain), "{bad}");
    }
    for good in ["example.com", "a.b.example.com", "xn--bcher-kva.example", "1.example"] {
        let mut strict = CookiePolicy::default();
        strict.same_site = SameSite::Strict;
        let policy = strict.for_domain(good).expect(good);
        assert_eq!((policy.domain(), policy.same_site), (Some(good), SameSite::Strict));
        let name = policy.cookie_name(CookieKind::Access, SessionId::from_bytes([0; 16]));
        assert_eq!(name, "__Secure-coatroom-access-AAAAAAAA");
        assert_eq!(policy.cookie_kind(&name), Some(CookieKind::Access));
    }
}

#[test]
fn a_refresh_token_under_another_sessions_tag_is_not_taken() {
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
