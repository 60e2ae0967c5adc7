//! Several nodes on one store: the others learn of what one of them does, and a node that cannot learn of it says so.

use std::time::Duration;

use coatroom::{
    Access, AccessToken, Accounts, Auth, AuthConfig, Role,
    config::{FeedTiming, Scheme, Verification},
    session::Client,
};

use crate::support::{
    D, Place, World, account_of, config, flaky::Fault, on_every_store, refresh_token, tokens, until,
};

on_every_store! {
    a_revocation_reaches_another_node,
    a_change_of_role_outdates_the_tokens_on_another_node,
    a_change_of_role_ends_no_session,
}

/// Another node on the same store, with its own memory.
async fn node(world: &World, change: impl FnOnce(&mut AuthConfig)) -> Auth {
    let mut config = config();
    config.feed.poll = Duration::from_millis(10);
    change(&mut config);
    let store = world.place.accounts();
    Accounts::with_clock(config, store, world.clock.clone())
        .await
        .expect("an engine")
        .auth()
        .clone()
}

async fn asked(node: &Auth, held: &coatroom::auth::TokenPair) -> Access {
    node.authenticate(&held.access).await.expect("the store answers")
}

async fn a_revocation_reaches_another_node(place: Place) {
    let world = World::on(place).await;
    let node = node(&world, |_| ()).await;
    let held = world.sign_up().await;
    assert!(matches!(asked(&node, &held).await, Access::Valid(_)));
    world.sign_out(&held).await;
    until("the news", async || {
        matches!(asked(&node, &held).await, Access::Revoked(_)).then_some(())
    })
    .await;
}

async fn a_change_of_role_outdates_the_tokens_on_another_node(place: Place) {
    let world = World::on(place).await;
    let node = node(&world, |_| ()).await;
    let held = world.sign_up().await;
    let id = account_of(&held);
    world.accounts.set_role(id, Role::ADMIN).await.expect("answers").expect("the account");
    assert!(matches!(world.access(&held).await, Access::Outdated(_)), "at once where it happened");
    until("the news", async || {
        matches!(asked(&node, &held).await, Access::Outdated(_)).then_some(())
    })
    .await;
}

async fn a_change_of_role_ends_no_session(place: Place) {
    let world = World::on(place).await;
    let held = world.sign_up().await;
    world.deliver(&held).await;
    let id = account_of(&held);
    world.accounts.set_role(id, Role::ADMIN).await.expect("answers");
    // Debounced: the refresh token stays, and the new access token says the new role.
    let next = tokens(world.refresh(&held).await);
    assert_eq!((next.refresh.as_ref(), &next.info.claims.role), (None, &Role::ADMIN));
    assert!(next.info.claims.authority_version > 0);
    assert!(matches!(world.access(&next).await, Access::Valid(_)));
    // Back again is another change, not the old state.
    world.accounts.set_role(id, Role::USER).await.expect("answers");
    for token in [&held, &next] {
        assert!(matches!(world.access(token).await, Access::Outdated(_)));
    }
    world.advance(D);
    let rotated = tokens(world.refresh(&held).await);
    assert_eq!(refresh_token(&rotated).generation(), 1);
    assert_eq!(rotated.info.claims.role, Role::USER);
    assert!(matches!(world.access(&rotated).await, Access::Valid(_)));
}

#[tokio::test]
async fn a_stateless_node_believes_the_signature_a_strict_one_the_row() {
    let (world, store) = World::flaky().await;
    let stateless =
        node(&world, |config| config.scheme = Scheme::Hybrid(Verification::Stateless)).await;
    let strict = node(&world, |config| config.scheme = Scheme::Hybrid(Verification::Strict)).await;
    let (held, promoted) = (world.sign_up().await, world.sign_in(None).await.expect("signed in"));
    assert!(matches!(asked(&strict, &held).await, Access::Valid(_)));
    world.sign_out(&held).await;
    assert!(matches!(asked(&stateless, &held).await, Access::Valid(_)), "until it expires");
    assert!(matches!(asked(&strict, &held).await, Access::Revoked(_)), "with the first look");
    world.accounts.set_role(account_of(&promoted), Role::ADMIN).await.expect("answers");
    assert!(matches!(asked(&strict, &promoted).await, Access::Outdated(_)));
    store.set(Fault::Down);
    strict.authenticate(&promoted.access).await.expect_err("nothing can be said");
    assert!(matches!(asked(&stateless, &promoted).await, Access::Valid(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_off_node_fails_closed_beyond_its_bound_and_recovers() {
    let (world, store) = World::flaky().await;
    let quick = FeedTiming::new(Duration::from_millis(10), Duration::from_millis(200));
    let node = node(&world, |config| config.feed = quick).await;
    let (held, over) = (world.sign_up().await, world.sign_in(None).await.expect("signed in"));
    assert!(matches!(asked(&node, &held).await, Access::Valid(_)));
    assert!(node.is_up_to_date());

    store.set(Fault::Down);
    let refused = async || node.authenticate(&held.access).await.err();
    until("the refusal", refused).await;
    assert!(!node.is_up_to_date());
    // A refusal that needs no look at a row comes all the same.
    let garbled = AccessToken::parse("e30.e30.AA").expect("the form of a token");
    assert!(matches!(node.authenticate(&garbled).await, Ok(Access::Invalid(_))));

    // Deaf meanwhile, so that no answer from before the sign-out makes it current.
    store.set(Fault::Deaf);
    world.sign_out(&over).await;
    store.set(Fault::None);
    let heard = async || node.is_up_to_date().then_some(());
    until("the recovery", heard).await;
    assert!(matches!(asked(&node, &held).await, Access::Valid(_)));
    // The change that it missed comes with the next poll.
    until("the news", async || {
        matches!(asked(&node, &over).await, Access::Revoked(_)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_feed_is_deaf_reads_rows_where_they_can_be_read() {
    let (world, store) = World::flaky().await;
    let quick = FeedTiming::new(Duration::from_millis(10), Duration::from_millis(200));
    let node = node(&world, |config| config.feed = quick).await;
    let held = world.sign_up().await;
    store.set(Fault::Deaf);
    until("the bound", async || (!node.is_up_to_date()).then_some(())).await;
    assert!(matches!(asked(&node, &held).await, Access::Valid(_)));
    world.auth.sign_out(held.session.id, Client::default()).await.expect("answers");
    assert!(matches!(asked(&node, &held).await, Access::Revoked(_)), "by its row");
}

#[tokio::test]
async fn a_node_that_cannot_learn_what_was_revoked_does_not_begin() {
    let (world, store) = World::flaky().await;
    store.set(Fault::Deaf);
    let store = world.place.accounts();
    Accounts::with_clock(config(), store, world.clock.clone()).await.expect_err("deaf");
}
