//! An issuer's own key sets and tokens, behind a client that counts, waits and fails as it is told.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tokio::{sync::Semaphore, task::JoinSet, time::Duration};

use super::*;
use crate::{
    Accounts, AuthConfig, Credentials, Persistence, ServerSecret, SignInContext, clock::TestClock,
    store::memory::MemoryStore, verifier::MAX_JWKS_LEN,
};

type Change = fn(&mut RemoteConfig, Duration);

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const ISSUER: &str = "https://coatroom.example";
const TICK: Duration = Duration::from_millis(1);

/// A key set with one key, and a token that it signed.
#[derive(Clone)]
struct Issued {
    jwks: String,
    token: AccessToken,
}

async fn issued() -> Issued {
    let secret = ServerSecret::new(ServerSecret::generate()).expect("strong");
    let mut config = AuthConfig::new(ISSUER, secret);
    (config.hashing.memory_kib, config.hashing.iterations) = (8, 1);
    let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(TestClock::new(NOW)));
    let accounts = Accounts::with_clock(config, store, clock).await.expect("an engine");
    let ada = Credentials::new("ada@example.com", "a quiet harbour at dawn");
    let begun = accounts.sign_up(ada, SignInContext::new(Persistence::Browser)).await;
    let tokens = begun.expect("signed up").into_signed().expect("signed tokens");
    Issued { jwks: accounts.auth().jwks(), token: tokens.access }
}

/// The issuer as a client sees it.
struct Wire {
    fetches: AtomicUsize,
    answer: std::sync::Mutex<Result<String, &'static str>>,
    /// One permit for each fetch that is answered.
    answered: Semaphore,
}

struct World {
    wire: Arc<Wire>,
    clock: Arc<TestClock>,
    config: RemoteConfig,
    verifier: RemoteVerifier,
}

impl World {
    fn new(jwks: &str) -> Self {
        let wire = Arc::new(Wire {
            fetches: AtomicUsize::new(0),
            answer: std::sync::Mutex::new(Ok(jwks.to_owned())),
            answered: Semaphore::new(1000),
        });
        let asked = Arc::clone(&wire);
        let fetch = move || {
            let asked = Arc::clone(&asked);
            async move {
                asked.fetches.fetch_add(1, Ordering::SeqCst);
                asked.answered.acquire().await?.forget();
                let answer = asked.answer.lock().expect("sound").clone();
                Ok(answer?)
            }
        };
        let clock = Arc::new(TestClock::alone(NOW));
        let config = RemoteConfig::new(ISSUER, "coatroom");
        let verifier = RemoteVerifier::with_clock(config.clone(), fetch, clock.clone());
        Self { wire, clock, config, verifier: verifier.expect("fits together") }
    }

    fn answers(&self, jwks: &str) {
        *self.wire.answer.lock().expect("sound") = Ok(jwks.to_owned());
    }

    fn fails(&self) {
        *self.wire.answer.lock().expect("sound") = Err("connection refused");
    }

    /// Answers no fetch until it is told to.
    fn hangs(&self) {
        self.wire.answered.forget_permits(1000);
    }

    fn fetches(&self) -> usize {
        self.wire.fetches.load(Ordering::SeqCst)
    }

    async fn fetches_reach(&self, count: usize) {
        while self.fetches() < count {
            tokio::task::yield_now().await;
        }
    }

    async fn verify(&self, issued: &Issued) -> Result<Verified, RemoteError> {
        self.verifier.verify(&issued.token, NOW).await
    }

    async fn believes(&self, issued: &Issued) -> bool {
        matches!(self.verify(issued).await, Ok(Verified::Valid(_)))
    }

    /// The cause, if it cannot say.
    async fn unavailable(&self, issued: &Issued) -> String {
        match self.verify(issued).await {
            Err(RemoteError::Unavailable(cause)) => cause.to_string(),
            other => panic!("{other:?}"),
        }
    }

    async fn unknown(&self, issued: &Issued) -> bool {
        matches!(self.verify(issued).await, Err(RemoteError::Token(TokenError::Key)))
    }
}

#[tokio::test]
async fn keys_are_fetched_at_the_first_token_and_when_they_are_old() {
    let ada = issued().await;
    let world = World::new(&ada.jwks);
    assert_eq!(world.fetches(), 0);
    for _ in 0..3 {
        assert!(world.believes(&ada).await);
        assert_eq!(world.fetches(), 1);
    }
    world.clock.advance(world.config.max_age.saturating_sub(TICK));
    assert!(world.believes(&ada).await);
    assert_eq!(world.fetches(), 1);
    // The wall clock is set back: the keys grow old all the same.
    world.clock.set(NOW);
    world.clock.advance(TICK);
    assert!(world.believes(&ada).await);
    assert_eq!(world.fetches(), 2);
    let late = world.verifier.verify(&ada.token, NOW + Duration::from_secs(900)).await;
    assert!(matches!(late, Ok(Verified::Expired(_))), "{late:?}");
    assert_eq!(world.verifier.now(), NOW + TICK);
}

#[tokio::test]
async fn a_withdrawn_key_is_refused_once_the_keys_are_old() {
    let (old, new) = (issued().await, issued().await);
    let world = World::new(&old.jwks);
    assert!(world.believes(&old).await);
    world.answers(&new.jwks);
    world.clock.advance(world.config.max_age);
    assert!(world.unknown(&old).await);
    assert!(world.believes(&new).await);
    assert_eq!(world.fetches(), 2);
}

#[tokio::test]
async fn a_new_key_is_fetched_and_a_flood_of_invented_ones_is_not() {
    let (old, new, invented) = (issued().await, issued().await, issued().await);
    let world = World::new(&old.jwks);
    assert!(world.believes(&old).await);
    world.clock.advance(world.config.refetch_interval);
    world.answers(&new.jwks);
    assert!(world.believes(&new).await);
    assert_eq!(world.fetches(), 2);

    for _ in 0..100 {
        assert!(world.unknown(&invented).await);
    }
    world.clock.advance(world.config.refetch_interval.saturating_sub(TICK));
    assert!(world.unknown(&invented).await);
    assert_eq!(world.fetches(), 2);
    world.clock.advance(TICK);
    for _ in 0..100 {
        assert!(world.unknown(&invented).await);
        assert!(world.believes(&new).await);
    }
    assert_eq!(world.fetches(), 3);
}

#[tokio::test]
async fn a_token_that_is_refused_for_itself_causes_no_fetch() {
    let ada = issued().await;
    let world = World::new(&ada.jwks);
    assert!(world.believes(&ada).await);
    world.clock.advance(world.config.refetch_interval);
    let text = ada.token.reveal();
    let (message, _) = text.rsplit_once('.').expect("a signature");
    for (forged, error) in [
        (format!("{message}.{}", "A".repeat(86)), TokenError::Signature),
        // {"alg":"EdDSA","typ":"at+jwt","kid":""}
        (
            "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCIsImtpZCI6IiJ9.e30.AAAA".to_owned(),
            TokenError::Key,
        ),
    ] {
        let token = AccessToken::parse(&forged).expect("a form");
        let verdict = world.verifier.verify(&token, NOW).await;
        assert!(matches!(verdict, Err(RemoteError::Token(found)) if found == error), "{verdict:?}");
    }
    assert_eq!(world.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn callers_that_wait_at_once_share_one_fetch() {
    let ada = issued().await;
    let world = World::new(&ada.jwks);
    world.hangs();
    let ask = || {
        let (verifier, token) = (world.verifier.clone(), ada.token.clone());
        async move { verifier.verify(&token, NOW).await }
    };
    let mut callers = JoinSet::new();
    for _ in 0..50 {
        callers.spawn(ask());
    }
    world.fetches_reach(1).await;
    // Not even one that comes after the interval, but before the answer, asks again.
    world.clock.advance(world.config.refetch_interval);
    callers.spawn(ask());
    world.wire.answered.add_permits(2);
    let verdicts = callers.join_all().await;
    let valid = verdicts.iter().filter(|verdict| matches!(verdict, Ok(Verified::Valid(_))));
    assert_eq!((valid.count(), world.fetches()), (51, 1));
}

#[tokio::test(start_paused = true)]
async fn a_fetch_is_finished_though_its_caller_goes_away() {
    let ada = issued().await;
    let world = World::new(&ada.jwks);
    world.hangs();
    let (verifier, token) = (world.verifier.clone(), ada.token.clone());
    let caller = tokio::spawn(async move { verifier.verify(&token, NOW).await });
    world.fetches_reach(1).await;
    caller.abort();
    assert!(caller.await.expect_err("aborted").is_cancelled());
    world.wire.answered.add_permits(1);
    assert!(world.believes(&ada).await);
    assert_eq!(world.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failed_refetch_keeps_the_keys_up_to_a_bound() {
    let ada = issued().await;
    let world = World::new(&ada.jwks);
    assert!(world.believes(&ada).await);
    world.fails();
    world.clock.advance(world.config.max_age);
    assert!(world.believes(&ada).await);
    assert_eq!(world.fetches(), 2);

    // Later attempts delay no caller, and go on at their interval.
    world.hangs();
    world.clock.advance(world.config.refetch_interval);
    let begun = tokio::time::Instant::now();
    for _ in 0..10 {
        assert!(world.believes(&ada).await);
    }
    assert_eq!(begun.elapsed(), Duration::ZERO);
    world.fetches_reach(3).await;
    world.wire.answered.add_permits(1000);
    while world.verifier.keys.is_fetching() {
        tokio::task::yield_now().await;
    }

    world
        .clock
        .advance(world.config.stale_for.saturating_sub(world.config.refetch_interval + TICK));
    assert!(world.believes(&ada).await);
    world.clock.advance(TICK);
    assert_eq!(world.unavailable(&ada).await, "connection refused");
    // It recovers as the issuer does.
    world.answers(&ada.jwks);
    world.clock.advance(world.config.refetch_interval);
    assert!(world.believes(&ada).await);
}

#[tokio::test]
async fn without_keys_no_token_is_called_invalid() {
    let (ada, invented) = (issued().await, issued().await);
    let world = World::new(&ada.jwks);
    world.fails();
    for issued in [&ada, &invented, &ada] {
        assert_eq!(world.unavailable(issued).await, "connection refused");
    }
    assert_eq!(world.fetches(), 1, "nor is a failing issuer asked more often");
    world.answers(&ada.jwks);
    world.clock.advance(world.config.refetch_interval);
    assert!(world.believes(&ada).await);
}

#[tokio::test]
async fn an_unknown_key_is_not_called_invalid_after_a_failed_fetch() {
    let (old, new) = (issued().await, issued().await);
    let world = World::new(&old.jwks);
    assert!(world.believes(&old).await);
    world.fails();
    world.clock.advance(world.config.refetch_interval);
    assert_eq!(world.unavailable(&new).await, "connection refused");
    assert!(world.believes(&old).await, "its key is known");
    world.answers(&new.jwks);
    assert_eq!(world.unavailable(&new).await, "connection refused");
    world.clock.advance(world.config.refetch_interval);
    assert!(world.believes(&new).await);
}

#[tokio::test]
async fn a_set_without_fit_keys_withdraws_them_and_garbage_does_not() {
    let ada = issued().await;
    let set: serde_json::Value = crate::json::object(ada.jwks.as_bytes()).expect("a set");
    let mut weak = set.clone();
    // The neutral point, for which an attacker can sign.
    weak["keys"][0]["x"] = json!("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let long = format!("{}{}", ada.jwks, " ".repeat(MAX_JWKS_LEN));
    for (answer, kept) in [
        ("<h1>Bad gateway</h1>".to_owned(), true),
        (long, true),
        (weak.to_string(), false),
        (json!({ "keys": [] }).to_string(), false),
    ] {
        let world = World::new(&ada.jwks);
        assert!(world.believes(&ada).await);
        world.answers(&answer);
        world.clock.advance(world.config.max_age);
        if kept {
            assert!(world.believes(&ada).await, "{answer:.40}");
        } else {
            assert_eq!(world.unavailable(&ada).await, "none of its keys can be used");
        }
        assert_eq!(world.fetches(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_hangs_panics_or_ends_counts_as_failed() {
    let ada = issued().await;
    let world = World::new(&ada.jwks);
    world.hangs();
    let begun = tokio::time::Instant::now();
    assert_eq!(world.unavailable(&ada).await, "the fetch timed out");
    assert_eq!(begun.elapsed(), world.config.time_out);
    // A time-out drops the fetch, and with it the wait for its permit.
    world.wire.answered.add_permits(1);
    world.clock.advance(world.config.refetch_interval);
    assert!(world.believes(&ada).await);

    let panics = || async { panic!("on purpose") };
    let verifier = RemoteVerifier::new(world.config.clone(), panics).expect("fits together");
    let verdict = verifier.verify(&ada.token, NOW).await;
    let Err(RemoteError::Unavailable(cause)) = verdict else { panic!("{verdict:?}") };
    assert_eq!(cause.to_string(), "the fetch panicked or was cancelled");
    assert!(!verifier.keys.is_fetching());
}

#[test]
fn a_configuration_that_does_not_fit_together_is_refused() {
    let second = Duration::from_secs(1);
    let cases: [(&str, Change, &[Duration], &[Duration]); 4] = [
        (
            "refetch_interval",
            |config, to| {
                (config.refetch_interval, config.time_out) = (to, to.min(config.time_out));
            },
            &[second, second * 60],
            &[second.saturating_sub(TICK), second * 60 + TICK],
        ),
        (
            "max_age",
            |config, to| config.max_age = to,
            &[second * 10, second * 86_400],
            &[(second * 10).saturating_sub(TICK), second * 86_400 + TICK],
        ),
        (
            "stale_for",
            |config, to| config.stale_for = to,
            &[Duration::ZERO, second * 86_400],
            &[second * 86_400 + TICK],
        ),
        (
            "time_out",
            |config, to| config.time_out = to,
            &[TICK, second * 10],
            &[Duration::ZERO, second * 10 + TICK],
        ),
    ];
    for (field, change, good, bad) in cases {
        for (value, fits) in
            good.iter().map(|good| (*good, true)).chain(bad.iter().map(|bad| (*bad, false)))
        {
            let mut config = RemoteConfig::new(ISSUER, "coatroom");
            change(&mut config, value);
            let found = config.check().map_err(|error| error.field);
            assert_eq!(found, if fits { Ok(()) } else { Err(field) }, "{field} {value:?}");
        }
    }
    for (issuer, audience, field) in [("", "coatroom", "issuer"), (ISSUER, "", "audience")] {
        let config = RemoteConfig::new(issuer, audience);
        let fetch = async || Ok(String::new());
        let error = RemoteVerifier::new(config, fetch).expect_err("refused");
        assert_eq!(error.field, field);
    }
}
