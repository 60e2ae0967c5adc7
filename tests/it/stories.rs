//! The rotation rule as an honest browser lives it: lost and late answers, and what they leave.

mod accounts;
mod clocks;
mod doubt;
mod ended;
mod endings;
mod epochs;
mod everywhere;
mod failures;
mod forever;
mod guessing;
mod keys;
mod lock_step;
mod nodes;
mod observed;
mod people;
mod races;
mod secrets;
mod spans;
mod theft;

use coatroom::{
    Access, Role, Session, Timestamp,
    session::{Decision, Replay},
    store::{EventKind, Trigger},
};

use crate::support::{
    ACCESS, D, DAY, G, HOUR, Place, START, TICK, World, account_of, just_under, on_every_store,
    refresh_token, tokens,
};

on_every_store! {
    a_session_begins_is_proven_delivered_and_rotates,
    a_lost_answer_is_repaired_an_hour_later_with_the_same_token,
    a_late_request_within_the_grace_gets_the_first_ones_answer,
    a_generation_rotates_only_after_its_proof_and_the_spacing,
    a_replay_moves_its_count_and_when_it_was,
    an_expired_access_token_is_proof_of_delivery_all_the_same,
    an_access_token_proves_its_own_generation_and_no_other,
    an_access_token_that_is_only_examined_proves_nothing,
}

async fn a_session_begins_is_proven_delivered_and_rotates(place: Place) {
    let world = World::on(place).await;
    let first = world.sign_up().await;
    let session = world.session(&first).await;
    assert_eq!((session.generation, session.acknowledged_at), (0, None));
    assert_eq!(session.absolute_expires_at, START + 30 * DAY);
    assert_eq!(session.idle_expires_at, START + 14 * DAY);

    world.advance(TICK);
    world.deliver(&first).await;
    assert_eq!(world.session(&first).await.acknowledged_at, Some(START + TICK));
    world.advance(D);
    let refreshed = world.refresh(&first).await;
    assert_eq!((refreshed.decision, refreshed.decision.row()), (Decision::Rotate, 6));
    let second = tokens(refreshed);
    assert_eq!(refresh_token(&second).generation(), 1);
    assert_eq!(second.info.claims.generation, 1);
    assert_ne!(second.access, first.access);
    assert!(matches!(world.access(&second).await, Access::Valid(info) if *info == second.info));
    let rotated = world.session(&second).await;
    assert_eq!(rotated.rotated_at, START + TICK + D);
    assert_eq!(rotated.idle_expires_at, rotated.rotated_at + 14 * DAY);
    assert_eq!(rotated.absolute_expires_at, session.absolute_expires_at);
    let kinds: Vec<_> = world.events(&second).await.into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::Rotated, EventKind::SignedUp]);
}

async fn a_lost_answer_is_repaired_an_hour_later_with_the_same_token(place: Place) {
    let world = World::on(place).await;
    let first = world.sign_up().await;
    let lost = world.rotate(&first).await;

    // At once, the repair is the lost answer to the byte.
    let again = world.refresh(&first).await;
    assert_eq!(again.decision, Decision::Replay(Replay::Undelivered));
    let again = tokens(again);
    assert_eq!((&again.access, &again.refresh), (&lost.access, &lost.refresh));

    // Later, the access token of then is of no use; the refresh token is still the same.
    world.advance(HOUR);
    let (one, two) = (tokens(world.refresh(&first).await), tokens(world.refresh(&first).await));
    assert_eq!(one.refresh, lost.refresh);
    assert_eq!((&one.access, &one.refresh), (&two.access, &two.refresh));
    assert!(matches!(world.access(&one).await, Access::Valid(_)));
    assert!(matches!(world.access(&lost).await, Access::Expired(_)));
    let third = world.rotate(&one).await;
    assert_eq!(refresh_token(&third).generation(), 2);
}

async fn a_late_request_within_the_grace_gets_the_first_ones_answer(place: Place) {
    let world = World::on(place).await;
    let first = world.sign_up().await;
    let second = world.rotate(&first).await;
    world.deliver(&second).await;
    for wait in [TICK, just_under(G)] {
        world.advance(wait);
        let late = world.refresh(&first).await;
        assert_eq!(late.decision, Decision::Replay(Replay::Concurrent));
        let late = tokens(late);
        assert_eq!((&late.access, &late.refresh), (&second.access, &second.refresh));
    }
    // That was exactly G after the proof. The late answer changed nothing in the jar: it goes on.
    let third = world.rotate(&second).await;
    assert_eq!(refresh_token(&third).generation(), 2);
}

async fn a_generation_rotates_only_after_its_proof_and_the_spacing(place: Place) {
    let world = World::on(place).await;
    let first = world.sign_up().await;
    let expect = async |held, decision: Decision| {
        assert_eq!(world.decided(held).await, decision, "at {:?}", world.auth.now());
    };
    world.advance(3 * DAY);
    // The refresh token itself is the first proof, and the request that brings it does not rotate.
    expect(&first, Decision::Debounced { first_proof: true }).await;
    assert_eq!(world.session(&first).await.acknowledged_at, Some(START + 3 * DAY));
    world.advance(just_under(D));
    expect(&first, Decision::Debounced { first_proof: false }).await;
    world.advance(TICK);
    let second = tokens(world.refresh(&first).await);
    assert_eq!(refresh_token(&second).generation(), 1);
    // Generation 1 was sent, and never seen: it stays, however often and late its predecessor asks.
    for _ in 0..10 {
        world.advance(DAY);
        expect(&first, Decision::Replay(Replay::Undelivered)).await;
    }
    let session = world.session(&first).await;
    assert_eq!((session.generation, session.acknowledged_at), (1, None));
    expect(&second, Decision::Debounced { first_proof: true }).await;
}

async fn a_replay_moves_its_count_and_when_it_was(place: Place) {
    let world = World::on(place).await;
    let first = world.sign_up().await;
    let second = world.rotate(&first).await;
    let before = world.session(&first).await;
    world.advance(HOUR);
    world.refresh(&first).await;
    world.refresh(&first).await;
    let last_seen_at = world.auth.now();
    assert_eq!(world.session(&first).await, Session { replays: 2, last_seen_at, ..before.clone() });

    world.deliver(&second).await;
    let acknowledged_at = Some(START + D + HOUR);
    world.advance(G);
    world.refresh(&first).await;
    let after = world.session(&first).await;
    let last_seen_at = world.auth.now();
    assert_eq!(after, Session { replays: 3, acknowledged_at, last_seen_at, ..before });
    let events = world.events(&first).await;
    let replay = &events[0];
    assert_eq!((replay.kind, replay.generation), (EventKind::ReplayedConcurrent, 1));
    assert_eq!((replay.at, replay.trigger), (START + D + HOUR + G, Trigger::Call));
}

async fn an_expired_access_token_is_proof_of_delivery_all_the_same(place: Place) {
    let world = World::on(place).await;
    let first = world.sign_up().await;
    world.advance(ACCESS);
    assert!(matches!(world.access(&first).await, Access::Expired(_)));
    let seen: Timestamp = world.acknowledged(first.session.id).await;
    assert_eq!(seen, START + ACCESS);
}

async fn an_access_token_proves_its_own_generation_and_no_other(place: Place) {
    let world = World::on(place).await;
    let first = world.sign_up().await;
    let second = world.rotate(&first).await;
    // The predecessor's token still goes round in the browser; it says nothing of the successor.
    world.access(&first).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
        assert_eq!(world.session(&second).await.acknowledged_at, None);
    }
    world.advance(TICK);
    world.deliver(&second).await;
    assert_eq!(world.session(&second).await.acknowledged_at, Some(START + D + TICK));
}

async fn an_access_token_that_is_only_examined_proves_nothing(place: Place) {
    let world = World::on(place).await;
    let held = world.sign_up().await;
    let examine = async || world.auth.examine(&held.access).await.expect("answers");
    let unproven = async || {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(world.session(&held).await.acknowledged_at, None);
    };
    assert!(matches!(examine().await, Access::Valid(info) if *info == held.info));
    unproven().await;
    world.accounts.set_role(account_of(&held), Role::ADMIN).await.expect("answers");
    assert!(matches!(examine().await, Access::Outdated(_)));
    world.advance(ACCESS);
    assert!(matches!(examine().await, Access::Expired(_)));
    unproven().await;
    // The same token in a request is the proof all the same.
    world.deliver(&held).await;
    world.sign_out(&held).await;
    assert!(matches!(examine().await, Access::Revoked(_)));
}
