//! The boundary in front of the application: names, origins, proxies, methods and paths.

use crate::support::{
    browser::Browser,
    house::Plan,
    raw::{ELSEWHERE, HERE, Raw},
};

const FORM: &str = "content-type: application/x-www-form-urlencoded\r\n";

/// The cookies of a new account, as a line of a head.
async fn cookies(house: &str) -> String {
    let mut browser = Browser::at(house.into());
    browser.sign_up("ada").await;
    format!("cookie: {}\r\n", browser.cookies())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_to_another_host_is_misdirected() {
    let plan = Plan::new().with("COATROOM_ORIGIN", "https://coat.example");
    let house = plan.open().await;
    let at = house.socket();
    let direct = format!("host: {at}\r\n");
    for (host, expected) in [
        ("host: coat.example\r\n", 200),
        ("host: coat.example:443\r\n", 200),
        // The host that nginx sends if it is not told to pass the other one on.
        (&direct, 200),
        ("host: evil.example\r\norigin: https://evil.example\r\n", 421),
        ("host: localhost\r\n", 421),
        ("host: \r\n", 421),
        ("host: coat.example\r\nhost: coat.example\r\n", 400),
    ] {
        let answer = Raw::get(at, "GET /sign-in", host).await;
        assert_eq!(answer.status, expected, "{host}: {answer:?}");
        assert!(!answer.body.contains("evil"), "{answer:?}");
        for probe in ["GET /healthz", "GET /readyz"] {
            let answer = Raw::get(at, probe, "host: 10.1.2.3:8080\r\n").await;
            assert_eq!(answer.status, 200, "{probe}: {answer:?}");
        }
    }
    let text = Raw::get(at, "GET /sign-in", "host: evil.example\r\n").await.body;
    assert!(text.contains("https://coat.example"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_with_cookies_must_prove_that_it_is_ours() {
    let plan = Plan::new();
    let house = plan.open().await;
    let cookies = cookies(&house.address()).await;
    let post = async |lines: &str| {
        let lines = format!("{FORM}{cookies}{lines}");
        Raw::ask(HERE, house.socket(), "POST /api/current_session", &lines, "").await.status
    };
    for good in [
        "origin: http://localhost:1\r\n",
        "sec-fetch-site: same-origin\r\n",
        "sec-fetch-site: none\r\n",
        "referer: http://localhost:1/sign-in\r\n",
    ] {
        assert_eq!(post(good).await, 200, "{good}");
    }
    for bad in [
        "",
        "origin: https://localhost:1\r\n",
        "origin: http://localhost:1/\r\n",
        "origin: http://LOCALHOST:1\r\n",
        "origin: null\r\n",
        "sec-fetch-site: same-site\r\norigin: http://localhost:1\r\n",
        "referer: http://localhost:12/\r\n",
    ] {
        assert_eq!(post(bad).await, 403, "{bad}");
    }
    // A program without cookies has no session to abuse.
    let answer = Raw::ask(HERE, house.socket(), "POST /api/current_session", FORM, "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_is_believed_of_trusted_proxies_alone() {
    let plan = Plan::new()
        .with("COATROOM_TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8")
        .with("COATROOM_LOG_FORMAT", "json")
        .with("RUST_LOG", "info");
    let house = plan.open().await;
    let said =
        "x-forwarded-for: 192.0.2.1, 198.51.100.7, 10.0.0.3\r\nforwarded: for=203.0.113.9\r\n";
    for (from, id, expected) in
        [(HERE, "proxied", "198.51.100.0/24"), (ELSEWHERE, "spoofed", "127.0.1.0/24")]
    {
        let lines = format!("{said}x-request-id: {id}\r\n");
        Raw::ask(from, house.socket(), "GET /api/whoami", &lines, "").await;
        let said = plan.said();
        let line = said.lines().find(|line| line.contains(id) && line.contains("answered"));
        assert!(line.expect("a line").contains(expected), "{line:?}");
    }
    assert!(!plan.said().contains("192.0.2."), "what a client wrote itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_each_method_as_its_own_or_405() {
    let plan = Plan::new().with("COATROOM_LAB", "on");
    let house = plan.open().await;
    let page = &["GET", "HEAD"][..];
    let posts = &["POST"][..];
    let both = &["GET", "HEAD", "POST"][..];
    let routes = [
        ("/", page),
        ("/sign-in", page),
        ("/sign-up", page),
        ("/healthz", page),
        ("/readyz", page),
        ("/.well-known/jwks.json", page),
        ("/favicon.svg", page),
        ("/favicon.ico", page),
        ("/api/whoami", page),
        ("/api/sign_in", posts),
        ("/api/sign_out", posts),
        ("/api/refresh", posts),
        ("/learn", both),
        ("/learn/five-tabs", page),
        ("/learn/seeds", page),
        ("/learn/the-next-ticket", page),
        ("/x-ray", both),
        ("/lab", page),
        ("/lab/tour", page),
        ("/lab/formats", page),
        ("/lab/choose", page),
        ("/lab/compare", page),
        ("/lab/worlds", posts),
        ("/lab/x-ray", both),
        ("/lab/world/AAAAAAAAAAAAAAAAAAAAAA", both),
        ("/lab/world/AAAAAAAAAAAAAAAAAAAAAA/trace.json", page),
    ];
    for (path, own) in routes {
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "BREW"]
        {
            let answer = Raw::get(house.socket(), &format!("{method} {path}"), "").await;
            if own.contains(&method) {
                assert!(![405, 500].contains(&answer.status), "{method} {path}: {answer:?}");
                continue;
            }
            assert_eq!(answer.status, 405, "{method} {path}: {answer:?}");
            let allowed = answer.header("allow").unwrap_or_default();
            let allowed: Vec<_> = allowed.split(',').map(str::trim).collect();
            assert_eq!(allowed, own, "{method} {path}");
            assert!(answer.header("set-cookie").is_none(), "{answer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_no_build_made_is_not_found() {
    let plan = Plan::new();
    let house = plan.open().await;
    let long = format!("/pkg/{}", "a".repeat(256));
    for path in [
        &long,
        "/pkg",
        "/pkg/",
        "/pkg/.",
        "/pkg/..",
        "/pkg/./",
        "/pkg/%2e%2e/favicon.svg",
        "/pkg//",
        "/pkg/%00",
        "/pkg/a%2fb",
        "/pkg/.hidden",
        "/pkg/nowhere.js",
        "/pkg/coatroom.css/below",
        "/nowhere",
        "/sign-in/below",
        "/api",
        "/api/",
        "/api/nowhere",
    ] {
        for method in ["GET", "HEAD"] {
            let answer = Raw::get(house.socket(), &format!("{method} {path}"), "").await;
            assert_eq!(answer.status, 404, "{method} {path}: {answer:?}");
            assert!(answer.header("location").is_none(), "{answer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_redirects_alike_whatever_is_accepted() {
    let plan = Plan::new();
    let house = plan.open().await;
    let cookies = cookies(&house.address()).await;
    for what in ["GET /sign-in", "HEAD /sign-in", "GET /sign-up", "HEAD /sign-up"] {
        for accept in ["", "accept: text/html\r\n", "accept: */*\r\n"] {
            let answer = Raw::get(house.socket(), what, &format!("{cookies}{accept}")).await;
            assert_eq!(answer.status, 302, "{what} {accept}: {answer:?}");
            assert_eq!(answer.header("location"), Some("/"));
        }
    }
}
