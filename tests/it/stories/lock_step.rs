//! A thief whom the rule alone never finds: in step with the owner, generation for generation.

use coatroom::{
    Access,
    auth::{Refreshed, TokenPair},
    config::{LockStep, LockStepResponse},
    session::{Client, Decision, EndReason, Replay},
    store::{EventKind, Trigger},
};

use crate::support::{
    D, G, HOUR, Place, World, config, memory, on_every_store, refresh_token, tokens,
};

on_every_store! {
    a_thief_in_step_is_reported_once_a_generation_and_kept,
    a_thief_in_step_is_ended_where_that_is_configured,
    a_silent_thief_always_first_is_found_by_the_owners_replays,
    tabs_of_one_browser_are_nothing_to_report,
    a_browser_that_moves_between_networks_is_nothing_to_report,
    two_thefts_at_one_moment_are_one_event,
}

const OWNER: (&str, &str) = ("firefox", "192.0.2.0/24");
const THIEF: (&str, &str) = ("firefox", "198.51.100.0/24");

async fn world(place: Place, response: LockStepResponse) -> World {
    let mut config = config();
    config.lock_step = LockStep::new(3, response);
    World::with(config, place).await
}

async fn refresh(world: &World, held: &TokenPair, (agent, network): (&str, &str)) -> Refreshed {
    let client = Client {
        label: "Firefox on Linux".into(),
        user_agent_hash: agent.into(),
        ip_prefix: network.into(),
    };
    let presented = Some(refresh_token(held));
    world.auth.refresh(presented, Trigger::Call, client).await.expect("the store answers")
}

/// The next generation: `first` rotates, and `second` asks while both can be answered.
async fn round(
    world: &World,
    held: &TokenPair,
    first: (&str, &str),
    second: (&str, &str),
) -> (TokenPair, Refreshed) {
    world.deliver(held).await;
    world.advance(D);
    let rotated = refresh(world, held, first).await;
    assert_eq!(rotated.decision, Decision::Rotate);
    let rotated = tokens(rotated);
    world.deliver(&rotated).await;
    world.advance(G);
    let replayed = refresh(world, held, second).await;
    (rotated, replayed)
}

async fn reports(world: &World, held: &TokenPair) -> Vec<u64> {
    let events = world.events(held).await;
    let mut of: Vec<u64> = events
        .into_iter()
        .filter(|event| event.kind == EventKind::LockStep)
        .map(|event| event.generation)
        .collect();
    of.reverse();
    of
}

async fn a_thief_in_step_is_reported_once_a_generation_and_kept(place: Place) {
    let world = world(place, LockStepResponse::Report).await;
    let mut held = world.sign_up().await;
    for generation in 1..=5 {
        let (next, replayed) = round(&world, &held, OWNER, THIEF).await;
        assert_eq!(replayed.decision, Decision::Replay(Replay::Concurrent));
        assert_eq!(refresh_token(&tokens(replayed)).generation(), generation);
        // Asked again, in the same generation.
        assert!(refresh(&world, &held, THIEF).await.tokens.is_some());
        held = next;
    }
    assert_eq!(reports(&world, &held).await, [3, 4, 5]);
    let event = world.events(&held).await;
    let event = event.iter().find(|event| event.kind == EventKind::LockStep).expect("reported");
    assert_eq!(event.client.ip_prefix, THIEF.1);
    // A generation without such a replay ends the streak.
    let held = world.rotate(&held).await;
    let (held, _) = round(&world, &held, OWNER, THIEF).await;
    let (held, _) = round(&world, &held, OWNER, THIEF).await;
    assert_eq!(reports(&world, &held).await, [3, 4, 5]);
}

async fn a_thief_in_step_is_ended_where_that_is_configured(place: Place) {
    let world = world(place, LockStepResponse::End).await;
    let mut held = world.sign_up().await;
    for _ in 1..=2 {
        let (next, replayed) = round(&world, &held, OWNER, THIEF).await;
        assert!(replayed.tokens.is_some());
        held = next;
    }
    let (owners, third) = round(&world, &held, OWNER, THIEF).await;
    assert_eq!(third.decision, Decision::Ended(EndReason::Reuse));
    assert!(third.tokens.is_none());
    // Committed, and known to this node at once.
    let session = world.session(&owners).await;
    assert_eq!(session.end_reason(world.auth.now()), Some(EndReason::Reuse));
    assert!(matches!(world.access(&owners).await, Access::Revoked(_)));
    let after = refresh(&world, &owners, OWNER).await;
    assert_eq!((after.decision, after.tokens.is_none()), (third.decision, true));
    assert_eq!(reports(&world, &owners).await, [3]);
    assert_eq!(world.events(&owners).await[0].kind, EventKind::LockStep);
}

async fn a_silent_thief_always_first_is_found_by_the_owners_replays(place: Place) {
    let world = world(place, LockStepResponse::End).await;
    let mut held = world.sign_up().await;
    for generation in 1..=3 {
        world.deliver(&held).await;
        world.advance(D);
        // The thief rotates and shows nothing. Much later the owner asks, as after a lost answer.
        assert_eq!(refresh(&world, &held, THIEF).await.decision, Decision::Rotate);
        world.advance(HOUR);
        let owners = refresh(&world, &held, OWNER).await;
        if generation < 3 {
            assert_eq!(owners.decision, Decision::Replay(Replay::Undelivered));
            held = tokens(owners);
        } else {
            assert_eq!(owners.decision, Decision::Ended(EndReason::Reuse));
        }
    }
}

async fn tabs_of_one_browser_are_nothing_to_report(place: Place) {
    let world = world(place, LockStepResponse::End).await;
    let mut held = world.sign_up().await;
    for _ in 0..6 {
        let (next, replayed) = round(&world, &held, OWNER, OWNER).await;
        assert!(replayed.tokens.is_some());
        held = next;
    }
    assert!(reports(&world, &held).await.is_empty());
}

async fn a_browser_that_moves_between_networks_is_nothing_to_report(place: Place) {
    let world = world(place, LockStepResponse::End).await;
    let mut held = world.sign_up().await;
    let v6 = (OWNER.0, "2001:db8:1::/48");
    for _ in 0..5 {
        // Two connections at once, over either family of addresses.
        held = round(&world, &held, OWNER, v6).await.0;
    }
    for _ in 0..5 {
        // An answer is lost with the network, and asked for again from another one: twice in a row, not thrice.
        held = round(&world, &held, OWNER, THIEF).await.0;
        held = round(&world, &held, THIEF, OWNER).await.0;
        held = round(&world, &held, OWNER, OWNER).await.0;
    }
    assert!(reports(&world, &held).await.is_empty());
    world.rotate(&held).await;
}

async fn two_thefts_at_one_moment_are_one_event(place: Place) {
    let world = world(place, LockStepResponse::Report).await;
    let mut held = world.sign_up().await;
    for _ in 0..2 {
        held = round(&world, &held, OWNER, THIEF).await.0;
    }
    world.deliver(&held).await;
    world.advance(D);
    let next = tokens(refresh(&world, &held, OWNER).await);
    let ask = || refresh(&world, &held, THIEF);
    let answers = tokio::join!(ask(), ask(), ask(), ask(), ask(), ask());
    assert!(answers.0.tokens.is_some() && answers.5.tokens.is_some());
    assert_eq!(reports(&world, &next).await, [3]);
}

#[tokio::test]
async fn a_restart_does_not_report_the_same_generation_again() {
    let mut world = world(memory(), LockStepResponse::Report).await;
    let mut held = world.sign_up().await;
    let mut before = held.clone();
    for _ in 0..3 {
        before = held.clone();
        held = round(&world, &held, OWNER, THIEF).await.0;
    }
    world.auth = world.restarted().await;
    refresh(&world, &before, THIEF).await;
    assert_eq!(reports(&world, &held).await, [3]);
}
