//! Cookies that no honest browser sends: refused as invalid, and never a fault of the server.

use axum::http::{HeaderValue, StatusCode, header, request::Builder};
use coatroom::{access_token::MAX_ACCESS_TOKEN_LEN, refresh_token::REFRESH_TOKEN_LEN};

use super::{NO_COOKIES, refused, session, signed_up};
use crate::support::{
    ACCESS,
    app::app,
    browser::{BOTH, Browser, call, document},
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
    let (access, refresh) = (browser.access(), browser.refresh());
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
    for name in BOTH.map(|kind| browser.name(kind)) {
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
    for (name, token) in [(browser.name("access"), access), (browser.name("refresh"), refresh)] {
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
    for name in BOTH.map(|kind| browser.name(kind)) {
        let token = browser.jar[&name].as_bytes();
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
    let mut visitor = Browser::new(app(&theirs.accounts));
    visitor.jar = browser.jar.clone();
    refused(&visitor.open("/me").await, "invalid_token");
    assert_eq!(visitor.open("/who").await.body, "signed out");
    let answer = visitor.call("POST", "/refresh").await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::UNAUTHORIZED, "1"));
    // A foreign token proves nothing: it signs no user out either.
    visitor.call("POST", "/sign-out").await;
    assert_eq!(session(&world, &browser).await, before);
}

#[tokio::test]
async fn each_token_is_refused_in_the_others_cookie() {
    let (world, mut browser) = signed_up().await;
    let (access, refresh) = (browser.access().to_owned(), browser.refresh().to_owned());
    let before = session(&world, &browser).await;
    let names = BOTH.map(|kind| browser.name(kind));
    browser.plant(&names[0], &refresh);
    browser.plant(&names[1], &access);
    refused(&browser.open("/me").await, "invalid_token");
    refused(&browser.call("GET", "/me").await, "invalid_token");
    assert_eq!(browser.call("POST", "/refresh").await.body, "1");
    for (name, token) in [(&names[0], &refresh), (&names[1], &access)] {
        browser.jar.clear();
        browser.plant(name, token);
        refused(&browser.open("/me").await, "invalid_token");
    }
    browser.jar.clear();
    browser.plant(&names[1], &refresh);
    assert_eq!(session(&world, &browser).await, before, "not even a proof of delivery");
}

#[tokio::test]
async fn a_token_that_is_no_cookie_of_that_name_is_no_token() {
    let (_world, browser) = signed_up().await;
    let (access, refresh) = (browser.access(), browser.refresh());
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

/// If a browser does not enforce the prefix, anything on the host can plant a cookie of any name.
#[tokio::test]
async fn a_planted_cookie_of_the_same_name_locks_no_user_out() {
    let (world, browser) = signed_up().await;
    let (_, stranger) = signed_up().await;
    let before = session(&world, &browser).await;
    let [access_name, refresh_name] = BOTH.map(|kind| browser.name(kind));
    let (access, refresh) = (browser.access(), browser.refresh());
    let own = format!("{access_name}={access}; {refresh_name}={refresh}");
    let (their_access, their_refresh) = (stranger.access(), stranger.refresh());
    for cookies in [
        vec![format!("{access_name}=evil; {own}")],
        vec![format!("{own}; {access_name}=evil; {refresh_name}=evil")],
        vec![own.clone(), format!("{access_name}={their_access}; {refresh_name}={their_refresh}")],
        vec![format!("{access_name}={their_access}"), own.clone()],
        vec![format!("{}=evil; {own}", access_name.to_lowercase())],
        vec![format!("{own}; {own}")],
        vec![format!("{own}; {access_name}=")],
        vec![format!("{}{own}", format!("{access_name}=evil; ").repeat(500))],
    ] {
        for (path, expected) in [("/who", "signed in, generation 0"), ("/cookies", "\n")] {
            for mut request in both("GET", path) {
                for cookie in &cookies {
                    request = request.header(header::COOKIE, cookie);
                }
                let answer = browser.send_bare(request).await;
                assert_eq!(answer.body, expected, "{cookies:?}");
                assert_eq!(answer.cookie_names(), NO_COOKIES);
            }
        }
    }
    assert_eq!(session(&world, &browser).await.generation, before.generation);
}

#[tokio::test]
async fn names_in_another_case_are_taken_and_worth_nothing() {
    let (_world, browser) = signed_up().await;
    let [access, refresh] = BOTH.map(|kind| browser.name(kind));
    let cookies = format!(
        "{}={}; {}={}",
        access.to_lowercase(),
        browser.access(),
        refresh.to_uppercase(),
        browser.refresh()
    );
    for (path, expected) in [("/who", "signed out"), ("/cookies", "\n")] {
        let page = document(path).header(header::COOKIE, &cookies);
        assert_eq!(browser.send_bare(page).await.body, expected);
    }
}

#[tokio::test]
async fn of_two_refresh_tokens_of_one_session_the_newest_counts() {
    let (world, mut browser) = super::expired().await;
    let spent = browser.refresh().to_owned();
    browser.open("/who").await;
    super::deliver(&world, &mut browser).await;
    world.advance(ACCESS);
    let name = browser.name("refresh");
    for refresh in [
        format!("{name}={spent}; {name}={}", browser.refresh()),
        format!("{name}={}; {name}={spent}", browser.refresh()),
        format!("__Host-Http-refresh={spent}; {name}={}", browser.refresh()),
    ] {
        let page = document("/who").header(header::COOKIE, &refresh);
        let body = browser.send_bare(page).await.body;
        assert_eq!(body, "signed in, generation 2", "no reuse: {refresh}");
    }
}
