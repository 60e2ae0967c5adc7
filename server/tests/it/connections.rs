//! Clients that send nothing, or slowly, or do not read: each is let go, and none of them shuts other clients out.

use std::{fs, process::Command};

use http_body_util::{BodyExt as _, Empty};
use hyper::{Request, StatusCode, body::Bytes, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::support::{
    browser::Browser,
    house::{House, Plan},
    raw::{ELSEWHERE, HERE, Raw},
    until,
};

/// A plan in which clients may take a fifth of a second.
fn impatient() -> Plan {
    Plan::new().with("COATROOM_CLIENT_TIMEOUT", "200ms")
}

/// Returns the number of sockets that a house holds.
fn sockets(house: &House) -> usize {
    let files = fs::read_dir(format!("/proc/{}/fd", house.pid())).expect("its files");
    files
        .filter_map(|file| fs::read_link(file.ok()?.path()).ok())
        .filter(|target| target.to_string_lossy().starts_with("socket:"))
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_clients_silent_connections_leave_others_served() {
    let _raised = rlimit::increase_nofile_limit(4096).expect("a limit");
    let plan = Plan::new().after("ulimit -n 1024");
    let house = plan.open().await;
    let mut silent = Vec::new();
    for number in 0..1100 {
        let mut raw = Raw::connect(HERE, house.socket()).await;
        if number % 2 == 0 {
            // It may have given way already.
            let _gone = raw.0.write_all(b"GET / HTTP/1.1\r\nhost: localhost:1\r\nx-a: ").await;
        }
        silent.push(raw);
    }
    assert_eq!(Raw::ask(ELSEWHERE, house.socket(), "GET /healthz", "", "").await.status, 200);
    let mut browser = Browser::from(ELSEWHERE, house.address());
    browser.sign_up("ada").await;
    browser.sign_in("ada").await;
    browser.whoami().await.expect("an answer").is_ok();
    // The newest client of the attacker's network is served, too.
    assert_eq!(Raw::get(house.socket(), "GET /healthz", "").await.status, 200);
    assert!(sockets(&house) < 400, "a quarter of three quarters of 1024, and its own");
}

/// A shell or a service manager gives a low limit, which may be raised.
#[tokio::test(flavor = "multi_thread")]
async fn connections_beyond_the_soft_limit_on_files_are_served() {
    let plan = Plan::new().after("ulimit -S -n 64; ulimit -H -n 2048");
    let house = plan.open().await;
    let mut kept = Vec::new();
    let healthz = "GET /healthz HTTP/1.1\r\nhost: localhost:1\r\n\r\n";
    for _ in 0..100 {
        let mut raw = Raw::connect(HERE, house.socket()).await;
        raw.send(healthz).await;
        raw.receive("ok").await;
        kept.push(raw);
    }
    // None of them gave way to a later one.
    for raw in &mut kept {
        raw.send(healthz).await;
        raw.receive("ok").await;
    }
    assert!(sockets(&house) > 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_is_not_whole_in_time_closes_its_connection() {
    let plan = impatient();
    let house = plan.open().await;
    let mut silent = Raw::connect(HERE, house.socket()).await;
    assert_eq!(silent.closed().await, b"");
    let mut half = Raw::connect(HERE, house.socket()).await;
    half.send("GET / HTTP/1.1\r\nhost: ").await;
    assert_eq!(half.closed().await, b"");
    // One byte after the other buys no time.
    let mut slow = Raw::connect(HERE, house.socket()).await;
    slow.send("GET / HTTP/1.1\r\nx-a: ").await;
    until("the end of a slow head", async || {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        slow.0.write_all(b"a").await.err()
    })
    .await;
    let mut http2 = Raw::connect(HERE, house.socket()).await;
    http2.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    http2.send("\0\0\0\u{4}\0\0\0\0\0").await;
    http2.closed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_is_closed_between_requests() {
    let plan = Plan::new().with("COATROOM_KEEP_ALIVE", "200ms");
    let house = plan.open().await;
    let mut raw = Raw::connect(HERE, house.socket()).await;
    for _ in 0..2 {
        raw.send("GET /healthz HTTP/1.1\r\nhost: localhost:1\r\n\r\n").await;
    }
    let received = String::from_utf8(raw.closed().await).expect("text");
    assert_eq!(received.matches("HTTP/1.1 200 OK").count(), 2, "{received}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_whose_rest_does_not_come_is_answered_408() {
    let plan = impatient();
    let house = plan.open().await;
    let mut raw = Raw::connect(HERE, house.socket()).await;
    raw.send(
        "POST /api/sign_in HTTP/1.1\r\nhost: localhost:1\r\ncontent-length: 90\r\n\
         content-type: application/x-www-form-urlencoded\r\n\r\nemail=a",
    )
    .await;
    let received = String::from_utf8(raw.closed().await).expect("text");
    assert!(received.starts_with("HTTP/1.1 408 "), "{received}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_its_answer_is_let_go() {
    let plan = impatient();
    let large = 64 << 20;
    let file = fs::File::create(plan.folder().join("site/pkg/large.js")).expect("a file");
    file.set_len(large).expect("its length");
    let house = plan.open().await;
    let before = sockets(&house);
    let mut raw = Raw::connect(HERE, house.socket()).await;
    raw.send("GET /pkg/large.js HTTP/1.1\r\nhost: localhost:1\r\n\r\n").await;
    until("the connection", async || (sockets(&house) > before).then_some(())).await;
    until("its end", async || (sockets(&house) == before).then_some(())).await;
    let received = raw.closed().await.len() as u64;
    assert!(received < large, "{received} bytes: it was cut off");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_house_without_files_waits_for_them_and_goes_on() {
    let plan = Plan::new().with("RUST_LOG", "info");
    let house = plan.open().await;
    let limit = |files: &str| {
        let (files, pid) = (format!("--nofile={files}:"), house.pid().to_string());
        let status = Command::new("prlimit").args([&files, "--pid", &pid]).status();
        assert!(status.expect("prlimit").success());
    };
    let kept = Raw::connect(HERE, house.socket()).await;
    limit("5");
    let mut waiting = Raw::connect(ELSEWHERE, house.socket()).await;
    waiting.send("GET /healthz HTTP/1.1\r\nhost: localhost:1\r\nconnection: close\r\n\r\n").await;
    until("the line", async || plan.said().contains("no connection can be accepted").then_some(()))
        .await;
    limit("1024");
    let received = String::from_utf8(waiting.closed().await).expect("text");
    assert!(received.starts_with("HTTP/1.1 200 "), "{received}");
    drop(kept);
}

#[tokio::test]
async fn more_connections_than_files_are_refused_at_the_start() {
    let plan = Plan::new().after("ulimit -n 256").with("COATROOM_CONNECTIONS", "193");
    let output = plan.run(&["serve"]).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.starts_with("coatroom: COATROOM_CONNECTIONS: 193 are more than 192"), "{said}");
    assert_eq!(output.status.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn busy_clients_of_one_network_leave_room_for_another() {
    let plan = Plan::new().with("COATROOM_CONNECTIONS", "16");
    let house = plan.open().await;
    let mut busy = Vec::new();
    for _ in 0..24 {
        let mut raw = Raw::connect(HERE, house.socket()).await;
        let head = "POST /api/sign_in HTTP/1.1\r\nhost: localhost:1\r\ncontent-length: 90\r\n\r\n";
        let _refused = raw.0.write_all(head.as_bytes()).await;
        busy.push(raw);
    }
    let answer = Raw::ask(ELSEWHERE, house.socket(), "GET /api/whoami", "", "").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED.as_u16());
}

#[tokio::test(flavor = "multi_thread")]
async fn http2_is_served_and_told_of_the_end() {
    let plan = Plan::new().with("COATROOM_DRAIN_DELAY", "0s");
    let mut house = plan.open().await;
    let stream = TcpStream::connect(house.socket()).await.expect("connected");
    let (mut client, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
    let connection = tokio::spawn(connection);
    for _ in 0..3 {
        let request = Request::get("http://localhost:1/api/whoami");
        let request = request.body(Empty::<Bytes>::new()).expect("a request");
        let response = client.send_request(request).await.expect("an answer");
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        response.into_body().collect().await.expect("a body");
    }
    house.terminate();
    connection.await.expect("a task").expect("an orderly end");
    assert!(house.ended().await.success());
}
