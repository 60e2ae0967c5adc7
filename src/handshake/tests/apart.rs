//! A handshake is no access token, an access token is no handshake, and a store that fails lets no client in.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;

use super::*;
use crate::{
    AccessToken, Accounts, AuthConfig, Credentials, Persistence, SignInContext, Verifier,
    access_token::TokenError, clock::TestClock, store::StoreError,
};

/// The engine of A, and an access token that it issued.
async fn accounts() -> (Accounts, AccessToken) {
    let mut config = AuthConfig::new(A, secret(0));
    B.clone_into(&mut config.audience);
    (config.hashing.memory_kib, config.hashing.iterations) = (8, 1);
    let clock = Arc::new(TestClock::new(NOW));
    let accounts = Accounts::with_clock(config, Arc::new(MemoryStore::new()), clock).await;
    let accounts = accounts.expect("an engine");
    let ada = Credentials::new("ada@example.com", "a quiet harbour at dawn");
    let tokens = accounts.sign_up(ada, SignInContext::new(Persistence::Browser)).await;
    let signed = tokens.expect("signed up").into_signed().expect("signed tokens");
    (accounts, signed.access)
}

#[tokio::test]
async fn an_access_token_is_no_handshake() {
    let (accounts, access) = accounts().await;
    let state = State::random();
    for form in HandshakeForm::ALL {
        let outcome = outcome(&receiver(*form), access.reveal(), &state, NOW).await;
        let refusal = outcome.expect_err("refused");
        assert!(matches!(refusal, Refusal::Type | Refusal::Key), "{form:?}: {refusal}");
    }
    // Also of a receiver that was given the wrong key set.
    let jwks = accounts.auth().jwks();
    let once = Arc::new(MemoryStore::new());
    let config = RemoteConfig::new(A, B);
    let misled = HandshakeReceiver::with_jwks(config, move || answer(jwks.clone()), once);
    let outcome = outcome(&misled.expect("fits"), access.reveal(), &state, NOW).await;
    assert_eq!(outcome, Err(Refusal::Type));
}

#[tokio::test]
async fn a_handshake_is_no_access_token() {
    let (accounts, _) = accounts().await;
    let issuer = issuer();
    for form in [HandshakeForm::Jwt, HandshakeForm::Hs256] {
        let token = AccessToken::parse(&issued(form, &State::random())).expect("the form of one");
        let verifier = Verifier::from_jwks(&accounts.auth().jwks(), A, B).expect("keys");
        assert_eq!(verifier.verify(&token, NOW), Err(TokenError::Type), "{form:?}");
        // Also for a verifier that was given the wrong key set.
        let misled = Verifier::from_jwks(&issuer.jwks(), A, B).expect("keys");
        assert_eq!(misled.verify(&token, NOW), Err(TokenError::Type), "{form:?}");
    }
    // No key is in both sets.
    let own: Value = serde_json::from_str(&accounts.auth().jwks()).expect("JSON");
    let other: Value = serde_json::from_str(&issuer.jwks()).expect("JSON");
    assert_ne!(own["keys"][0]["kid"], other["keys"][0]["kid"]);
}

/// A store that fails until it is told not to.
#[derive(Default)]
struct Failing {
    up: AtomicBool,
    asked: Mutex<Vec<(String, Timestamp)>>,
    rest: MemoryStore,
}

#[async_trait]
impl OnceStore for Failing {
    async fn consume(&self, purpose: &str, id: &str, until: Timestamp) -> Result<bool, StoreError> {
        self.asked.lock().expect("sound").push((purpose.to_owned(), until));
        if !self.up.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("down".into()));
        }
        self.rest.consume(purpose, id, until).await
    }
}

#[tokio::test]
async fn a_store_that_fails_lets_no_client_in_and_uses_nothing_up() {
    let store = Arc::new(Failing::default());
    let receiver = receiver_on(HandshakeForm::Jwt, &issuer(), store.clone());
    let state = State::random();
    let token = issued(HandshakeForm::Jwt, &state);
    let states = [state];
    let failed = receiver.receive(&token, &states, NOW).await;
    assert!(matches!(failed, Err(HandshakeError::Store(_))), "{failed:?}");
    store.up.store(true, Ordering::SeqCst);
    assert!(receiver.receive(&token, &states, NOW).await.is_ok());
    // The mark outlives the token by the skew of clocks.
    let marked = store.asked.lock().expect("sound").clone();
    let until = Timestamp::from_seconds(NOW.seconds() + 65);
    assert_eq!(marked, [("handshake".to_owned(), until), ("handshake".to_owned(), until)]);
}

#[tokio::test]
async fn without_keys_no_handshake_is_called_invalid() {
    let fetch = || async { Err::<String, BoxError>("connection refused".into()) };
    let config = RemoteConfig::new(A, B);
    let receiver = HandshakeReceiver::with_jwks(config, fetch, Arc::new(MemoryStore::new()));
    let state = State::random();
    let token = issued(HandshakeForm::Jwt, &state);
    let failed = receiver.expect("fits").receive(&token, &[state], NOW).await;
    assert!(matches!(failed, Err(HandshakeError::Unavailable(_))), "{failed:?}");
}
