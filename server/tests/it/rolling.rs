//! A rolling restart behind nginx: people notice nothing.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use crate::support::{
    browser::Browser,
    house::{House, Plan, free_port},
    nginx::Nginx,
    until,
};

/// The number of people, and of answers between two restarts.
const PEOPLE: usize = 8;
const BETWEEN: usize = 200;

/// Asks without a pause until told to stop. Every answer is a good one, posts as well, which a proxy may not repeat.
async fn use_it(mut browser: Browser, answers: Arc<AtomicUsize>, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::SeqCst) {
        browser.whoami().await.expect("an answer").is_ok();
        browser.post("/api/current_session", "").await.expect("an answer").is_ok();
        browser.refresh().await.expect("an answer").is_ok();
        answers.fetch_add(3, Ordering::SeqCst);
    }
}

async fn restart(plan: &Plan, house: &mut House, port: u16) {
    house.terminate();
    assert!(house.ended().await.success(), "{}", plan.said());
    *house = plan.open_at(port).await;
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "the measure is for the reader of the run")]
async fn a_rolling_restart_behind_nginx_loses_no_request() {
    let ports = [free_port(), free_port()];
    let Some(nginx) = Nginx::before(&ports).await else { return };
    let plan = Plan::new()
        .with("COATROOM_DRAIN_DELAY", "1s")
        .with("COATROOM_TRUSTED_PROXIES", "127.0.0.1");
    let mut houses = [plan.open_at(ports[0]).await, plan.open_at(ports[1]).await];
    let (answers, stop) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        let mut browser = Browser::at(nginx.address());
        browser.sign_up(&format!("guest{number}")).await;
        people.push(tokio::spawn(use_it(browser, Arc::clone(&answers), Arc::clone(&stop))));
    }
    for _ in 0..2 {
        for (house, port) in houses.iter_mut().zip(ports) {
            let goal = answers.load(Ordering::SeqCst) + BETWEEN;
            until("answers", async || (answers.load(Ordering::SeqCst) > goal).then_some(())).await;
            restart(&plan, house, port).await;
        }
    }
    stop.store(true, Ordering::SeqCst);
    for person in people {
        person.await.expect("no request was lost");
    }
    println!("4 restarts, {} answers, all of them good", answers.load(Ordering::SeqCst));
}
