//! Revoked is for ever, whatever the clocks of nodes and databases say.

use std::{sync::Arc, time::Duration};

use coatroom::{
    Access, Accounts, Auth, AuthConfig, Role, Timestamp,
    auth::{Refreshed, TokenPair},
    clock::TestClock,
    session::{Client, Decision},
    store::Trigger,
};

use crate::support::{
    EMAIL, HOUR, PASSWORD, Place, START, World, account_of, config, context, credentials,
    on_every_store, until,
};

on_every_store! {
    a_revocation_by_a_node_behind_holds_on_the_one_ahead,
    a_revoked_token_dated_by_a_node_ahead_never_becomes_valid,
    a_clock_that_goes_forward_and_back_brings_nothing_back,
    a_change_stamped_long_ago_or_far_ahead_is_heard_by_a_poll,
    a_node_started_with_a_clock_behind_hears_of_all,
}

/// The life of an access token here.
const TTL: Duration = Duration::from_mins(1);

const GRACE: Duration = Duration::from_secs(5);

/// A node with a clock of its own.
struct Node {
    accounts: Accounts,
    auth: Auth,
    clock: Arc<TestClock>,
}

impl Node {
    async fn on(place: &Place, start: Timestamp) -> Self {
        let clock = Arc::new(TestClock::alone(start));
        let mut config: AuthConfig = config();
        config.access_ttl = TTL;
        config.grace = GRACE;
        config.feed.poll = Duration::from_millis(10);
        let made = Accounts::with_clock(config, place.accounts(), clock.clone()).await;
        let accounts = made.expect("an engine");
        Self { auth: accounts.auth().clone(), accounts, clock }
    }

    /// Lets time pass, and waits until the node has asked again: in that time it would have.
    async fn pass(&self, by: Duration) {
        self.clock.advance(by);
        self.catches_up().await;
    }

    async fn catches_up(&self) {
        until("an answer", async || self.auth.is_up_to_date().then_some(())).await;
    }

    async fn sign_in(&self) -> TokenPair {
        let who = credentials(EMAIL, PASSWORD);
        self.accounts
            .sign_in(who, context(None))
            .await
            .expect("signed in")
            .into_signed()
            .expect("signed tokens")
    }

    async fn refresh(&self, held: &TokenPair) -> Refreshed {
        let refreshed =
            self.auth.refresh(held.refresh.clone(), Trigger::Call, Client::default()).await;
        refreshed.expect("answers")
    }

    async fn sign_out(&self, held: &TokenPair) {
        let id = held.session.id;
        self.auth.sign_out(id, Client::default()).await.expect("the store answers");
    }

    async fn access(&self, held: &TokenPair) -> Access {
        self.auth.authenticate(&held.access).await.expect("the store answers")
    }

    async fn hears_of(&self, held: &TokenPair) {
        until("the news", async || {
            matches!(self.access(held).await, Access::Revoked(_)).then_some(())
        })
        .await;
    }
}

async fn a_revocation_by_a_node_behind_holds_on_the_one_ahead(place: Place) {
    let behind = Node::on(&place, START).await;
    let ahead = Node::on(&place, START + Duration::from_secs(40)).await;
    let who = credentials(EMAIL, PASSWORD);
    let held = ahead
        .accounts
        .sign_up(who, context(None))
        .await
        .expect("signed up")
        .into_signed()
        .expect("signed tokens");
    behind.sign_out(&held).await;
    ahead.hears_of(&held).await;
    // Until it has expired by both clocks, and beyond.
    for _ in 0..30 {
        for node in [&behind, &ahead] {
            node.pass(Duration::from_secs(5)).await;
            let access = node.access(&held).await;
            assert!(!matches!(access, Access::Valid(_)), "{access:?} at {:?}", node.auth.now());
        }
    }
}

/// A node whose clock is ahead dates tokens by it, also when it gives a lost answer again, which begins no generation.
/// A revocation by another node is remembered until they have expired.
async fn a_revoked_token_dated_by_a_node_ahead_never_becomes_valid(place: Place) {
    const AHEAD: Duration = Duration::from_mins(30);
    let right = Node::on(&place, START).await;
    let who = credentials(EMAIL, PASSWORD);
    right.accounts.sign_up(who, context(None)).await.expect("signed up");
    for ends in ["a sign-out", "another role", "a sign-out after a replay"] {
        let lost = right.sign_in().await;
        // Proves the ticket; exchanges it once the spacing is over.
        right.refresh(&lost).await;
        right.pass(2 * GRACE).await;
        assert_eq!(right.refresh(&lost).await.decision, Decision::Rotate);
        let ahead = Node::on(&place, right.auth.now() + AHEAD).await;
        let held = if ends == "a sign-out after a replay" {
            let again = ahead.refresh(&lost).await;
            assert!(matches!(again.decision, Decision::Replay(_)), "{:?}", again.decision);
            again.tokens.expect("both tokens")
        } else {
            ahead.sign_in().await
        };
        if ends == "another role" {
            right.accounts.set_role(account_of(&held), Role::ADMIN).await.expect("answers");
        } else {
            right.sign_out(&held).await;
        }
        for _ in 0..35 {
            right.pass(Duration::from_mins(1)).await;
            let access = right.access(&held).await;
            assert!(!matches!(access, Access::Valid(_)), "{ends}: {access:?}");
        }
    }
}

async fn a_clock_that_goes_forward_and_back_brings_nothing_back(place: Place) {
    let node = Node::on(&place, START).await;
    let who = credentials(EMAIL, PASSWORD);
    let held = node
        .accounts
        .sign_up(who, context(None))
        .await
        .expect("signed up")
        .into_signed()
        .expect("signed tokens");
    node.sign_out(&held).await;
    // Set forward, while the token could still be young.
    node.clock.set(START + HOUR);
    let another = node.sign_in().await;
    node.sign_out(&another).await;
    node.pass(Duration::from_secs(40)).await;
    node.clock.set(START + Duration::from_secs(40));
    assert!(matches!(node.access(&held).await, Access::Revoked(_)));
    // And after so long that everything was forgotten.
    let third = node.sign_in().await;
    node.sign_out(&third).await;
    for _ in 0..3 {
        node.pass(HOUR).await;
    }
    assert!(matches!(node.access(&third).await, Access::Expired(_)), "forgotten by then");
    node.clock.set(START + Duration::from_secs(45));
    let at_once = node.access(&third).await;
    assert!(matches!(at_once, Access::Revoked(_)), "by its row, without an answer: {at_once:?}");
    node.catches_up().await;
    assert!(matches!(node.access(&third).await, Access::Revoked(_)), "read again");
}

async fn a_change_stamped_long_ago_or_far_ahead_is_heard_by_a_poll(place: Place) {
    let right = Node::on(&place, START).await;
    let who = credentials(EMAIL, PASSWORD);
    right.accounts.sign_up(who, context(None)).await.expect("signed up");
    for (number, stamped) in [START - 50 * HOUR, START + 50 * HOUR].into_iter().enumerate() {
        let wrong = Node::on(&place, stamped).await;
        let held = right.sign_in().await;
        wrong.sign_out(&held).await;
        right.hears_of(&held).await;
        // A poll alone, as if a feed was cut off.
        let fresh = Node::on(&place, START).await;
        assert!(matches!(fresh.access(&held).await, Access::Revoked(_)), "{number}");
        let id = account_of(&right.sign_in().await);
        let role = if number == 0 { Role::ADMIN } else { Role::USER };
        let held = right.sign_in().await;
        wrong.accounts.set_role(id, role).await.expect("answers");
        until("the news", async || {
            matches!(right.access(&held).await, Access::Outdated(_)).then_some(())
        })
        .await;
    }
}

async fn a_node_started_with_a_clock_behind_hears_of_all(place: Place) {
    let right = Node::on(&place, START).await;
    let who = credentials(EMAIL, PASSWORD);
    let held = right
        .accounts
        .sign_up(who, context(None))
        .await
        .expect("signed up")
        .into_signed()
        .expect("signed tokens");
    right.sign_out(&held).await;
    right.pass(10 * TTL).await;
    for back in [Duration::ZERO, 9 * TTL, 10 * TTL, 11 * TTL] {
        let behind = Node::on(&place, START + 10 * TTL - back).await;
        let access = behind.access(&held).await;
        assert!(!matches!(access, Access::Valid(_)), "{back:?}: {access:?}");
    }
}

#[tokio::test]
async fn a_world_whose_clock_stands_is_current() {
    let world = World::in_memory().await;
    assert!(world.auth.is_up_to_date());
    world.clock.set(START - HOUR);
    assert!(!world.auth.is_up_to_date(), "before what it has read");
    until("all of it", async || world.auth.is_up_to_date().then_some(())).await;
}
