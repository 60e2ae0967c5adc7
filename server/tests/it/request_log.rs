//! The log as an operator searches it: one line a request, which says what was decided and for whom.

use serde_json::Value;

use crate::support::{
    browser::Browser,
    house::Plan,
    raw::{HERE, Raw},
    until,
};

fn plan() -> Plan {
    Plan::new()
        .with("COATROOM_LOG_FORMAT", "json")
        .with("RUST_LOG", "info")
        .with("COATROOM_GRACE", "1ms")
}

/// Returns the lines of the log for requests to a path.
fn lines(plan: &Plan, path: &str) -> Vec<Value> {
    let said = plan.said();
    let lines = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines
        .filter(|line| line["fields"]["message"] == "answered" && line["span"]["path"] == path)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_has_one_line_with_its_verdict() {
    let plan = plan();
    let house = plan.open().await;
    let mut browser = Browser::at(house.address());
    browser.sign_up("ada").await;
    let who = browser.whoami().await.expect("an answer").body;
    let found = lines(&plan, "/api/whoami");
    let [line] = &found[..] else { panic!("one line: {found:?}") };
    let fields = &line["fields"];
    assert_eq!(fields["status"], 200);
    assert_eq!(fields["access"], "Valid");
    assert_eq!((&fields["sub"], &fields["sid"]), (&who["sub"], &who["sid"]));
    assert_eq!(fields["network"], "127.0.0.0/24");
    assert_eq!(line["span"]["method"], "GET");
    assert!(fields["ms"].is_u64() && line["span"]["id"].is_string(), "{line}");
    let said = plan.said();
    assert!(!said.contains("rt1.") && !said.contains("eyJ"), "no token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_tokens_row_is_in_the_line_of_its_request() {
    let plan = plan();
    let house = plan.open().await;
    let mut browser = Browser::at(house.address());
    browser.sign_up("ada").await;
    let sid = browser.whoami().await.expect("an answer").body["sid"].clone();
    let mut thief = browser.clone();
    for _ in 0..2 {
        until("a rotation", async || {
            browser.whoami().await.expect("an answer").is_ok();
            (browser.refresh().await.expect("an answer").row() == 6).then_some(())
        })
        .await;
    }
    thief.refresh().await.expect("an answer");
    let line = lines(&plan, "/api/refresh").pop().expect("a line");
    assert_eq!(line["fields"]["row"], 10, "{line}");
    assert_eq!(line["fields"]["sid"], sid);
    assert_eq!(line["fields"]["status"], 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_long_or_no_word_is_replaced() {
    let plan = plan();
    let house = plan.open().await;
    let long = "x".repeat(10_000);
    for (id, kept) in [("trace-1_2.3", true), (long.as_str(), false), ("a b", false), ("", false)] {
        let lines = format!("x-request-id: {id}\r\n");
        let answer = Raw::ask(HERE, house.socket(), "GET /healthz?secret=1", &lines, "").await;
        let echoed = answer.header("x-request-id").expect("an id");
        assert_eq!(echoed == id, kept, "{echoed}");
        assert!((1..=64).contains(&echoed.len()), "{echoed}");
    }
    let path = format!("GET /{}", "p".repeat(5000));
    Raw::ask(HERE, house.socket(), &path, "", "").await;
    let said = plan.said();
    assert!(!said.contains(&"x".repeat(65)) && !said.contains("secret=1"));
    assert!(!said.contains(&"p".repeat(300)), "nothing is logged at length");
}
