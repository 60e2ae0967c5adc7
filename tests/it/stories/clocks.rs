//! Clocks that differ, and settings that do: what a node makes of them, and what it says about it.

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use coatroom::{
    Access, Accounts, Auth, AuthConfig, Timestamp,
    access_token::TokenError,
    auth::TokenPair,
    clock::{DEFAULT_CLOCK_SKEW, TestClock},
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use crate::support::{ACCESS, START, TICK, World, config, listen::listen, refresh_token, tokens};

/// The events of this thread, a line for each.
#[derive(Clone, Debug, Default)]
struct Said(Arc<Mutex<Vec<String>>>);

impl Said {
    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, "{}={value:?} ", field.name()).expect("a text takes all");
    }
}

impl Subscriber for Said {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("coatroom") && *metadata.level() <= tracing::Level::WARN
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Another node on the same store, with its own clock and settings.
async fn node(world: &World, now: Timestamp, change: impl FnOnce(&mut AuthConfig)) -> Auth {
    let mut config = config();
    change(&mut config);
    let store = world.place.accounts();
    Accounts::with_clock(config, store, Arc::new(TestClock::new(now)))
        .await
        .expect("an engine")
        .auth()
        .clone()
}

async fn refused(node: &Auth, held: &TokenPair) -> Option<TokenError> {
    match node.authenticate(&held.access).await.expect("the store answers") {
        Access::Invalid(error) => Some(error),
        _ => None,
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_costs_one_refresh() {
    for back in [6, 60, 299, 3_600] {
        let world = World::in_memory().await;
        let held = world.sign_up().await;
        world.clock.set(START - Duration::from_secs(back));
        assert_eq!(refused(&world.auth, &held).await, Some(TokenError::Times), "{back}");
        let again = tokens(world.refresh(&held).await);
        assert!(matches!(world.access(&again).await, Access::Valid(_)), "{back}");
        // Another request at the same time is answered alike.
        assert_eq!(tokens(world.refresh(&held).await).access, again.access);
    }
}

#[tokio::test]
async fn the_skew_of_clocks_is_what_the_configuration_says() {
    let world = World::in_memory().await;
    let held = world.sign_up().await;
    for skew in [Duration::ZERO, DEFAULT_CLOCK_SKEW, Duration::from_mins(5)] {
        let set = |config: &mut AuthConfig| config.clock_skew = skew;
        let behind = node(&world, START - skew, set).await;
        assert_eq!(refused(&behind, &held).await, None, "{skew:?}");
        let further = node(&world, START - skew - TICK, set).await;
        assert_eq!(refused(&further, &held).await, Some(TokenError::Times), "{skew:?}");
    }
}

#[tokio::test]
async fn a_node_says_once_a_minute_what_does_not_fit() {
    let world = World::in_memory().await;
    let held = world.sign_up().await;
    let behind = node(&world, START - Duration::from_secs(60), |_| ()).await;
    let brief = node(&world, START, |config| config.access_ttl = ACCESS / 3).await;
    let renamed = node(&world, START, |config| {
        config.issuer = "https://b.example/\n\u{202e}".into();
    })
    .await;
    let other = node(&world, START, |config| config.audience = "x".repeat(512)).await;
    let said = Said::default();
    let _listening = listen(said.clone());
    for _ in 0..3 {
        assert_eq!(refused(&behind, &held).await, Some(TokenError::Times));
        assert_eq!(refused(&brief, &held).await, Some(TokenError::Times));
        assert_eq!(refused(&renamed, &held).await, Some(TokenError::Issuer));
        assert_eq!(refused(&other, &held).await, Some(TokenError::Audience));
        // A look at a token is no news.
        assert!(matches!(behind.examine(&held.access).await, Ok(Access::Invalid(_))));
    }
    let lines = said.lines();
    assert_eq!(lines.len(), 4, "{lines:#?}");
    let holds = |line: usize, words: &[&str]| {
        assert!(words.iter().all(|word| lines[line].contains(word)), "{}", lines[line]);
        assert!(!lines[line].contains('\n') && lines[line].len() < 400, "{}", lines[line]);
    };
    holds(0, &["ahead_ms=60000", "clock_skew_ms=5000", "clock"]);
    holds(1, &["lifetime_s=900", "access_ttl_s=300", "lifetime"]);
    holds(2, &[r"https://b.example/\n\u{202e}", "https://coatroom.example", "issuer"]);
    holds(3, &["got=coatroom", "audience"]);
    let hand = refresh_token(&held);
    assert!(!lines.iter().any(|line| line.contains(hand.reveal().get(..20).expect("long"))));
}

#[tokio::test]
async fn a_token_of_an_unknown_key_or_an_expired_one_is_not_logged() {
    let world = World::in_memory().await;
    let held = world.sign_up().await;
    let stranger = world.of_another_secret(&held).await;
    let said = Said::default();
    let _listening = listen(said.clone());
    assert_eq!(refused(&stranger.auth, &held).await, Some(TokenError::Key));
    world.advance(ACCESS);
    assert!(matches!(world.access(&held).await, Access::Expired(_)));
    assert_eq!(said.lines(), [""; 0]);
}
