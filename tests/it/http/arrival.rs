//! Answers that arrive in every order: `Set-Cookie` commutes, and each order leaves a usable jar.

use axum::http::StatusCode;

use super::{deliver, expired, session};
use crate::support::{
    ACCESS, D, G, TICK, World,
    browser::{Answer, BOTH, Browser, call, document},
    just_under,
};

/// Every order of the numbers below `count`.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let Some(last) = count.checked_sub(1) else { return vec![Vec::new()] };
    let shorter = orders(last);
    let insert = |at: usize, order: &Vec<usize>| {
        let mut longer = order.clone();
        longer.insert(at, last);
        longer
    };
    shorter.iter().flat_map(|order| (0..count).map(move |at| insert(at, order))).collect()
}

fn received(browser: &Browser, answers: &[Answer], order: &[usize]) -> Browser {
    let mut browser = browser.clone();
    for number in order {
        browser.receive(&answers[*number]);
    }
    browser
}

/// Goes on with a jar for two more rotations; each must come as it would for any jar.
async fn goes_on(world: &World, browser: &mut Browser) {
    for _ in 0..2 {
        assert_eq!(browser.call("GET", "/me").await.status, StatusCode::OK);
        deliver(world, browser).await;
        let before = session(world, browser).await.generation;
        world.advance(ACCESS);
        let answer = browser.open("/who").await;
        assert_eq!(answer.body, format!("signed in, generation {}", before + 1));
        assert_eq!(answer.sets(), BOTH);
    }
}

#[test]
fn there_are_a_hundred_and_twenty_orders_of_five() {
    let mut orders = orders(5);
    orders.sort();
    orders.dedup();
    assert_eq!(orders.len(), 120);
    assert!(orders.iter().all(|order| order.len() == 5));
}

#[tokio::test]
async fn five_refreshes_at_once_leave_one_jar_in_any_order_of_arrival() {
    let (world, browser) = expired().await;
    let (one, two, three, four, five) = tokio::join!(
        browser.send(call("POST", "/refresh")),
        browser.send(document("/who")),
        browser.send(call("POST", "/refresh")),
        browser.send(document("/who")),
        browser.send(call("POST", "/refresh")),
    );
    let answers = [one, two, three, four, five];
    for answer in &answers {
        assert_eq!(answer.sets(), BOTH);
    }
    let expected = received(&browser, &answers, &[0]).jar;
    assert_ne!(expected, browser.jar);
    for order in orders(5) {
        // Also if any of them is lost.
        for count in 1..=5 {
            assert_eq!(received(&browser, &answers, &order[..count]).jar, expected, "{order:?}");
        }
    }
    goes_on(&world, &mut received(&browser, &answers, &[4, 2, 0, 1, 3])).await;
}

/// Five answers of five moments around one rotation, all under way at once: a request too early to
/// rotate, the rotation, a replay, a replay after the delivery, and one of the next generation.
async fn five_moments() -> (World, Browser, [Answer; 5]) {
    let (world, browser) = {
        let (world, mut browser) = super::signed_up().await;
        deliver(&world, &mut browser).await;
        (world, browser)
    };
    world.advance(just_under(D));
    let early = browser.send(call("POST", "/refresh")).await;
    world.advance(TICK);
    let rotation = browser.send(call("POST", "/refresh")).await;
    let replay = browser.send(call("POST", "/refresh")).await;
    let mut tab = browser.clone();
    tab.receive(&replay);
    deliver(&world, &mut tab).await;
    world.advance(G);
    let late = browser.send(call("POST", "/refresh")).await;
    let next = tab.send(call("POST", "/refresh")).await;
    let answers = [early, rotation, replay, late, next];
    let rows = answers.each_ref().map(|answer| answer.body.as_str());
    assert_eq!(rows, ["5", "6", "7", "8", "5"]);
    (world, browser, answers)
}

#[tokio::test]
async fn answers_of_five_moments_leave_a_usable_jar_in_any_order() {
    for order in orders(5) {
        let (world, browser, answers) = five_moments().await;
        let mut browser = received(&browser, &answers, &order);
        let refresh = &answers[1].cookies()[1];
        assert_eq!(browser.refresh(), refresh.value, "{order:?}");
        goes_on(&world, &mut browser).await;
    }
}

#[tokio::test]
async fn a_jar_that_lost_every_answer_is_repaired_by_its_next_page() {
    let (world, mut browser) = expired().await;
    for _ in 0..3 {
        drop(browser.send(call("POST", "/refresh")).await);
        world.advance(ACCESS);
    }
    assert_eq!(browser.open("/who").await.body, "signed in, generation 1");
    goes_on(&world, &mut browser).await;
}

#[tokio::test]
async fn a_thief_and_an_owner_cannot_both_go_on() {
    let (world, mut owner) = expired().await;
    let mut thief = owner.clone();
    owner.open("/who").await;
    deliver(&world, &mut owner).await;
    world.advance(G + TICK);
    let answer = thief.open("/who").await;
    assert_eq!(answer.body, "signed out: reuse");
    for browser in [&mut owner, &mut thief] {
        assert_eq!(browser.open("/who").await.body, "signed out: reuse");
        assert_eq!(browser.call("GET", "/me").await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(browser.call("POST", "/refresh").await.body, "2");
    }
}
