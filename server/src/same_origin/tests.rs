use axum::{body::Body, http::HeaderValue};

use super::*;

const ORIGIN: &str = "https://coat.example";

fn names() -> Arc<Names> {
    Names::new(ORIGIN, "10.0.0.5:3000".parse().expect("an address"), false)
}

fn demo() -> Arc<Names> {
    let address = "127.0.0.1:3000".parse().expect("an address");
    Names::new("http://127.0.0.1:3000", address, true)
}

#[test]
fn only_our_own_hosts_are_answered() {
    for good in ["coat.example", "Coat.Example", "coat.example:443", "10.0.0.5:3000"] {
        assert!(names().is_host(good), "{good}");
    }
    for bad in [
        "",
        "evil.example",
        "coat.example.",
        "coat.example:80",
        "coat.example.evil.example",
        "evil.example/coat.example",
        "user@coat.example",
        "localhost",
        "127.0.0.1:3000",
        "10.0.0.5",
    ] {
        assert!(!names().is_host(bad), "{bad}");
    }
    for good in ["127.0.0.1:3000", "localhost:3000", "localhost", "LOCALHOST:8080", "[::1]:3000"] {
        assert!(demo().is_host(good), "{good}");
    }
    for bad in ["localhost.evil.example", "127.0.0.1.evil.example:3000", "localhost:", "::1:x"] {
        assert_eq!(demo().is_host(bad), bad == "localhost:", "{bad}");
    }
}

#[test]
fn a_request_names_one_host() {
    let request = |hosts: &[&str], uri: &str| {
        let mut builder = Request::builder().uri(uri);
        for host in hosts {
            builder = builder.header("host", *host);
        }
        host(&builder.body(Body::empty()).expect("a request")).map(str::to_owned)
    };
    assert_eq!(request(&["coat.example"], "/").as_deref(), Some("coat.example"));
    assert_eq!(request(&[], "http://coat.example/").as_deref(), Some("coat.example"));
    assert_eq!(request(&["evil.example"], "http://coat.example/").as_deref(), Some("coat.example"));
    assert_eq!(request(&[], "/"), None);
    assert_eq!(request(&["coat.example", "coat.example"], "/"), None);
}

#[test]
fn a_local_name_is_an_origin_only_of_its_own_host() {
    let origins = demo().origins("localhost:3000");
    assert_eq!(origins, ["http://127.0.0.1:3000", "http://localhost:3000"]);
    assert_eq!(names().origins("localhost:3000"), [ORIGIN]);
}

#[test]
fn a_redirect_leads_to_a_path_of_ours() {
    for (location, expected) in [
        ("/sign-in", "/sign-in"),
        ("https://coat.example/sign-in?posted=a", "/sign-in?posted=a"),
        ("https://coat.example", "/"),
        ("https://coat.example?a", "/"),
        ("https://evil.example/", "/"),
        ("https://coat.example//evil.example", "/"),
        ("https://coat.example/\\evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("sign-in", "/"),
        ("javascript:alert(1)", "/"),
    ] {
        let mut response = Response::new(Body::empty());
        let value = HeaderValue::from_str(location).expect("a value");
        response.headers_mut().insert("location", value);
        redirects::bound_location(&mut response, &names().origins("coat.example"), true);
        assert_eq!(response.headers()["location"], expected, "{location}");
    }
}

#[test]
fn a_redirect_leaves_for_the_one_origin_that_it_was_let_to() {
    for (location, expected) in [
        ("https://b.example/arrive?token=x", "https://b.example/arrive?token=x"),
        ("https://b.example.evil.example/", "/"),
        ("https://b.example:444/", "/"),
        ("https://b.example@evil.example/", "/"),
        ("http://b.example/", "/"),
        ("//b.example/", "/"),
        ("https://coat.example/handoff", "/handoff"),
    ] {
        let mut response = Response::new(Body::empty());
        let value = HeaderValue::from_str(location).expect("a value");
        response.headers_mut().insert("location", value);
        response.extensions_mut().insert(LeavesFor("https://b.example".to_owned()));
        redirects::bound_location(&mut response, &names().origins("coat.example"), true);
        assert_eq!(response.headers()["location"], expected, "{location}");
    }
}
