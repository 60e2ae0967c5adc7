//! The examples at work, so that what a reader copies is what runs. The one in Leptos is tested where it is built.

mod another_service;
mod existing_users;

use std::path::Path;

use axum::http::StatusCode;

use crate::{
    arrows::without_tests,
    http::{NO_COOKIES, session},
    support::{
        ACCESS, D, World,
        browser::{BOTH, Browser, document},
        flaky::Fault,
    },
    tidy::files,
};

#[path = "../../examples/axum_login.rs"]
#[expect(dead_code, reason = "its `main` is for cargo to run")]
mod axum_login;

const FORM: &str = "email=ada%40example.com&password=a+quiet+harbour+at+dawn";
const ADA: &str = "You are signed in as ada@example.com.";

#[tokio::test]
async fn the_axum_login_signs_up_outlives_an_expiry_and_signs_out() {
    let world = World::in_memory().await;
    let mut browser = Browser::new(axum_login::app(world.accounts.clone()));
    let nobody = browser.open("/").await;
    assert_eq!(nobody.status, StatusCode::SEE_OTHER);
    assert_eq!(nobody.header("location"), Some("/sign-in"));
    assert!(browser.open("/sign-in").await.body.contains(r#"action="/sign-in""#));

    let signed_up = browser.submit("/sign-up", FORM).await;
    assert_eq!(
        (signed_up.status, signed_up.header("location")),
        (StatusCode::SEE_OTHER, Some("/"))
    );
    assert_eq!(signed_up.sets(), BOTH);
    assert!(browser.open("/").await.body.contains(ADA));
    world.acknowledged(session(&world, &browser).await.id).await;

    world.advance(ACCESS.max(D));
    let page = browser.open("/").await;
    assert_eq!(page.sets(), BOTH, "refreshed on the way");
    assert!(page.body.contains(ADA));
    assert_eq!(session(&world, &browser).await.generation, 1);

    let thief = browser.clone();
    assert_eq!(browser.submit("/sign-out", "").await.header("location"), Some("/sign-in"));
    assert!(browser.jar.is_empty(), "{:?}", browser.jar);
    for mut each in [browser, thief] {
        assert_eq!(each.open("/").await.header("location"), Some("/sign-in"));
    }
}

#[tokio::test]
async fn the_axum_login_answers_each_error_with_a_fitting_status() {
    let (world, store) = World::flaky().await;
    let mut browser = Browser::new(axum_login::app(world.accounts.clone()));
    let wrong = "email=ada%40example.com&password=a+loud+harbour+at+noon";
    let short = "email=ada%40example.com&password=short";
    assert_eq!(browser.submit("/sign-in", FORM).await.status, StatusCode::UNAUTHORIZED);
    let refused = browser.submit("/sign-up", short).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("shorter than 15 characters"), "{}", refused.body);
    browser.submit("/sign-up", FORM).await;
    let mut second = Browser::new(axum_login::app(world.accounts.clone()));
    for (path, form, status) in [
        ("/sign-up", FORM, StatusCode::CONFLICT),
        ("/sign-in", wrong, StatusCode::UNAUTHORIZED),
        ("/sign-in", "email=ada%40example.com", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let answer = second.submit(path, form).await;
        assert_eq!((answer.status, answer.cookie_names().len()), (status, 0), "{path} {form}");
    }

    // A store that does not answer signs no user out.
    store.set(Fault::Down);
    let page = browser.open("/").await;
    let (entry, exit) =
        (browser.submit("/sign-in", FORM).await, browser.submit("/sign-out", "").await);
    world.advance(ACCESS);
    let late_page = browser.open("/").await;
    for answer in [page, entry, exit, late_page] {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.cookie_names(), NO_COOKIES);
    }
}

#[tokio::test]
async fn the_axum_login_refuses_cross_site_posts_and_escapes_markup() {
    let world = World::in_memory().await;
    let mut browser = Browser::new(axum_login::app(world.accounts.clone()));
    let odd = "email=%22%3Cb%3E%26%22%40example.com&password=a+quiet+harbour+at+dawn";
    assert_eq!(browser.submit("/sign-up", odd).await.status, StatusCode::SEE_OTHER);
    let page = browser.open("/").await.body;
    assert!(page.contains(r#""&lt;b>&amp;"@example.com"#), "{page}");

    let foreign = document("/sign-out").method("POST").header("sec-fetch-site", "cross-site");
    assert_eq!(browser.send(foreign).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.open("/").await.status, StatusCode::OK, "and is signed in as before");
}

/// Counts the lines of code in an example: all but comments, blank lines, imports, and texts such as those of pages.
fn lines_of_code(example: &str) -> usize {
    let left_out = |line: &&str| {
        let text = line.trim_start_matches("pub ").starts_with("const ") && line.contains("&str");
        text || line.starts_with("use ") || line.starts_with("pub use ")
    };
    let mut lines = example.lines();
    let mut count = 0;
    while let Some(line) = lines.next() {
        if left_out(&line) {
            // To its end, which is the first line that has one.
            let _end = line.ends_with(';') || lines.any(|line| line.ends_with(';'));
        } else if !line.trim().is_empty() && !line.trim_start().starts_with("//") {
            count += 1;
        }
    }
    count
}

#[test]
fn each_example_is_as_short_as_the_readme_says() {
    for (example, most) in [
        (include_str!("../../examples/another_service.rs"), 30),
        (include_str!("../../examples/axum_login.rs"), 80),
        (include_str!("../../examples/leptos_minimal/app.rs"), 80),
        (include_str!("../../examples/existing_users.rs"), 120),
        (include_str!("../../examples/live_page/coatroom.js"), 30),
    ] {
        let lines = lines_of_code(example);
        assert!((most - 10..=most).contains(&lines), "{lines} lines, and not {most} at most");
    }
}

/// The most lines of code in the library, its tests and its suite for stores apart.
const LIBRARY: usize = 13_000;

#[test]
fn the_library_stays_as_short_as_it_is_meant_to_be() {
    let is_test = |path: &Path| {
        let tests = ["tests", "tests.rs", "conformance", "conformance.rs", "misuse.rs"];
        path.iter().any(|part| tests.iter().any(|test| part == *test))
    };
    let sources = files(&["src"]);
    let library = sources.iter().filter(|(path, _)| !is_test(path));
    let lines: usize = library.map(|(_, source)| lines_of_code(without_tests(source))).sum();
    assert!((LIBRARY / 2..LIBRARY).contains(&lines), "{lines} lines, and not below {LIBRARY}");
}

#[test]
fn lines_of_code_leave_out_imports_and_texts_alone() {
    let example = [
        "//! A comment.",
        "use std::{",
        "    sync::Arc,",
        "};",
        "",
        "pub const PAGE: &str = \"<p>",
        "not code\";",
        "const SHORT: &str = \"<p>\";",
        "const SIX: u32 = 6;",
        "fn code() {",
        "    // A comment.",
        "    const SQL: &str = \"select 1\";",
        "}",
    ];
    assert_eq!(lines_of_code(&example.join("\n")), 4);
}
