//! Cookies that nobody honest sends: refused as invalid, and never a fault of the server.

use axum::http::{HeaderValue, StatusCode, header, request::Builder};
use coatroom::{
    access_token::MAX_ACCESS_TOKEN_LEN,
    refresh_token::REFRESH_TOKEN_LEN,
    web::{ACCESS_COOKIE, REFRESH_COOKIE},
};

use super::{NO_COOKIES, refused, session, signed_up};
use crate::support::{
    app::app,
    browser::{Browser, call, document},
};

const PATHS: [(&str, &str); 5] = [
    ("GET", "/who"),
    ("GET", "/me"),
    ("GET", "/cookies"),
    ("POST", "/refresh"),
    ("POST", "/clear"),
];

/// A request for a page and one by a script.
fn both(method: &str, path: &str) -> [Builder; 2] {
    [document(path).method(method), call(method, path)]
}

async fn never_a_fault(browser: &Browser, cookie: &HeaderValue) {
    for (method, path) in PATHS {
        for request in both(method, path) {
            let answer = browser.send_bare(request.header(header::COOKIE, cookie)).await;
            assert!(!answer.status.is_server_error(), "{cookie:?} {path}: {}", answer.status);
        }
    }
    for request in [document("/me"), call("GET", "/me")] {
        refused(&browser.send_bare(request.header(header::COOKIE, cookie)).await, "invalid_token");
    }
}

fn bytes(parts: &[&[u8]]) -> HeaderValue {
    HeaderValue::from_bytes(&parts.concat()).expect("a header value")
}

#[tokio::test]
async fn garbage_in_either_cookie_is_invalid_and_never_a_fault() {
    let (_world, browser) = signed_up().await;
    let (access, refresh) = (&browser.jar[ACCESS_COOKIE], &browser.jar[REFRESH_COOKIE]);
    let long = "A".repeat(MAX_ACCESS_TOKEN_LEN + 1);
    let huge = "A".repeat(100_000);
    let exact = "A".repeat(REFRESH_TOKEN_LEN);
    let values: [&[u8]; 14] = [
        b"x",
        b"\"\"",
        b"null",
        b"..",
        b"a.b.c",
        b"rt1...",
        b"rt1.AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        b"eyJhbGciOiJub25lIn0.e30.",
        b"%00%ff",
        b"\xff\xfe\x80",
        "ticket 🧥".as_bytes(),
        long.as_bytes(),
        huge.as_bytes(),
        exact.as_bytes(),
    ];
    for name in [ACCESS_COOKIE, REFRESH_COOKIE] {
        for value in values {
            let cookie = bytes(&[name.as_bytes(), b"=", value]);
            for (method, path) in PATHS {
                for request in both(method, path) {
                    let answer = browser.send_bare(request.header(header::COOKIE, &cookie)).await;
                    assert!(!answer.status.is_server_error(), "{cookie:?} {path}");
                }
            }
            let page = document("/me").header(header::COOKIE, &cookie);
            refused(&browser.send_bare(page).await, "invalid_token");
        }
    }
    // Good tokens, cut off anywhere.
    for (name, token) in [(ACCESS_COOKIE, access), (REFRESH_COOKIE, refresh)] {
        for length in (1..token.len()).step_by(7).chain([token.len() - 1]) {
            let cookie = bytes(&[name.as_bytes(), b"=", &token.as_bytes()[..length]]);
            never_a_fault(&browser, &cookie).await;
        }
    }
}

#[tokio::test]
async fn a_changed_character_makes_either_token_worthless() {
    let (world, browser) = signed_up().await;
    let before = session(&world, &browser).await;
    for name in [ACCESS_COOKIE, REFRESH_COOKIE] {
        let token = browser.jar[name].as_bytes();
        for position in (0..token.len()).step_by(11) {
            let mut changed = token.to_vec();
            changed[position] = if changed[position] == b'B' { b'C' } else { b'B' };
            let cookie = bytes(&[name.as_bytes(), b"=", &changed]);
            let page = document("/me").header(header::COOKIE, &cookie);
            refused(&browser.send_bare(page).await, "invalid_token");
        }
    }
    assert_eq!(session(&world, &browser).await, before);
}

#[tokio::test]
async fn tokens_of_another_server_are_invalid_and_not_deleted() {
    let (world, browser) = signed_up().await;
    let tokens = world.sign_in(None).await.expect("signed in");
    let theirs = world.of_another_secret(&tokens).await;
    let before = session(&world, &browser).await;
    let mut visitor = Browser::new(app(theirs.auth));
    visitor.jar = browser.jar.clone();
    refused(&visitor.open("/me").await, "invalid_token");
    assert_eq!(visitor.open("/who").await.body, "signed out");
    let answer = visitor.call("POST", "/refresh").await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::UNAUTHORIZED, "1"));
    // A foreign token proves nothing: it signs nobody out either.
    visitor.call("POST", "/sign-out").await;
    assert_eq!(session(&world, &browser).await, before);
}

#[tokio::test]
async fn each_token_is_refused_in_the_others_cookie() {
    let (world, mut browser) = signed_up().await;
    let (access, refresh) =
        (browser.jar[ACCESS_COOKIE].clone(), browser.jar[REFRESH_COOKIE].clone());
    let before = session(&world, &browser).await;
    browser.plant(ACCESS_COOKIE, &refresh);
    browser.plant(REFRESH_COOKIE, &access);
    refused(&browser.open("/me").await, "invalid_token");
    refused(&browser.call("GET", "/me").await, "invalid_token");
    assert_eq!(browser.call("POST", "/refresh").await.body, "1");
    for (name, token) in [(ACCESS_COOKIE, &refresh), (REFRESH_COOKIE, &access)] {
        browser.jar.clear();
        browser.plant(name, token);
        refused(&browser.open("/me").await, "invalid_token");
    }
    browser.jar.clear();
    browser.plant(REFRESH_COOKIE, &refresh);
    assert_eq!(session(&world, &browser).await, before, "not even a proof of delivery");
}

#[tokio::test]
async fn a_token_that_is_no_cookie_of_that_name_is_no_token() {
    let (_world, browser) = signed_up().await;
    let (access, refresh) = (&browser.jar[ACCESS_COOKIE], &browser.jar[REFRESH_COOKIE]);
    for (name, value) in [
        (header::AUTHORIZATION, format!("Bearer {access}")),
        (header::AUTHORIZATION, format!("Bearer {refresh}")),
        (header::COOKIE, format!("access={access}; refresh={refresh}")),
        (header::COOKIE, format!("__Host-access={access}; __Host-refresh={refresh}")),
    ] {
        for request in [document("/me"), call("GET", "/me")] {
            let answer = browser.send_bare(request.header(&name, &value)).await;
            refused(&answer, "unauthenticated");
        }
    }
}

#[tokio::test]
async fn a_name_that_comes_twice_or_in_another_case_counts_as_absent() {
    let (world, browser) = signed_up().await;
    let before = session(&world, &browser).await;
    let (access, refresh) = (&browser.jar[ACCESS_COOKIE], &browser.jar[REFRESH_COOKIE]);
    let lower = (ACCESS_COOKIE.to_lowercase(), REFRESH_COOKIE.to_lowercase());
    for cookies in [
        vec![format!("{ACCESS_COOKIE}={access}; {ACCESS_COOKIE}={access}")],
        vec![format!("{ACCESS_COOKIE}={access}; {ACCESS_COOKIE}=")],
        vec![format!("{ACCESS_COOKIE}=evil; {ACCESS_COOKIE}={access}")],
        vec![format!("{ACCESS_COOKIE}={access}"), format!("{ACCESS_COOKIE}=evil")],
        vec![format!("{}=evil; {ACCESS_COOKIE}={access}", lower.0)],
        vec![format!("{}={access}; {}={refresh}", lower.0, lower.1)],
        vec![format!("{REFRESH_COOKIE}={refresh}; {REFRESH_COOKIE}={refresh}")],
        vec![format!("{REFRESH_COOKIE}={refresh}"), format!("{}=evil", lower.1)],
    ] {
        for (path, expected) in [("/who", "signed out"), ("/cookies", "\n")] {
            let mut request = document(path);
            for cookie in &cookies {
                request = request.header(header::COOKIE, cookie);
            }
            let answer = browser.send_bare(request).await;
            assert_eq!(answer.body, expected, "{cookies:?}");
            assert_eq!(answer.cookie_names(), NO_COOKIES);
        }
        let mut request = call("GET", "/me");
        for cookie in &cookies {
            request = request.header(header::COOKIE, cookie);
        }
        refused(&browser.send_bare(request).await, "invalid_token");
    }
    assert_eq!(session(&world, &browser).await, before);
}

#[tokio::test]
async fn a_doubled_access_cookie_leaves_a_single_refresh_cookie_its_worth() {
    let (_world, browser) = signed_up().await;
    let (access, refresh) = (&browser.jar[ACCESS_COOKIE], &browser.jar[REFRESH_COOKIE]);
    let cookies =
        format!("{ACCESS_COOKIE}=evil; {ACCESS_COOKIE}={access}; {REFRESH_COOKIE}={refresh}");
    let page = document("/who").header(header::COOKIE, &cookies);
    assert_eq!(browser.send_bare(page).await.body, "signed in, generation 0");
    let script = call("GET", "/who").header(header::COOKIE, &cookies);
    assert_eq!(browser.send_bare(script).await.body, "refresh due");
}
