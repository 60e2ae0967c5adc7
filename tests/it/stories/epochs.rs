//! Ending all sessions at once, and what running nodes make of it.

use std::time::Duration;

use coatroom::{
    Access, Accounts, Auth,
    session::{Decision, EndReason},
};

use crate::support::{D, Place, TICK, World, config, on_every_store, tokens, until};

on_every_store! {
    an_epoch_ends_earlier_sessions_on_every_node_not_later_ones,
    an_epoch_since_an_instant_spares_sessions_not_seen_since,
}

async fn node(world: &World) -> Auth {
    let mut config = config();
    config.feed.poll = Duration::from_millis(10);
    let store = world.place.accounts();
    Accounts::with_clock(config, store, world.clock.clone())
        .await
        .expect("an engine")
        .auth()
        .clone()
}

async fn an_epoch_ends_earlier_sessions_on_every_node_not_later_ones(place: Place) {
    let world = World::on(place).await;
    let node = node(&world).await;
    let (one, two) = (world.sign_up().await, world.sign_in(None).await.expect("signed in"));
    let number = world.place.store.add_epoch(None, world.auth.now()).await.expect("answers");
    for held in [&one, &two] {
        until("the news", async || {
            let access = node.authenticate(&held.access).await.expect("answers");
            matches!(access, Access::Revoked(_)).then_some(())
        })
        .await;
        assert_eq!(world.decided(held).await, Decision::Ended(EndReason::Administrator));
    }
    let after = world.sign_in(None).await.expect("signed in");
    assert!(matches!(node.authenticate(&after.access).await, Ok(Access::Valid(_))));
    let rotated = world.rotate(&after).await;
    assert_eq!(rotated.info.claims.epoch, number);
    assert!(matches!(node.authenticate(&rotated.access).await, Ok(Access::Valid(_))));
    // One that starts later knows of it, too.
    assert!(matches!(
        world.restarted().await.authenticate(&one.access).await,
        Ok(Access::Revoked(_))
    ));
}

async fn an_epoch_since_an_instant_spares_sessions_not_seen_since(place: Place) {
    let world = World::on(place).await;
    let node = node(&world).await;
    let before = world.sign_up().await;
    world.deliver(&before).await;
    world.advance(TICK);
    let since = world.auth.now();
    let after = world.sign_in(None).await.expect("signed in");
    world.place.store.add_epoch(Some(since), world.auth.now()).await.expect("answers");
    until("the news", async || {
        let access = node.authenticate(&after.access).await.expect("answers");
        matches!(access, Access::Revoked(_)).then_some(())
    })
    .await;
    assert!(matches!(node.authenticate(&before.access).await, Ok(Access::Valid(_))), "by its row");
    world.advance(D);
    let rotated = tokens(world.refresh(&before).await);
    assert!(matches!(node.authenticate(&rotated.access).await, Ok(Access::Valid(_))));
}
