//! A flood of wrong passwords from one network, and its effect on all other clients.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use hyper::StatusCode;

use crate::support::{browser::Browser, house::Plan, until};

const CONNECTIONS: usize = 300;
/// An address of this machine, in another network than all others.
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 1, 1));

/// Refusals are counted in the log, not written one by one.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_wrong_passwords_stops_no_user_from_elsewhere() {
    let log = ("RUST_LOG", "info,sqlx=off");
    let plan = Plan::new().with("COATROOM_LIMIT_SIGN_INS", "60/1m").with(log.0, log.1);
    let house = plan.open().await;
    let mut owner = Browser::from(ELSEWHERE, house.address());
    owner.sign_up("ada").await;
    let refused = Arc::new(AtomicUsize::new(0));
    let flood: Vec<_> = (0..CONNECTIONS)
        .map(|number| {
            let (mut client, refused) = (Browser::at(house.address()), Arc::clone(&refused));
            tokio::spawn(async move {
                loop {
                    let answer = client.wrong_password(&format!("guest{number}")).await;
                    if answer.is_ok_and(|answer| answer.status == StatusCode::TOO_MANY_REQUESTS) {
                        refused.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    let flooded = async |count| {
        until("the flood", async || (refused.load(Ordering::Relaxed) >= count).then_some(())).await;
    };
    flooded(CONNECTIONS).await;
    for _ in 0..10 {
        owner.sign_in("ada").await;
    }
    flooded(10 * CONNECTIONS).await;
    flood.iter().for_each(tokio::task::JoinHandle::abort);
    let said = plan.said();
    assert!(said.contains("status=401"), "a line for each that was let in: {said}");
    assert!(!said.contains("status=429"), "{said}");
    let lines = said.lines().count();
    assert!(lines < CONNECTIONS, "{lines} lines of the log for {refused:?} refusals");
}

/// Each client is in a network of its own, so that no share bounds them: the queue for hashes is full.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_from_everywhere_is_put_off_and_counted() {
    let plan = Plan::new().with("COATROOM_LIMIT_FAILURES", "off").with("RUST_LOG", "info,sqlx=off");
    let house = plan.open().await;
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let put_off = Arc::new(AtomicUsize::new(0));
    // The clients are more than may run and wait.
    let flood: Vec<_> = (0..2 * cores + 64 + 64)
        .map(|number| {
            let [high, low] = u16::try_from(number).expect("few").to_be_bytes();
            let network = IpAddr::V4(Ipv4Addr::new(127, high, low, 1));
            let (mut client, put_off) =
                (Browser::from(network, house.address()), Arc::clone(&put_off));
            tokio::spawn(async move {
                loop {
                    let answer = client.wrong_password(&format!("guest{number}")).await;
                    if answer.is_ok_and(|answer| answer.status == StatusCode::SERVICE_UNAVAILABLE) {
                        put_off.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    until("the flood", async || (put_off.load(Ordering::Relaxed) >= CONNECTIONS).then_some(()))
        .await;
    // A client that is let in has a line.
    until("a line", async || plan.said().contains("status=401").then_some(())).await;
    flood.iter().for_each(tokio::task::JoinHandle::abort);
    let said = plan.said();
    assert!(said.contains("requests answered with 503"), "{said}");
    assert!(!said.contains("status=503"), "{said}");
}

/// `Retry-After` is true: the next attempt after it is let in.
#[tokio::test(flavor = "multi_thread")]
async fn a_guessing_attacker_locks_out_their_own_network_alone() {
    let plan = Plan::new().with("COATROOM_LIMIT_FAILURES", "3/10m");
    let house = plan.open().await;
    let mut owner = Browser::from(ELSEWHERE, house.address());
    owner.sign_up("ada").await;
    let mut stranger = Browser::at(house.address());
    for _ in 0..3 {
        let answer = stranger.wrong_password("ada").await.expect("an answer");
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{answer:?}");
    }
    let answer = stranger.wrong_password("ada").await.expect("an answer");
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{answer:?}");
    assert_eq!(answer.body["error"], "too_many_requests");
    let seconds = answer.body["retry_after"].as_u64().expect("a number");
    assert!((190..=200).contains(&seconds), "a third of ten minutes: {seconds}");
    assert_eq!(answer.retry_after, Some(seconds));
    for _ in 0..5 {
        owner.sign_in("ada").await;
    }
    let told = until("the owner is told", async || {
        let view = owner.clone().post("/api/current_session", "").await.expect("an answer");
        let told = view.body["signed_in"]["told"].as_str().expect("HTML").to_owned();
        (!told.is_empty()).then_some(told)
    })
    .await;
    // The owner is told in one line, or in two if an hour began meanwhile.
    let lines = told.split("<li>").skip(1);
    let times = lines
        .map(|line| -> Option<u32> { line.split(' ').next().and_then(|times| times.parse().ok()) });
    assert_eq!(times.sum::<Option<u32>>(), Some(3), "{told}");
    assert!(told.contains(" from 127.0.0.0/24 since "), "{told}");
}
