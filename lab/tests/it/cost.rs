//! The cost of requests, and the stopwatch of a revocation, in worlds whose figures are counted by hand.

use std::time::Duration;

use coatroom::config::Verification;
use coatroom_lab::{
    action::{Ask, Party, Place},
    cost::{Cost, Felt, costs, stopwatch},
    setting::Setting,
    world::World,
};

const STATELESS: Setting = Setting { verification: Verification::Stateless, ..Setting::DEFAULT };

async fn world(setting: Setting, script: &str) -> World {
    let mut world = World::new(setting).await.expect("a world");
    for line in script.split("; ") {
        world.act(line.parse().expect("an action")).await.expect("it is done");
    }
    world
}

/// Returns the message that the stopwatch goes from, and what was felt; nothing if it does not go.
async fn felt(setting: Setting, script: &str) -> Option<(u32, Vec<Felt>)> {
    let world = world(setting, script).await;
    stopwatch(&world).map(|watch| (watch.message.number, watch.felt))
}

fn after(from: Party, seconds: u64, let_in: usize) -> Felt {
    let refused = Some(Duration::from_secs(seconds));
    Felt { from, at: Place::NodeA, let_in, refused }
}

#[tokio::test]
async fn each_kind_of_request_has_its_means() {
    let world = world(
        Setting::DEFAULT,
        "tab1 call; tab2 call; tab1 call at node-b; wait 61s; tab1 refresh; evil post",
    )
    .await;
    let costs = costs(&world);
    let kinds: Vec<_> = costs.iter().map(|cost| (cost.ask, cost.at, cost.count)).collect();
    assert_eq!(
        kinds,
        [
            (Ask::Call, Place::NodeA, 2),
            (Ask::Call, Place::NodeB, 1),
            (Ask::Post, Place::NodeA, 1),
            (Ask::Refresh, Place::NodeA, 1),
        ]
    );
    let of = |ask, at| costs.iter().find(|cost: &&Cost| (cost.ask, cost.at) == (ask, at));
    let call = of(Ask::Call, Place::NodeA).expect("calls");
    // The first of the two proves the delivery of the sign-in's tokens, and no other reads or writes.
    assert_eq!((call.reads, call.writes, call.set), (0.0, 0.5, 0.0));
    assert!(call.sent > 400.0, "{}", call.sent);
    let refresh = of(Ask::Refresh, Place::NodeA).expect("a refresh");
    assert!(refresh.writes >= 1.0 && refresh.set > 400.0 && refresh.micros > 0, "{refresh:?}");
    // The cookies are SameSite=Lax: another site's form brings none.
    let form = of(Ask::Post, Place::NodeA).expect("a form");
    assert!(form.sent < 1.0, "{}", form.sent);
}

#[tokio::test]
async fn a_world_without_requests_costs_nothing() {
    let world = world(Setting::DEFAULT, "wait 1s").await;
    assert!(costs(&world).is_empty() && stopwatch(&world).is_none());
}

#[tokio::test]
async fn the_stopwatch_is_of_the_sessions_that_were_ended() {
    let script = "tab1 call; steal; tab1 sign-out-everywhere; tab1 sign-in; tab1 call; wait 2s; \
                  thief call";
    let watch = felt(Setting::DEFAULT, script).await;
    assert_eq!(watch, Some((2, vec![after(Party::Thief, 2, 0)])), "a new session is no part of it");
    let script =
        "tab1 call; steal; tab1 sign-out; thief call; thief reload; wait 61s; thief reload";
    let watch = felt(STATELESS, script).await;
    assert_eq!(watch, Some((2, vec![after(Party::Thief, 61, 2)])), "to be sent away is a refusal");
    let script = "tab1 call; steal; tab1 sign-out; thief call";
    let let_in = Felt { refused: None, ..after(Party::Thief, 0, 1) };
    assert_eq!(felt(STATELESS, script).await, Some((2, vec![let_in])), "it is not refused yet");
}

#[tokio::test]
async fn a_sign_in_starts_no_stopwatch_and_stops_none() {
    assert_eq!(felt(Setting::DEFAULT, "tab1 call; tab1 sign-in; tab1 call").await, None);
    let script = "tab1 call; steal; tab1 sign-out; tab1 sign-in; tab1 sign-in; wait 5s; thief call";
    let watch = felt(Setting::DEFAULT, script).await;
    assert_eq!(watch, Some((2, vec![after(Party::Thief, 5, 0)])));
}
