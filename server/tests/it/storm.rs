//! A power cut at any point of a storm of rotations: every browser goes on with the cookies it holds.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures::future::join_all;
use sqlx::{ConnectOptions as _, sqlite::SqliteConnectOptions};

use crate::support::{browser::Browser, house::Plan, until};

/// Number of times that the house is killed, over all storms together.
const CUTS: usize = 200;
const CLIENTS: usize = 8;

/// Rotates as fast as the house allows, until it is gone.
async fn rotate_until_dark(mut browser: Browser, answered: Arc<AtomicUsize>) -> Browser {
    loop {
        for answer in [browser.refresh().await, browser.whoami().await] {
            let Ok(answer) = answer else { return browser };
            if !answer.is_busy() {
                answered.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
}

/// Runs one storm on one file, with a cut after every few answers: another number each time.
async fn storm(number: usize, cuts: usize) {
    // A generation can be left 2 ms after it was seen.
    let plan = Plan::new().with("COATROOM_GRACE", "1ms");
    let mut browsers = Vec::new();
    let mut house = plan.open().await;
    for client in 0..CLIENTS {
        let mut browser = Browser::at(house.address());
        browser.sign_up(&format!("guest{client}")).await;
        browsers.push(browser);
    }
    for cut in 0..cuts {
        let answered = Arc::new(AtomicUsize::new(0));
        let clients: Vec<_> = browsers
            .into_iter()
            .map(|browser| tokio::spawn(rotate_until_dark(browser, Arc::clone(&answered))))
            .collect();
        let enough = 1 + (cut * 7 + number * 5) % 61;
        // If a client was refused, its task is over, and says so below.
        until("the next cut", async || {
            let refused = clients.iter().any(tokio::task::JoinHandle::is_finished);
            (refused || answered.load(Ordering::SeqCst) >= enough).then_some(())
        })
        .await;
        house.kill().await;
        browsers = join_all(clients)
            .await
            .into_iter()
            .map(|browser| browser.expect("nobody was refused before the cut"))
            .collect();
        house = plan.open().await;
        for browser in &mut browsers {
            browser.go(house.address());
            until("a refresh with the cookies it holds", async || {
                (!browser.refresh().await.expect("an answer").is_busy()).then_some(())
            })
            .await;
            browser.whoami().await.expect("an answer").is_ok();
        }
    }
    drop(house);
    let mut file =
        SqliteConnectOptions::new().filename(plan.file()).connect().await.expect("opens");
    let (sound,): (String,) =
        sqlx::query_as("pragma integrity_check").fetch_one(&mut file).await.expect("answers");
    assert_eq!(sound, "ok");
    let (least, lost, revoked): (i64, i64, i64) = sqlx::query_as(
        "select min(generation), \
         (select count(*) from coatroom_session_event where kind = 'replayed_undelivered'), \
         count(revoked_at) from coatroom_session",
    )
    .fetch_one(&mut file)
    .await
    .expect("answers");
    assert!(least > 0, "the storm rotated");
    assert!(lost > 0, "some cut fell between a commit and its answer");
    assert_eq!(revoked, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_power_cuts_amid_rotations_sign_no_user_out() {
    join_all((0..2).map(|number| storm(number, CUTS / 2))).await;
}
