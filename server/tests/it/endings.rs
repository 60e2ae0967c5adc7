//! The end of a house: it says that it is not ready, goes on serving, closes, and is gone in time.

use std::time::Duration;

use sqlx::{ConnectOptions as _, Executor as _, sqlite::SqliteConnectOptions};
use tokio::net::TcpStream;

use crate::support::{
    browser::Browser,
    house::{HOST, ORIGIN, Plan},
    raw::{HERE, Raw},
    until,
};

/// The time after which Docker kills a container.
const DOCKER: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn readiness_is_false_before_the_listener_closes() {
    let plan = Plan::new().with("COATROOM_DRAIN_DELAY", "10m");
    let mut house = plan.open().await;
    let mut browser = Browser::at(house.address());
    browser.sign_up("ada").await;
    assert_eq!(Raw::get(house.socket(), "GET /readyz", "").await.body, "ready");
    house.terminate();
    let refused = until("the drain", async || {
        let answer = Raw::get(house.socket(), "GET /readyz", "").await;
        (answer.status == 503).then_some(answer)
    })
    .await;
    assert_eq!(refused.body, "not ready: draining");
    // All else is served.
    browser.refresh().await.expect("an answer").is_ok();
    browser.sign_in("ada").await;
    // Told again, it does not wait. A connection that is kept is answered once more, and is not to be used again.
    let mut raw = Raw::connect(HERE, house.socket()).await;
    let healthz = "GET /healthz HTTP/1.1\r\nhost: localhost:1\r\n\r\n";
    raw.send(healthz).await;
    raw.receive("ok").await;
    house.terminate();
    until("the end of the listener", async || {
        TcpStream::connect(house.socket()).await.err().map(drop)
    })
    .await;
    raw.send(healthz).await;
    let received = String::from_utf8(raw.closed().await).expect("text").to_lowercase();
    assert!(received.contains("200 ok") && received.contains("connection: close"), "{received}");
    assert!(house.ended().await.success());
    TcpStream::connect(house.socket()).await.expect_err("closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_request_does_not_hold_the_end() {
    let plan = Plan::new();
    let mut house = plan.open().await;
    let mut halves = Vec::new();
    let form =
        "POST /api/sign_in HTTP/1.1\r\nhost: localhost:1\r\ncontent-length: 90\r\n\r\nemail=a";
    for half in ["", "GET / HTTP/1.1\r\nhost: ", form] {
        let mut raw = Raw::connect(HERE, house.socket()).await;
        raw.send(half).await;
        halves.push(raw);
    }
    let mut idle = Raw::connect(HERE, house.socket()).await;
    idle.send("GET /healthz HTTP/1.1\r\nhost: localhost:1\r\n\r\n").await;
    house.terminate();
    let ended = tokio::time::timeout(DOCKER, house.ended()).await;
    assert!(ended.expect("before it is killed").success());
    assert!(idle.closed().await.starts_with(b"HTTP/1.1 200 OK"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_is_answered_before_the_end() {
    let plan = Plan::new().with("COATROOM_DRAIN_DELAY", "0s");
    let mut house = plan.open().await;
    let mut browser = Browser::at(house.address());
    browser.sign_up("ada").await;
    let mut other =
        SqliteConnectOptions::new().filename(plan.file()).connect().await.expect("opens");
    other.execute("begin immediate").await.expect("locked");
    let mut under_way = Raw::connect(HERE, house.socket()).await;
    let cookies = browser.cookies();
    under_way
        .send(&format!(
            "POST /api/sign_out HTTP/1.1\r\nhost: {HOST}\r\norigin: {ORIGIN}\r\ncookie: {cookies}\r\n\
             content-length: 0\r\n\r\n"
        ))
        .await;
    house.terminate();
    until("the closed listener", async || TcpStream::connect(house.socket()).await.err()).await;
    other.execute("rollback").await.expect("released");
    let received = String::from_utf8(under_way.closed().await).expect("text");
    assert!(received.starts_with("HTTP/1.1 200 "), "{received}");
    assert!(house.ended().await.success());
}
