//! Three houses on one PostgreSQL: what one does, all know; one that cannot hear says so; one that dies is not missed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use futures::future::join_all;
use hyper::StatusCode;

use crate::support::{
    browser::Browser,
    cluster::Database,
    house::Plan,
    until,
    wire::{State, Wire},
};

/// Number of times that the revocation is measured.
const ROUNDS: usize = 100;

/// Three houses on one database, which ask so rarely that only the feed can have told them in time.
fn plan(database: &Database) -> Plan {
    Plan::new()
        .with("DATABASE_URL", &database.url())
        .with("COATROOM_FEED_POLL", "5m")
        .with("COATROOM_FEED_BOUND", "15m")
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "the measure is for whoever reads the run")]
#[expect(clippy::disallowed_methods, reason = "it is real time that is measured here")]
async fn a_revocation_on_one_node_reaches_the_others_by_feed_alone() {
    let Some(database) = Database::create().await else { return };
    let plan = plan(&database);
    let (here, there, yonder) = (plan.open().await, plan.open().await, plan.open().await);
    let mut first = Browser::at(here.address());
    first.sign_up("ada").await;
    let mut lags = Vec::new();
    for _ in 0..ROUNDS {
        let mut owner = Browser::at(here.address());
        owner.sign_in("ada").await;
        let mut others = [owner.moved(there.address()), owner.moved(yonder.address())];
        for other in &mut others {
            other.whoami().await.expect("an answer").is_ok();
        }
        let clicked = Instant::now();
        let refused = join_all(others.iter_mut().map(async |other| {
            until("the refusal", async || {
                let answer = other.whoami().await.expect("an answer");
                (answer.status == StatusCode::UNAUTHORIZED).then(|| clicked.elapsed())
            })
            .await
        }));
        let (signed_out, refused) = tokio::join!(owner.sign_out(), refused);
        signed_out.expect("an answer").is_ok();
        lags.extend(refused);
    }
    lags.sort();
    println!(
        "from the click on sign-out to the first refusal on two other nodes, {} times: median {:?}, worst {:?}",
        lags.len(),
        lags[lags.len() / 2],
        lags[lags.len() - 1],
    );
    first.whoami().await.expect("an answer").is_ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn set_role_is_known_on_every_node_and_signs_no_user_out() {
    let Some(database) = Database::create().await else { return };
    let plan = plan(&database);
    let (here, there) = (plan.open().await, plan.open().await);
    let mut browser = Browser::at(here.address());
    browser.sign_up("ada").await;
    let output = plan.run(&["users", "set-role", "Ada@example.com", "admin", "--json"]).await;
    assert!(output.status.success(), "{output:?}");
    for house in [&here, &there] {
        // Each with the token from before, or the second would only see what the first was given.
        let mut browser = browser.moved(house.address());
        until("the role", async || {
            let answer = browser.whoami().await.expect("an answer");
            answer.is_ok();
            (answer.body["role"] == "admin").then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_cut_off_from_the_database_fails_closed_and_recovers() {
    let Some(database) = Database::create().await else { return };
    let wire = Wire::to(database.address()).await;
    let plan = Plan::new()
        .with("DATABASE_URL", &database.url())
        .with("COATROOM_FEED_POLL", "100ms")
        .with("COATROOM_FEED_BOUND", "500ms");
    let beyond = Plan::new()
        .with("DATABASE_URL", &database.url_at(wire.port()))
        .with("COATROOM_FEED_POLL", "100ms")
        .with("COATROOM_FEED_BOUND", "500ms");
    let (here, there) = (plan.open().await, beyond.open().await);
    let mut stays = Browser::at(there.address());
    stays.sign_up("ada").await;

    for how in [State::Cut, State::Silent] {
        let mut leaves = Browser::at(there.address());
        leaves.sign_in("ada").await;
        let mut left = leaves.moved(here.address());
        for browser in [&mut stays, &mut leaves] {
            browser.whoami().await.expect("an answer").is_ok();
        }

        wire.set(how);
        // Within the bound it still believes; then it refuses what it cannot look up.
        until("the refusal", async || {
            let answer = stays.whoami().await.expect("an answer");
            (answer.status != StatusCode::OK).then(|| answer.is_unavailable())
        })
        .await;
        stays.refresh().await.expect("an answer").is_unavailable();
        leaves.sign_out().await.expect("an answer").is_unavailable();
        // The owner signs out meanwhile at the node that reaches the database.
        left.sign_out().await.expect("an answer").is_ok();

        wire.set(State::Whole);
        until("the recovery", async || {
            let answer = stays.whoami().await.expect("an answer");
            if answer.status == StatusCode::OK {
                return Some(());
            }
            answer.is_unavailable();
            None
        })
        .await;
        let answer = leaves.whoami().await.expect("an answer");
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "what it missed, it knows: {answer:?}");
        stays.refresh().await.expect("an answer").is_ok();
    }
    let said = beyond.said();
    assert!(said.contains("stale: changes were not read in time"), "it says so: {said}");
    assert!(!said.contains("rt1.") && !said.contains("eyJ"), "and no token");
}

/// Refreshes at one house after another until the storm has its number of answers, and returns the browser.
async fn storm(
    mut browser: Browser,
    houses: Vec<String>,
    answered: Arc<AtomicUsize>,
    goal: usize,
) -> Browser {
    let mut turn = 0;
    while answered.load(Ordering::SeqCst) < goal {
        turn += 1;
        browser.go(houses[turn % houses.len()].clone());
        let answers = [browser.refresh().await, browser.whoami().await];
        // Without an answer the house is gone; the next one is asked with what the jar holds.
        for answer in answers.iter().flatten() {
            if !answer.is_busy() {
                answered.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_dies_in_a_storm_of_refreshes_signs_no_user_out() {
    const CLIENTS: usize = 12;
    let Some(database) = Database::create().await else { return };
    // A generation can be left 40 ms after it was seen, so that the storm rotates again and again.
    let plan = Plan::new().with("DATABASE_URL", &database.url()).with("COATROOM_GRACE", "20ms");
    let (here, there, mut dying) = (plan.open().await, plan.open().await, plan.open().await);
    let houses = vec![here.address(), there.address(), dying.address()];
    let answered = Arc::new(AtomicUsize::new(0));
    let goal = CLIENTS * 100;
    let clients = (0..CLIENTS).map(async |number| {
        let mut browser = Browser::at(houses[number % 2].clone());
        browser.sign_up(&format!("guest{number}")).await;
        browser
    });
    let browsers = join_all(clients).await;
    let storms: Vec<_> = browsers
        .into_iter()
        .map(|browser| tokio::spawn(storm(browser, houses.clone(), Arc::clone(&answered), goal)))
        .collect();
    until("half of the storm", async || {
        let refused = storms.iter().any(tokio::task::JoinHandle::is_finished);
        (refused || answered.load(Ordering::SeqCst) >= goal / 2).then_some(())
    })
    .await;
    dying.kill().await;
    for browser in join_all(storms).await {
        let mut browser = browser.expect("no client was refused");
        browser.go(here.address());
        until("a refresh", async || {
            (!browser.refresh().await.expect("an answer").is_busy()).then_some(())
        })
        .await;
        browser.whoami().await.expect("an answer").is_ok();
    }
    let mut connection = database.connect().await;
    let (least, most, revoked): (i64, i64, i64) = sqlx::query_as(
        "select min(generation), max(generation), count(revoked_at) from coatroom_session",
    )
    .fetch_one(&mut connection)
    .await
    .expect("answers");
    assert!(least > 0 && most > 2, "the storm rotated: {least} to {most}");
    assert_eq!(revoked, 0);
}
