//! A change of the server's secret: with the former one for reading no user is signed out, and without it no server
//! starts.

use coatroom::{
    Access, Accounts, AuthConfig,
    auth::{Refreshed, StartError, TokenPair},
    keyring::KeyringError,
    keys::KeysError,
    session::{Client, Decision, Replay},
    store::Trigger,
};

use crate::support::*;

/// A server on the world's store, with other secrets: the first is its own.
async fn with_secrets(world: &World, numbers: &[u8]) -> Result<Accounts, StartError> {
    let mut config: AuthConfig = config();
    config.secret = secret(numbers[0]);
    config.old_secrets = numbers[1..].iter().map(|number| secret(*number)).collect();
    Accounts::with_clock(config, world.place.accounts(), world.clock.clone()).await
}

async fn refresh(accounts: &Accounts, held: &TokenPair) -> Refreshed {
    let presented = Some(refresh_token(held));
    accounts.auth().refresh(presented, Trigger::Call, Client::default()).await.expect("answered")
}

async fn access(accounts: &Accounts, held: &TokenPair) -> Access {
    accounts.auth().authenticate(&held.access).await.expect("the store answers")
}

/// Proves the delivery, and exchanges the token at that server as soon as may be.
async fn rotate(world: &World, accounts: &Accounts, held: &TokenPair) -> TokenPair {
    until("the acknowledgement", || async {
        access(accounts, held).await;
        accounts.auth().session(held.session.id).await.ok().flatten()?.acknowledged_at
    })
    .await;
    world.advance(D);
    let refreshed = refresh(accounts, held).await;
    assert_eq!(refreshed.decision, Decision::Rotate);
    tokens(refreshed)
}

async fn a_change_of_the_secret_signs_no_user_out(place: Place) {
    let world = World::on(place).await;
    let began = world.sign_up().await;
    // Its successor never arrives: the answer is given again across the change, byte for byte.
    let lost = world.rotate(&began).await;
    let changed = with_secrets(&world, &[1, 0]).await.expect("it starts");
    let replayed = refresh(&changed, &began).await;
    assert_eq!(replayed.decision, Decision::Replay(Replay::Undelivered));
    let replayed = tokens(replayed);
    assert_eq!((&replayed.refresh, &replayed.access), (&lost.refresh, &lost.access));

    assert!(matches!(access(&changed, &lost).await, Access::Valid(_)));
    let next = rotate(&world, &changed, &lost).await;
    let next = rotate(&world, &changed, &next).await;
    let signed_in = changed.sign_in(credentials(EMAIL, PASSWORD), context(None)).await;
    let signed_in = signed_in.expect("signed in").into_signed().expect("signed tokens");
    assert_ne!(signed_in.session.pepper_kid, next.session.pepper_kid);

    // A second change, with the first secret still for reading; the order of those does not matter.
    let again = with_secrets(&world, &[2, 0, 1]).await.expect("it starts");
    rotate(&world, &again, &next).await;
    rotate(&world, &again, &signed_in).await;
}

async fn a_dropped_former_secret_ends_its_sessions_and_no_others(place: Place) {
    let world = World::on(place).await;
    let old = world.sign_up().await;
    let changed = with_secrets(&world, &[1, 0]).await.expect("it starts");
    let new = changed.sign_in(credentials(EMAIL, PASSWORD), context(None)).await;
    let new = new.expect("in").into_signed().expect("signed tokens");
    // The keys were sealed anew: the new secret alone opens them.
    let alone = with_secrets(&world, &[1]).await.expect("it starts");
    assert!(matches!(access(&alone, &old).await, Access::Valid(_)));
    assert_eq!(refresh(&alone, &old).await.decision.row(), 1);
    rotate(&world, &alone, &new).await;
}

async fn a_start_without_the_former_secret_fails_and_changes_nothing(place: Place) {
    let world = World::on(place).await;
    let held = world.sign_up().await;
    let before = world.place.store.keys().await.expect("answers");
    for numbers in [&[1][..], &[1, 2]] {
        let error = with_secrets(&world, numbers).await.expect_err("refused");
        let sealed = matches!(error, StartError::Keys(KeysError::Keyring(KeyringError::Sealed(_))));
        assert!(sealed, "{error:?}");
    }
    assert_eq!(world.place.store.keys().await.expect("answers"), before);
    world.rotate(&held).await;
}

async fn servers_that_read_each_others_secrets_serve_one_session(place: Place) {
    let world = World::on(place).await;
    let held = world.sign_up().await;
    // First all of them learn to read the new one, then one after the other begins to write it.
    let first = with_secrets(&world, &[0, 1]).await.expect("it starts");
    let second = with_secrets(&world, &[1, 0]).await.expect("it starts");
    let held = rotate(&world, &second, &held).await;
    let held = rotate(&world, &first, &held).await;
    let third = with_secrets(&world, &[0, 1]).await.expect("it starts");
    rotate(&world, &third, &held).await;
}

on_every_store!(
    a_change_of_the_secret_signs_no_user_out,
    a_dropped_former_secret_ends_its_sessions_and_no_others,
    a_start_without_the_former_secret_fails_and_changes_nothing,
    servers_that_read_each_others_secrets_serve_one_session,
);
