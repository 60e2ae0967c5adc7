//! A copy of the jar in a thief's hands: the second to come, owner or thief, ends the session for both, and at once.

use coatroom::{
    Access,
    auth::TokenPair,
    session::{Decision, EndReason, Invalid, Replay, Reuse},
    store::{AccountEventKind, EventKind},
};

use crate::support::{
    D, G, HOUR, Place, TICK, World, account_of, memory, on_every_store, refresh_token, tokens,
};

on_every_store! {
    the_thief_comes_first_and_the_owner_ends_it,
    the_owner_comes_first_and_the_thief_ends_it,
    a_thief_hiding_the_access_token_is_found_one_rotation_later,
    a_token_from_long_ago_ends_the_session,
    reuse_ends_this_session_and_no_other,
    a_theft_is_told_to_the_account_until_it_was_seen,
    a_token_that_does_not_exist_yet_ends_nothing,
    replays_beyond_their_rate_are_refused_and_end_no_session,
}

/// Checks that a theft is over: neither owner nor thief holds anything of worth, and neither gets more.
async fn over(world: &World, everybody: &[&TokenPair]) {
    let session = world.session(everybody[0]).await;
    assert_eq!(session.end_reason(world.auth.now()), Some(EndReason::Reuse));
    for held in everybody {
        assert!(matches!(world.access(held).await, Access::Revoked(_)));
        let refreshed = world.refresh(held).await;
        assert_eq!(refreshed.decision, Decision::Ended(EndReason::Reuse));
        assert!(refreshed.tokens.is_none());
    }
    assert_eq!(world.session(everybody[0]).await, session);
}

async fn the_thief_comes_first_and_the_owner_ends_it(place: Place) {
    let world = World::on(place).await;
    let owners = world.sign_up().await;
    let thiefs = world.rotate(&owners).await;
    world.deliver(&thiefs).await;
    world.advance(G + TICK);
    assert!(matches!(world.access(&owners).await, Access::Valid(_)));
    let refreshed = world.refresh(&owners).await;
    assert_eq!(refreshed.decision, Decision::Reuse(Reuse::Recent));
    assert!(refreshed.tokens.is_none());
    assert_eq!(world.events(&owners).await[0].kind, EventKind::ReuseRecent);
    over(&world, &[&owners, &thiefs]).await;
}

async fn a_theft_is_told_to_the_account_until_it_was_seen(place: Place) {
    let world = World::on(place).await;
    let owners = world.sign_up().await;
    let user = account_of(&owners);
    let kinds = async || {
        let events = world.accounts.account_events(user, 10).await.expect("answers");
        events.into_iter().map(|event| (event.kind, event.times)).collect::<Vec<_>>()
    };
    let thiefs = world.rotate(&owners).await;
    world.deliver(&thiefs).await;
    world.advance(G + TICK);
    assert_eq!(kinds().await, []);
    // Found twice, and told once.
    for _ in 0..2 {
        world.refresh(&owners).await;
    }
    assert_eq!(kinds().await, [(AccountEventKind::TokenReused, 1)]);
    world.advance(TICK);
    world.accounts.mark_account_events_seen(user).await.expect("answers");
    assert_eq!(kinds().await, [(AccountEventKind::Seen, 1), (AccountEventKind::TokenReused, 1)]);
}

async fn the_owner_comes_first_and_the_thief_ends_it(place: Place) {
    let world = World::on(place).await;
    let stolen = world.sign_up().await;
    let owners = world.rotate(&stolen).await;
    world.deliver(&owners).await;
    world.advance(G);
    // Within the grace, a thief cannot be told from a second tab, and gets what the owner has.
    let thiefs = world.refresh(&stolen).await;
    assert_eq!(thiefs.decision, Decision::Replay(Replay::Concurrent));
    let thiefs = tokens(thiefs);
    world.advance(TICK);
    let refreshed = world.refresh(&stolen).await;
    assert_eq!(refreshed.decision, Decision::Reuse(Reuse::Recent));
    over(&world, &[&owners, &stolen, &thiefs]).await;
}

async fn a_thief_hiding_the_access_token_is_found_one_rotation_later(place: Place) {
    let world = World::on(place).await;
    let stolen = world.sign_up().await;
    let thiefs = world.rotate(&stolen).await;
    world.advance(HOUR);
    // The owner cannot be told from one whose answer was lost, and now both hold generation 1.
    let owners = world.refresh(&stolen).await;
    assert_eq!(owners.decision, Decision::Replay(Replay::Undelivered));
    let owners = tokens(owners);
    assert_eq!(owners.refresh, thiefs.refresh);
    let owners_next = world.rotate(&owners).await;
    world.deliver(&owners_next).await;
    world.advance(G + TICK);
    assert_eq!(world.decided(&thiefs).await, Decision::Reuse(Reuse::Recent));
    over(&world, &[&thiefs, &owners_next]).await;
}

async fn a_token_from_long_ago_ends_the_session(place: Place) {
    let world = World::on(place).await;
    let first = world.sign_up().await;
    let second = world.rotate(&first).await;
    let third = world.rotate(&second).await;
    // No grace here: two generations behind is stale at the very instant of the rotation.
    assert_eq!(world.decided(&first).await, Decision::Reuse(Reuse::Stale));
    assert_eq!(world.events(&first).await[0].kind, EventKind::ReuseStale);
    over(&world, &[&first, &second, &third]).await;
}

async fn reuse_ends_this_session_and_no_other(place: Place) {
    let world = World::on(place).await;
    let first = world.sign_up().await;
    let other = world.sign_in(None).await.expect("signed in");
    let second = world.rotate(&first).await;
    world.deliver(&second).await;
    world.advance(G + TICK);
    assert_eq!(world.decided(&first).await, Decision::Reuse(Reuse::Recent));
    assert!(matches!(world.access(&other).await, Access::Valid(_)));
    world.rotate(&other).await;
}

async fn a_token_that_does_not_exist_yet_ends_nothing(place: Place) {
    // Two servers with one secret: one is restored to a state from before.
    let world = World::on(place).await;
    let first = world.sign_up().await;
    let restored = memory();
    let user = world.accounts.user(account_of(&first)).await.expect("answers").expect("known");
    let hash = coatroom::password::PasswordHash::from_phc("none");
    restored.accounts().add_user(&user, &hash).await.expect("added");
    let began = &world.events(&first).await[0];
    let saved = world.session(&first).await;
    restored.store.add_session(&saved, began).await.expect("added");
    let keys = world.place.store.keys().await.expect("answers");
    assert!(restored.store.replace_keys(&[], &keys).await.expect("answers"));
    let restored = World::on(restored).await;

    let second = world.rotate(&first).await;
    restored.advance(D);
    let refreshed = restored.refresh(&second).await;
    assert_eq!(refreshed.decision, Decision::Invalid(Invalid::Ahead));
    assert!(refreshed.tokens.is_none());
    assert_eq!(restored.session(&first).await, saved);
    let ahead = &restored.events(&first).await[0];
    assert_eq!((ahead.kind, ahead.generation), (EventKind::Ahead, 0));
    restored.rotate(&first).await;
}

async fn replays_beyond_their_rate_are_refused_and_end_no_session(place: Place) {
    let world = World::on(place).await;
    let first = world.sign_up().await;
    let second = world.rotate(&first).await;
    // The rate refills by real time: on a slow machine a few more than the burst are answered.
    let (mut answered, burst) = (0, world.auth.config().replays.burst);
    let (before, refused) = loop {
        let before = world.session(&first).await;
        let refreshed = world.refresh(&first).await;
        if refreshed.decision != Decision::Replay(Replay::Undelivered) {
            break (before, refreshed);
        }
        answered += 1;
        assert!(answered < 4 * burst, "nothing bounds replays");
    };
    assert!(answered >= burst, "{answered}");
    let Decision::TooManyReplays { replay: Replay::Undelivered, retry_after } = refused.decision
    else {
        panic!("{:?}", refused.decision)
    };
    assert!(!retry_after.is_zero() && retry_after <= world.auth.config().replays.refill);
    assert!(refused.tokens.is_none());
    assert_eq!(world.session(&first).await, before);
    // The owner, whose answer arrived, goes on.
    let third = world.rotate(&second).await;
    assert_eq!(refresh_token(&third).generation(), 2);
}
