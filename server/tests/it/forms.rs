//! Forms that a browser posts by itself: each comes back to its own page, which says the outcome, once.

use sqlx::{ConnectOptions as _, Executor as _, sqlite::SqliteConnectOptions};

use crate::support::{
    house::{House, Plan},
    raw::{HERE, Raw, Reply},
};

const HTML: &str = "accept: text/html,*/*;q=0.8\r\n";
const ORIGIN: &str = "origin: http://localhost:1\r\n";
const WRONG: &str = "email=Ada%2Bb%40example.com&password=not+the+right+one&stay=on";
const PASSWORD: &str = "a+quiet+harbour+at+dawn";

/// Posts a form as a browser does, with more lines of a head.
async fn post(house: &House, function: &str, lines: &str, form: &str) -> Reply {
    let kind = "content-type: application/x-www-form-urlencoded\r\n";
    let lines = format!("{kind}{HTML}{lines}");
    Raw::ask(HERE, house.socket(), &format!("POST /api/{function}"), &lines, form).await
}

async fn page(house: &House, path: &str, lines: &str) -> Reply {
    Raw::get(house.socket(), &format!("GET {path}"), &format!("{HTML}{lines}")).await
}

/// Returns the cookies that an answer set, as a line of the next request's head.
fn jar(reply: &Reply) -> String {
    let pairs: Vec<_> =
        reply.headers("set-cookie").map(|line| line.split(';').next().expect("a pair")).collect();
    format!("cookie: {}\r\n", pairs.join("; "))
}

#[track_caller]
fn location(reply: &Reply) -> &str {
    assert_eq!(reply.status, 303, "{reply:?}");
    reply.header("location").expect("a location")
}

/// Signs up with a new account.
async fn sign_up(house: &House) -> Reply {
    let form = format!("email=ada%40example.com&password={PASSWORD}");
    let answer = post(house, "sign_up", ORIGIN, &form).await;
    assert_eq!(answer.headers("set-cookie").count(), 2, "{answer:?}");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_form_comes_back_to_its_page_whatever_the_referer() {
    let plan = Plan::new();
    let house = plan.open().await;
    for referer in [
        "",
        "referer: http://localhost:1/\r\n",
        "referer: http://localhost:1/lab?a=b\r\n",
        "referer: https://evil.example/sign-in\r\n",
    ] {
        for (function, path) in [("sign_in", "/sign-in"), ("sign_up", "/sign-up")] {
            let form =
                if function == "sign_in" { WRONG } else { "email=ada%40a.example&password=short" };
            let answer = post(&house, function, &format!("{ORIGIN}{referer}"), form).await;
            let to = location(&answer);
            assert!(to.starts_with(&format!("{path}?posted=")), "{referer}: {to}");
            assert!(!to.contains("ada") && !to.contains("right"), "{to}");
            let cookie = answer.header("set-cookie").expect("a cookie");
            let end = format!("; Path={path}; Max-Age=60; HttpOnly; SameSite=Lax");
            assert!(cookie.ends_with(&end) && !cookie.contains("right"), "{cookie}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_and_what_was_typed_are_shown_once() {
    let plan = Plan::new();
    let house = plan.open().await;
    let [first, second] = [
        post(&house, "sign_in", ORIGIN, WRONG).await,
        post(&house, "sign_in", ORIGIN, "email=bob%40example.com&password=x").await,
    ];
    // Both are open in two tabs, whose cookies are in one jar.
    let both = format!("{}; {}", jar(&first).trim_end(), &jar(&second)["cookie: ".len()..]);
    let shown = page(&house, location(&first), &both).await;
    assert_eq!(shown.status, 200);
    assert!(shown.body.contains("do not belong together"), "{}", shown.body);
    assert!(shown.body.contains(r#"value="Ada+b@example.com""#), "{}", shown.body);
    assert!(shown.body.contains("checked"), "{}", shown.body);
    assert!(!shown.body.contains("not the right one") && !shown.body.contains("bob@"));
    let other = page(&house, location(&second), &both).await;
    assert!(other.body.contains(r#"value="bob@example.com""#), "{}", other.body);

    // The page is loaded again.
    let again = page(&house, location(&first), &jar(&shown)).await;
    assert!(!again.body.contains("belong together") && !again.body.contains("Ada+b"));
    assert!(!again.body.contains("keeps no sign-in cookies"), "{}", again.body);
    assert_eq!(again.header("set-cookie"), None);
    // The other page has nothing to do with it.
    let page = page(&house, &location(&first).replace("sign-in", "sign-up"), &jar(&first)).await;
    assert!(!page.body.contains("belong together") && !page.body.contains("Ada+b"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_keeps_no_cookie_is_told_so() {
    let plan = Plan::new();
    let house = plan.open().await;
    let arrived = sign_up(&house).await;
    let to = location(&arrived);
    assert!(to.starts_with("/sign-in?posted="), "{to}");
    let with = page(&house, to, &jar(&arrived)).await;
    assert_eq!((with.status, with.header("location")), (302, Some("/")), "{with:?}");

    let failed = post(&house, "sign_in", ORIGIN, WRONG).await;
    for reply in [&arrived, &failed] {
        let to = location(reply);
        let without = page(&house, to, "sec-fetch-site: same-origin\r\n").await;
        assert!(without.body.contains("keeps no sign-in cookies"), "{}", without.body);
        // A link of a stranger, a bookmark, an address that is old: nothing is known.
        for site in ["cross-site", "same-site", "none"] {
            let strange = page(&house, to, &format!("sec-fetch-site: {site}\r\n")).await;
            assert!(!strange.body.contains("keeps no"), "{site}: {}", strange.body);
        }
    }
    for id in ["1700000000-abc", "9700000000-abc", "-", "x", "99999999999999999999-a"] {
        let old = page(&house, &format!("/sign-in?posted={id}"), "").await;
        assert!(old.status == 200 && !old.body.contains("keeps no"), "{}", old.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_over_plain_http_says_that_no_sign_in_is_kept() {
    let plan = Plan::new().with("COATROOM_ORIGIN", "https://coat.example");
    let house = plan.open().await;
    let host = "host: coat.example\r\n";
    let lines = format!("{host}origin: http://coat.example\r\n");
    for (function, path) in [
        ("sign_in", "/sign-in"),
        ("sign_up", "/sign-up"),
        // The pages of these say nothing to a person who is not signed in; none is told as done.
        ("sign_out", "/sign-in"),
        ("call_protected", "/sign-in"),
        ("refresh", "/sign-in"),
    ] {
        let answer = post(&house, function, &lines, WRONG).await;
        assert_eq!(answer.header("set-cookie"), None, "{function}");
        let to = location(&answer);
        assert!(to.starts_with(&format!("{path}?posted=")), "{function}: {to}");
        let shown = page(&house, to, host).await;
        assert!(shown.body.contains("Over plain http"), "{function}: {}", shown.body);
    }
    // A script asks in vain as well, and another site as ever.
    let kind = "content-type: application/x-www-form-urlencoded\r\n";
    for (origin, error) in
        [("http://coat.example", "not_kept"), ("http://evil.example", "cross_site")]
    {
        let lines = format!("{host}{kind}origin: {origin}\r\n");
        let answer = Raw::ask(HERE, house.socket(), "POST /api/sign_in", &lines, WRONG).await;
        assert_eq!(answer.status, 403, "{answer:?}");
        assert!(answer.body.contains(error), "{answer:?}");
    }
    // Over https, its own cookies are for https alone.
    let lines = format!("{host}origin: https://coat.example\r\n");
    let answer = post(&house, "sign_in", &lines, WRONG).await;
    assert!(answer.header("set-cookie").is_some_and(|cookie| cookie.ends_with("; Secure")));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_button_says_what_came_of_it_once() {
    let plan = Plan::new();
    let house = plan.open().await;
    let cookies = jar(&sign_up(&house).await);
    for (function, words) in
        [("refresh", "5 · Debounced"), ("call_protected", "Let in: one signature, no query")]
    {
        let answer = post(&house, function, &format!("{ORIGIN}{cookies}"), "").await;
        let to = location(&answer);
        assert!(to.starts_with("/?posted="), "{to}");
        let note = answer.headers("set-cookie").find(|line| line.starts_with("coatroom-posted-"));
        let note = note.expect("a cookie").split(';').next().expect("a pair");
        let both = format!("{}; {note}\r\n", cookies.trim_end());
        let shown = page(&house, to, &both).await;
        assert!(shown.body.contains(words), "{}", shown.body);
        let empty = format!("{}=", note.split('=').next().expect("a name"));
        let again = page(&house, to, &format!("{}; {empty}\r\n", cookies.trim_end())).await;
        assert!(again.status == 200 && !again.body.contains(words), "{}", again.body);
    }
    // A client without cookies is asked to sign in.
    let answer = post(&house, "call_protected", ORIGIN, "").await;
    let shown = page(&house, location(&answer), &jar(&answer)).await;
    assert!(shown.body.contains("Sign in first."), "{}", shown.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_that_failed_says_so() {
    let plan = Plan::new();
    let house = plan.open().await;
    let cookies = jar(&sign_up(&house).await);
    let mut other =
        SqliteConnectOptions::new().filename(plan.file()).connect().await.expect("opens");
    other.execute("begin immediate").await.expect("locked");
    let answer = post(&house, "sign_out", &format!("{ORIGIN}{cookies}"), "").await;
    assert!(location(&answer).starts_with("/?posted="), "{answer:?}");
    let note = jar(&answer);
    assert_eq!(answer.headers("set-cookie").count(), 1, "{answer:?}");
    let both = format!("{}; {}", cookies.trim_end(), &note["cookie: ".len()..]);
    let shown = page(&house, location(&answer), &both).await;
    assert!(shown.body.contains("You are not signed out."), "{}", shown.body);
    other.execute("rollback").await.expect("released");
    let answer = post(&house, "sign_out", &format!("{ORIGIN}{cookies}"), "").await;
    assert_eq!(location(&answer), "/sign-in");
    assert_eq!(answer.headers("set-cookie").count(), 2, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_quick_sign_ups_of_one_person_are_signed_in() {
    let plan = Plan::new();
    let house = plan.open().await;
    let form = format!("email=ada%40example.com&password={PASSWORD}");
    let both = tokio::join!(
        post(&house, "sign_up", ORIGIN, &form),
        post(&house, "sign_up", ORIGIN, &form)
    );
    let third = post(&house, "sign_up", ORIGIN, &form).await;
    for answer in [&both.0, &both.1, &third] {
        assert_eq!(answer.headers("set-cookie").count(), 2, "{answer:?}");
        let page = page(&house, location(answer), &jar(answer)).await;
        assert_eq!(page.header("location"), Some("/"), "{page:?}");
    }
    // Another person is told, and so is a program.
    let form = "email=ada%40example.com&password=some+other+four+words";
    let answer = post(&house, "sign_up", ORIGIN, form).await;
    let shown = page(&house, location(&answer), &jar(&answer)).await;
    assert!(shown.body.contains("has an account already"), "{}", shown.body);
    let form = format!("email=ada%40example.com&password={PASSWORD}");
    let kind = "content-type: application/x-www-form-urlencoded\r\n";
    let answer = Raw::ask(HERE, house.socket(), "POST /api/sign_up", kind, &form).await;
    assert_eq!(answer.status, 409, "{answer:?}");
}
