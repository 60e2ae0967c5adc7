//! Answers of different sessions commute in one jar (I8), on the real layer: three requests in every order of sending,
//! serving and arriving, each a refresh, a sign-out or a sign-in, and each answer delivered or lost.
//!
//! Two fixed cookie names break within these bounds: a late answer overwrites or deletes whatever is there.

use std::{collections::BTreeSet, sync::Arc};

use coatroom::{
    SessionId, config::Guessing, refresh_token::RefreshToken, store::memory::MemoryStore,
};

use super::deliver;
use crate::support::{
    ACCESS, Place, World,
    app::app,
    browser::{Answer, Browser, call},
    config,
};

const REQUESTS: usize = 3;
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

/// Plays one order. Whenever a delivered session lives in the end, the jar is signed in.
async fn play(
    world: &World,
    start: &Browser,
    order: &[Step],
    kinds: [&str; REQUESTS],
    lost: usize,
) {
    let mut browser = start.clone();
    let mut sent: [Option<Browser>; REQUESTS] = [const { None }; REQUESTS];
    let mut answers: [Option<Answer>; REQUESTS] = [const { None }; REQUESTS];
    let mut delivered = sessions(&browser);
    for step in order {
        match *step {
            Step::Send(number) => sent[number] = Some(browser.clone()),
            Step::Serve(number) => {
                let tab = sent[number].as_ref().expect("sent before");
                answers[number] = Some(tab.send(call("POST", kinds[number])).await);
            }
            Step::Arrive(number) if number == lost => {}
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
    let context = format!("{kinds:?}, answer {lost} lost, {order:?}");
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
    let mut config = config();
    config.guessing = Guessing::OFF;
    let world = World::with(config, Place::new(Arc::new(MemoryStore::new()))).await;
    super::sign_up(&world).await;
    let orders = orders();
    for number in 0..KINDS.len().pow(2) {
        let kinds = [first, number / 3, number % 3].map(|kind| KINDS[kind]);
        for (index, order) in orders.iter().enumerate() {
            let mut start = Browser::new(app(world.auth.clone()));
            start.call("POST", "/sign-in").await;
            // Now and then, the next refresh rotates.
            if index % 16 == 0 {
                deliver(&world, &mut start).await;
                world.advance(ACCESS);
            }
            play(&world, &start, order, kinds, index % (REQUESTS + 1)).await;
        }
    }
}
