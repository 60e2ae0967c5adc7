//! Guessing is slowed, other users are not; and the owner is told of it.

use coatroom::{
    Accounts, AuthConfig, SignInContext,
    accounts::{SignInError, SignUpError},
    config::Rate,
    store::AccountEvent,
};

use crate::support::{
    EMAIL, HOUR, PASSWORD, Place, START, TICK, World, account_of, config, context, credentials,
    flaky::Fault, memory, on_every_store,
};

on_every_store! {
    failed_sign_ins_are_account_events_and_a_burst_counts_as_one,
    a_stranger_locks_out_no_owner_from_another_network,
}

const OWNER: &str = "192.0.2.0/24";
const STRANGER: &str = "198.51.100.0/24";

fn from(network: &str) -> SignInContext {
    let mut context = context(None);
    context.client.ip_prefix = network.into();
    context
}

async fn wrong(accounts: &Accounts, email: &str, network: &str) -> SignInError {
    let who = credentials(email, "not the password");
    accounts.sign_in(who, from(network)).await.expect_err("refused")
}

async fn failed_sign_ins_are_account_events_and_a_burst_counts_as_one(place: Place) {
    let world = World::on(place).await;
    let user = account_of(&world.sign_up().await);
    for network in [STRANGER, OWNER, STRANGER, STRANGER] {
        assert!(matches!(
            wrong(&world.accounts, EMAIL, network).await,
            SignInError::InvalidCredentials
        ));
        world.advance(TICK);
    }
    wrong(&world.accounts, "nobody@example.com", STRANGER).await;
    wrong(&world.accounts, "no address at all", STRANGER).await;
    world.sign_in(None).await.expect("the right one is no failure");
    world.accounts.drain().await;
    let told = async || {
        let events = world.accounts.account_events(user, 10).await.expect("answers");
        let told = |event: AccountEvent| (event.network, event.times, event.last_at);
        events.into_iter().map(told).collect::<Vec<_>>()
    };
    let (stranger, owner) =
        ((STRANGER.into(), 3, START + 3 * TICK), (OWNER.into(), 1, START + TICK));
    assert_eq!(told().await, [stranger.clone(), owner.clone()]);
    world.advance(HOUR);
    wrong(&world.accounts, EMAIL, STRANGER).await;
    world.accounts.drain().await;
    let later = (STRANGER.into(), 1, START + 4 * TICK + HOUR);
    assert_eq!(told().await, [later, stranger, owner], "another hour is another row");
}

async fn a_stranger_locks_out_no_owner_from_another_network(place: Place) {
    let mut config = config();
    config.guessing.failures = Some(Rate::new(3, 24 * HOUR));
    let world = World::with(config, place).await;
    world.sign_up().await;
    let guess = async || wrong(&world.accounts, EMAIL, STRANGER).await;
    for _ in 0..3 {
        assert!(matches!(guess().await, SignInError::InvalidCredentials));
    }
    let right = credentials(EMAIL, PASSWORD);
    for error in [
        guess().await,
        world.accounts.sign_in(right.clone(), from(STRANGER)).await.expect_err("a lucky guess"),
    ] {
        let SignInError::TooMany { retry_after } = error else { panic!("{error:?}") };
        assert!(retry_after <= 8 * HOUR && retry_after > 7 * HOUR, "{retry_after:?}");
    }
    for _ in 0..10 {
        world
            .accounts
            .sign_in(right.clone(), from(OWNER))
            .await
            .expect("the owner, as often as ever");
    }
}

/// One network's flood fills neither the queue nor the time of the hashing.
#[tokio::test(flavor = "multi_thread")]
async fn an_owner_signs_in_while_one_network_floods() {
    let mut config = AuthConfig::new("https://coatroom.example", crate::support::secret(0));
    config.guessing.failures = None;
    let auth = Accounts::new(config, memory().accounts()).await.expect("an engine");
    let right = credentials(EMAIL, PASSWORD);
    auth.sign_up(right.clone(), from(OWNER)).await.expect("signed up");
    let flood: Vec<_> = (0..300)
        .map(|_| {
            let auth = auth.clone();
            tokio::spawn(async move { wrong(&auth, EMAIL, STRANGER).await })
        })
        .collect();
    for _ in 0..3 {
        auth.sign_in(right.clone(), from(OWNER)).await.expect("signed in meanwhile");
    }
    let mut checked = 0;
    for guess in flood {
        match guess.await.expect("no panic") {
            SignInError::InvalidCredentials => checked += 1,
            SignInError::TooMany { .. } | SignInError::Hash(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!((1..=62).contains(&checked), "{checked} were checked, of sixty a minute");
}

#[tokio::test]
async fn sign_ups_of_one_network_are_bounded_and_refusals_cost_none() {
    let mut config = config();
    config.guessing.sign_ups = Some(Rate::new(2, 24 * HOUR));
    let auth = Accounts::new(config, memory().accounts()).await.expect("an engine");
    let sign_up = async |email: &str, password, network| {
        auth.sign_up(credentials(email, password), from(network)).await
    };
    for _ in 0..9 {
        let refused = sign_up("ada@example.com", "too short", STRANGER).await;
        assert!(matches!(refused, Err(SignUpError::Password(_))));
    }
    for email in ["ada@example.com", "eve@example.com"] {
        sign_up(email, PASSWORD, STRANGER).await.expect("signed up");
    }
    let refused = sign_up("bob@example.com", PASSWORD, STRANGER).await;
    assert!(matches!(refused, Err(SignUpError::TooMany { .. })), "{refused:?}");
    sign_up("bob@example.com", PASSWORD, OWNER).await.expect("from elsewhere");
}

#[tokio::test]
async fn a_right_password_that_cannot_be_hashed_anew_signs_in() {
    let (world, store) = World::flaky().await;
    let user = account_of(&world.sign_up().await);
    let mut dearer = config();
    dearer.hashing.iterations = 2;
    let shared = world.place.accounts();
    let auth = Accounts::with_clock(dearer, shared, world.clock.clone()).await.expect("an engine");
    let hash = async || {
        let user = world.accounts.user(user).await.expect("answers").expect("known");
        world.place.accounts().user_by_email(&user.email).await.expect("answers").expect("known").1
    };
    let before = hash().await;
    store.set(Fault::Hashes);
    auth.sign_in(credentials(EMAIL, PASSWORD), context(None)).await.expect("it was right");
    assert_eq!(hash().await, before);
    store.set(Fault::None);
    auth.sign_in(credentials(EMAIL, PASSWORD), context(None)).await.expect("and again");
    assert_ne!(hash().await, before);
}
