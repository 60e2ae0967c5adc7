//! Compressed answers: which ones, for which clients, and that nothing else about an answer changes.

use std::{convert::Infallible, fs, future::ready};

use http_body_util::{BodyExt as _, Full};
use hyper::{
    HeaderMap, Request, Response, StatusCode,
    body::Bytes,
    header::{
        ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
        COOKIE, HOST, HeaderName, ORIGIN, SET_COOKIE, VARY,
    },
};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tower::{ServiceExt as _, service_fn};
use tower_http::decompression::Decompression;

use super::support::{
    browser::Browser,
    house::{HOST as NAME, House, ORIGIN as ORIGIN_OF, Plan},
};

const FORM: &str = "application/x-www-form-urlencoded";

/// Asks with these headers, and reads the answer whole, as it came.
async fn ask(house: &House, what: &str, lines: &[(HeaderName, &str)]) -> Response<Bytes> {
    ask_with(house, what, lines, "").await
}

async fn ask_with(
    house: &House,
    what: &str,
    lines: &[(HeaderName, &str)],
    form: &str,
) -> Response<Bytes> {
    let (method, path) = what.split_once(' ').expect("a method and a path");
    let mut request = Request::builder()
        .method(method)
        .uri(format!("{}{path}", house.address()))
        .header(HOST, NAME)
        .header(ORIGIN, ORIGIN_OF);
    if method == "POST" {
        request = request.header(CONTENT_TYPE, FORM);
    }
    for (name, value) in lines {
        request = request.header(name, *value);
    }
    let request = request.body(Full::<Bytes>::from(form.to_owned())).expect("a request");
    let client = Client::builder(TokioExecutor::new()).build_http();
    let (parts, body) = client.request(request).await.expect("an answer").into_parts();
    Response::from_parts(parts, body.collect().await.expect("a body").to_bytes())
}

/// Returns the text of an answer, decoded as its head says.
async fn text(answer: &Response<Bytes>) -> String {
    let answer = answer.clone().map(Full::new);
    let service = service_fn(move |_: Request<()>| ready(Ok::<_, Infallible>(answer.clone())));
    let answer = Decompression::new(service).oneshot(Request::new(())).await.expect("an answer");
    let bytes = answer.into_body().collect().await.expect("decoded").to_bytes();
    String::from_utf8(bytes.into()).expect("text")
}

fn encoding(answer: &Response<Bytes>) -> Option<&str> {
    header(answer, &CONTENT_ENCODING)
}

fn header<'a>(answer: &'a Response<Bytes>, name: &HeaderName) -> Option<&'a str> {
    answer.headers().get(name).map(|value| value.to_str().expect("text"))
}

#[track_caller]
fn varies(answer: &Response<Bytes>, expected: bool) {
    let mut values = answer.headers().get_all(VARY).iter();
    assert_eq!(values.any(|value| value == "accept-encoding"), expected, "{answer:?}");
}

/// Returns the names of an answer's headers, but for the one that says how it is encoded.
fn names(headers: &HeaderMap) -> Vec<&str> {
    let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
    names.retain(|name| *name != CONTENT_ENCODING.as_str());
    names.sort_unstable();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_compressed_as_its_client_accepts() {
    let plan = Plan::new();
    let house = plan.open().await;
    let unasked = ask(&house, "GET /sign-in", &[]).await;
    varies(&unasked, true);
    for (accepted, expected) in [
        ("br", Some("br")),
        ("gzip", Some("gzip")),
        ("gzip, deflate, br, zstd", Some("br")),
        ("br;q=0, gzip", Some("gzip")),
        ("identity", None),
        ("deflate", None),
        ("zstd", None),
        ("*;q=0", None),
    ] {
        let answer = ask(&house, "GET /sign-in", &[(ACCEPT_ENCODING, accepted)]).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(encoding(&answer), expected, "{accepted}");
        varies(&answer, true);
        let length = header(&answer, &CONTENT_LENGTH).expect("a length");
        assert_eq!(length, answer.body().len().to_string(), "{accepted}");
        if expected.is_some() {
            assert!(answer.body().len() * 10 < unasked.body().len() * 6, "{accepted}");
        }
        assert_eq!(names(answer.headers()), names(unasked.headers()), "{accepted}");

        let text = text(&answer).await;
        assert!(text.starts_with("<!DOCTYPE html>") && text.contains("</html>"), "{text}");
        assert!(!text.contains("{nodes}"), "the nodes are counted before");
        let policy = header(&answer, &CONTENT_SECURITY_POLICY).expect("a policy");
        let (_, nonce) = policy.split_once("'nonce-").expect("a nonce");
        let (nonce, _) = nonce.split_once('\'').expect("its end");
        assert!(text.contains(nonce), "{accepted}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn head_answers_as_get_without_the_body() {
    let plan = Plan::new();
    let house = plan.open().await;
    for accepted in ["br", "gzip", "identity"] {
        let lines = [(ACCEPT_ENCODING, accepted)];
        let get = ask(&house, "GET /sign-in", &lines).await;
        assert_eq!(encoding(&get).unwrap_or("identity"), accepted);
        let head = ask(&house, "HEAD /sign-in", &lines).await;
        assert_eq!(head.status(), get.status());
        assert_eq!(names(head.headers()), names(get.headers()), "{accepted}");
        assert_eq!(encoding(&head), encoding(&get));
        assert!(header(&head, &CONTENT_LENGTH) > Some("0"), "{head:?}");
        assert!(head.body().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn json_is_compressed_if_it_is_large_and_not_if_it_is_small() {
    let plan = Plan::new();
    let house = plan.open().await;
    let mut browser = Browser::at(house.address());
    browser.sign_up("alice").await;
    let cookies = browser.cookies();
    let lines = [(ACCEPT_ENCODING, "gzip"), (COOKIE, &*cookies)];

    let large = ask(&house, "POST /api/current_session", &lines).await;
    assert_eq!(encoding(&large), Some("gzip"));
    varies(&large, true);
    assert!(text(&large).await.contains("alice@example.com"));

    for small in ["GET /api/whoami", "GET /healthz", "GET /api/nowhere"] {
        let answer = ask(&house, small, &lines).await;
        assert_eq!(encoding(&answer), None, "{small}");
        varies(&answer, false);
    }

    // Without its access token it is refreshed in passing.
    let ticket = cookies.split("; ").find(|cookie| cookie.contains("-refresh-")).expect("a ticket");
    let lines = [(ACCEPT_ENCODING, "br"), (COOKIE, ticket)];
    let answer = ask(&house, "POST /api/current_session", &lines).await;
    assert_eq!((answer.status(), encoding(&answer)), (StatusCode::OK, Some("br")));
    assert!(answer.headers().contains_key(SET_COOKIE), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_may_show_what_was_sent_is_not_compressed() {
    let plan = Plan::new()
        .with("COATROOM_LAB", "on")
        .with("COATROOM_HANDOFF", "b=http://b.localhost:2/arrive");
    let house = plan.open().await;
    let lines = [(ACCEPT_ENCODING, "br, gzip")];
    let nonce = "A".repeat(43);
    let handoff = format!("GET /handoff?to=b&nonce={nonce}");
    for what in ["GET /sign-in?posted=1-a", "GET /sign-in?x", "GET /lab/choose?end=day", &handoff] {
        let answer = ask(&house, what, &lines).await;
        assert!(answer.body().len() > 1024, "{what}: {answer:?}");
        assert_eq!(encoding(&answer), None, "{what}");
    }
    let form = "token=eyJhbGciOiJub25lIn0.e30.";
    let answer = ask_with(&house, "POST /lab/x-ray", &lines, form).await;
    assert!(answer.body().len() > 1024, "{answer:?}");
    assert_eq!(encoding(&answer), None);
}

/// The path of an address can be chosen by another site as well as its query.
#[tokio::test(flavor = "multi_thread")]
async fn a_compressed_page_does_not_show_the_path_it_was_asked_by() {
    let plan = Plan::new().with("COATROOM_LAB", "on");
    let house = plan.open().await;
    for folder in ["", "/sign-in", "/lab", "/lab/world", "/learn", "/handoff"] {
        let what = format!("GET {folder}/chosen-by-another-site");
        let answer = ask(&house, &what, &[(ACCEPT_ENCODING, "gzip")]).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{what}");
        assert_eq!(encoding(&answer), Some("gzip"), "{what}");
        assert!(!text(&answer).await.contains("chosen-by"), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bundle_goes_out_as_it_was_compressed_by_the_build() {
    let plan = Plan::new();
    let house = plan.open().await;
    let folder = plan.folder().join("site/pkg");
    let file = fs::read_dir(&folder).expect("a folder").next().expect("a file");
    let name = file.expect("a file").file_name().into_string().expect("text");
    fs::write(folder.join(&name), "x".repeat(5000)).expect("written");
    fs::write(folder.join(format!("{name}.br")), "as the build made it").expect("written");
    let path = format!("GET /pkg/{name}");

    let answer = ask(&house, &path, &[(ACCEPT_ENCODING, "br")]).await;
    assert_eq!((encoding(&answer), &answer.body()[..]), (Some("br"), &b"as the build made it"[..]));
    for accepted in ["identity", "deflate"] {
        let answer = ask(&house, &path, &[(ACCEPT_ENCODING, accepted)]).await;
        assert_eq!((encoding(&answer), answer.body().len()), (None, 5000));
    }
}
