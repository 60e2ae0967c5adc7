//! Answers of different sessions commute in one jar (I8), on the real layer: three requests in every order of sending,
//! serving and arriving, each a refresh, a sign-out or a sign-in, and each answer delivered or lost.
//!
//! Two fixed cookie names break within these bounds: a late answer overwrites or deletes the cookies that are there.

use std::{collections::BTreeSet, sync::Arc};

use coatroom::{
    SessionId, config::Guessing, refresh_token::RefreshToken, store::memory::MemoryStore,
};
use proptest::{
    collection::vec,
    sample::subsequence,
    strategy::{Strategy as _, ValueTree as _},
    test_runner::TestRunner,
};

use super::deliver;
use crate::{
    properties::cases,
    support::{
        ACCESS, Place, World,
        app::app,
        browser::{Answer, Browser, call, document},
        config,
    },
};

const REQUESTS: usize = 3;
/// A page, which is loaded; everything else is called.
const PAGE: &str = "/who";
const KINDS: [&str; 3] = ["/refresh", "/sign-out", "/sign-in"];

/// A step of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// It leaves with the jar as it is.
    Send(usize),
    Serve(usize),
    Arrive(usize),
}

/// Every order of the steps of all requests. They are sent in the order of their numbers: the kinds are permuted.
fn orders() -> Vec<Vec<Step>> {
    fn go(done: [u8; REQUESTS], order: &mut Vec<Step>, all: &mut Vec<Vec<Step>>) {
        if done == [3; REQUESTS] {
            return all.push(order.clone());
        }
        for number in 0..REQUESTS {
            let step = match done[number] {
                0 if done[..number].contains(&0) => continue,
                0 => Step::Send(number),
                1 => Step::Serve(number),
                2 => Step::Arrive(number),
                _ => continue,
            };
            let mut after = done;
            after[number] += 1;
            order.push(step);
            go(after, order, all);
            order.pop();
        }
    }
    let mut all = Vec::new();
    go([0; REQUESTS], &mut Vec::new(), &mut all);
    all
}

/// The sessions that a jar holds refresh tokens of.
fn sessions(browser: &Browser) -> BTreeSet<SessionId> {
    let tokens = browser.jar.values().filter_map(|value| RefreshToken::parse(value));
    tokens.map(|token| token.sid()).collect()
}

/// Plays one order. If a delivered session lives in the end, the jar is signed in.
async fn play(world: &World, start: &Browser, order: &[Step], kinds: &[&str], lost: &[usize]) {
    let mut browser = start.clone();
    let mut sent: Vec<Option<Browser>> = vec![None; kinds.len()];
    let mut answers: Vec<Option<Answer>> = kinds.iter().map(|_| None).collect();
    let mut delivered = sessions(&browser);
    for step in order {
        match *step {
            Step::Send(number) => sent[number] = Some(browser.clone()),
            Step::Serve(number) => {
                let tab = sent[number].as_ref().expect("sent before");
                let request = match kinds[number] {
                    PAGE => document(PAGE),
                    kind => call("POST", kind),
                };
                answers[number] = Some(tab.send(request).await);
            }
            Step::Arrive(number) if lost.contains(&number) => {}
            Step::Arrive(number) => {
                browser.receive(answers[number].as_ref().expect("served before"));
                delivered.extend(sessions(&browser));
            }
        }
    }
    let mut living = 0;
    for id in delivered {
        let session = world.auth.session(id).await.expect("answers").expect("known");
        living += usize::from(session.revoked.is_none());
    }
    let who = browser.open("/who").await.body;
    let context = format!("{kinds:?}, answers {lost:?} lost, {order:?}");
    assert_eq!(who.starts_with("signed in"), living > 0, "{who}: {context}");
}

#[test]
fn there_are_280_orders_of_three_requests() {
    assert_eq!(orders().len(), 280);
}

#[tokio::test]
async fn answers_that_begin_with_a_refresh_commute() {
    answers_commute(0).await;
}

#[tokio::test]
async fn answers_that_begin_with_a_sign_out_commute() {
    answers_commute(1).await;
}

#[tokio::test]
async fn answers_that_begin_with_a_sign_in_commute() {
    answers_commute(2).await;
}

async fn answers_commute(first: usize) {
    let world = world().await;
    let orders = orders();
    for number in 0..KINDS.len().pow(2) {
        let kinds = [first, number / 3, number % 3].map(|kind| KINDS[kind]);
        for (index, order) in orders.iter().enumerate() {
            let mut start = Browser::new(app(&world.accounts));
            start.call("POST", "/sign-in").await;
            // Now and then, the next refresh rotates.
            if index % 16 == 0 {
                deliver(&world, &mut start).await;
                world.advance(ACCESS);
            }
            play(&world, &start, order, &kinds, &[index % (REQUESTS + 1)]).await;
        }
    }
}

/// A world in which one network may sign in as often as it likes.
async fn world() -> World {
    let mut config = config();
    config.guessing = Guessing::OFF;
    let world = World::with(config, Place::full(Arc::new(MemoryStore::new()))).await;
    super::sign_up(&world).await;
    world
}

/// More requests than can be tried in every order.
const MANY: usize = 6;
/// Their kinds: beside those of three requests, one more that deletes cookies, and the load of a page, which also
/// refreshes.
const MANY_KINDS: [&str; 5] = ["/refresh", "/sign-out", "/sign-in", "/clear", PAGE];
/// The most of them that are under way at once.
const UNDER_WAY: usize = 4;

/// An order of many requests, by one choice a step among those that are possible then.
fn order(choices: &[usize]) -> Vec<Step> {
    let mut done = [0_u8; MANY];
    let mut order = Vec::new();
    for choice in choices {
        let under_way = done.iter().filter(|steps| [1, 2].contains(*steps)).count();
        let next = done.iter().position(|steps| *steps == 0);
        let possible: Vec<_> = (0..MANY)
            .filter_map(|number| match done[number] {
                0 if next == Some(number) && under_way < UNDER_WAY => Some(Step::Send(number)),
                1 => Some(Step::Serve(number)),
                2 => Some(Step::Arrive(number)),
                _ => None,
            })
            .collect();
        let step = possible[choice % possible.len()];
        let (Step::Send(number) | Step::Serve(number) | Step::Arrive(number)) = step;
        done[number] += 1;
        order.push(step);
    }
    order
}

#[tokio::test]
async fn answers_of_six_requests_commute_at_random() {
    let world = world().await;
    let config = cases(300);
    let count = config.cases;
    let mut runner = TestRunner::new(config);
    let choices = vec(0..12_usize, 3 * MANY);
    let strategy =
        (choices, vec(0..MANY_KINDS.len(), MANY), subsequence((0..MANY).collect::<Vec<_>>(), 0..3));
    for _ in 0..count {
        let (choices, kinds, lost) = strategy.new_tree(&mut runner).expect("a case").current();
        let kinds: Vec<_> = kinds.into_iter().map(|kind| MANY_KINDS[kind]).collect();
        let mut start = Browser::new(app(&world.accounts));
        start.call("POST", "/sign-in").await;
        deliver(&world, &mut start).await;
        world.advance(ACCESS);
        play(&world, &start, &order(&choices), &kinds, &lost).await;
    }
}
