//! Every flaw of a handshake token, and the check that refuses it, by all forms.

mod apart;
mod flaws;
#[cfg(feature = "paseto")]
mod paseto;

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{HandshakeRefusal as Refusal, *};
use crate::{
    secret::ServerSecret,
    store::{OnceStore, memory::MemoryStore},
    verifier::{BoxError, RemoteConfig},
};

const A: &str = "https://a.example";
const B: &str = "https://b.example";
const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_500);

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(NOW.millis() + millis)
}

fn secret(first: u8) -> ServerSecret {
    ServerSecret::new((first..first + 32).collect::<Vec<u8>>()).expect("long enough")
}

fn issuer() -> HandshakeIssuer {
    HandshakeIssuer::new(A, &secret(0), &[]).expect("keys")
}

fn ada() -> Subject {
    Subject::new("ada").expect("a subject")
}

/// A receiver at B of what that issuer issues for it, with that store.
fn receiver_on(
    form: HandshakeForm,
    issuer: &HandshakeIssuer,
    once: Arc<dyn OnceStore>,
) -> HandshakeReceiver {
    let config = RemoteConfig::new(A, B);
    let jwks = issuer.jwks();
    let made = match form {
        HandshakeForm::Jwt => {
            HandshakeReceiver::with_jwks(config, move || answer(jwks.clone()), once)
        }
        HandshakeForm::Hs256 => {
            let shared = issuer.shared_secret(B).expect("derived");
            HandshakeReceiver::with_shared_secrets(config, &[shared], once)
        }
        #[cfg(feature = "paseto")]
        HandshakeForm::Paseto => {
            let paserks = issuer.paserks();
            HandshakeReceiver::with_paserks(config, move || answer(paserks.clone()), once)
        }
    };
    made.expect("fits together")
}

async fn answer(set: String) -> Result<String, BoxError> {
    Ok(set)
}

fn receiver(form: HandshakeForm) -> HandshakeReceiver {
    receiver_on(form, &issuer(), Arc::new(MemoryStore::new()))
}

/// The outcome for a browser with that state.
async fn outcome(
    receiver: &HandshakeReceiver,
    token: &str,
    state: &State,
    now: Timestamp,
) -> Result<Handshake, Refusal> {
    match receiver.receive(token, std::slice::from_ref(state), now).await {
        Ok(handshake) => Ok(handshake),
        Err(HandshakeError::Refused(refusal)) => Err(refusal),
        Err(other) => panic!("no answer: {other}"),
    }
}

fn issued(form: HandshakeForm, state: &State) -> String {
    let token = issuer().issue(form, B, &ada(), &state.nonce(), NOW).expect("signed");
    token.reveal().to_owned()
}

/// The claims of a good token for that state.
fn claims(state: &State) -> Value {
    let iat = NOW.seconds();
    json!({
        "iss": A, "aud": B, "sub": "ada", "iat": iat, "exp": iat + 60, "jti": "an-id",
        "nonce": state.nonce().to_string(),
    })
}

#[tokio::test]
async fn a_token_of_each_form_arrives_once() {
    for form in HandshakeForm::ALL {
        let (receiver, state) = (receiver(*form), State::random());
        let token = issued(*form, &state);
        assert!(token.len() < 600, "{form:?}: {}", token.len());
        let arrived = outcome(&receiver, &token, &state, at(1_000)).await.expect("arrived");
        assert_eq!((arrived.sub, arrived.nonce), (ada(), state.nonce()));
        assert_eq!(arrived.exp - arrived.iat, 60);
        let again = outcome(&receiver, &token, &state, at(2_000)).await;
        assert_eq!(again, Err(Refusal::Replayed), "{form:?}");
    }
}

#[tokio::test]
async fn of_twenty_exchanges_at_once_one_succeeds() {
    for form in HandshakeForm::ALL {
        let (receiver, state) = (Arc::new(receiver(*form)), State::random());
        let token = issued(*form, &state);
        let tries = (0..20).map(|_| {
            let (receiver, state, token) = (Arc::clone(&receiver), state.clone(), token.clone());
            tokio::spawn(async move { outcome(&receiver, &token, &state, NOW).await })
        });
        let (mut arrived, mut replayed) = (0, 0);
        for tried in tries.collect::<Vec<_>>() {
            match tried.await.expect("no panic") {
                Ok(_) => arrived += 1,
                Err(refusal) => {
                    assert_eq!(refusal, Refusal::Replayed);
                    replayed += 1;
                }
            }
        }
        assert_eq!((arrived, replayed), (1, 19), "{form:?}");
    }
}

#[tokio::test]
async fn a_token_lives_to_its_last_millisecond() {
    for form in HandshakeForm::ALL {
        let state = State::random();
        let token = issued(*form, &state);
        // Issued half a second into its first second.
        for (millis, expected) in [(59_499, Ok(ada())), (59_500, Err(Refusal::Expired))] {
            let outcome = outcome(&receiver(*form), &token, &state, at(millis)).await;
            assert_eq!(outcome.map(|arrived| arrived.sub), expected, "{form:?} {millis}");
        }
        let early = outcome(&receiver(*form), &token, &state, at(-5_501)).await;
        assert_eq!(early, Err(Refusal::Times), "{form:?}");
    }
    assert!(issuer().with_lifetime(Duration::from_secs(61)).is_err());
    assert!(issuer().with_lifetime(Duration::ZERO).is_err());
}

#[tokio::test]
async fn a_planted_token_is_refused_and_used_up() {
    for form in HandshakeForm::ALL {
        let receiver = receiver(*form);
        // Two tabs of the browser that it was made for.
        let states = [State::random(), State::random(), State::random()];
        let token = issued(*form, &states[1]);
        let arrived = receiver.receive(&token, &states, NOW).await;
        assert!(arrived.is_ok(), "{form:?}: {arrived:?}");

        let own = State::random();
        let (victim, attempting) = (issued(*form, &own), issued(*form, &own));
        let without = receiver.receive(&victim, &[], NOW).await;
        assert!(
            matches!(without, Err(HandshakeError::Refused(Refusal::NoState))),
            "{form:?}: {without:?}"
        );
        let planted = outcome(&receiver, &attempting, &State::random(), NOW).await;
        assert_eq!(planted, Err(Refusal::State), "{form:?}");
        // An attacker who began both attempts, and finds the tokens in a log, has nothing of them.
        for seen in [victim, attempting] {
            let late = outcome(&receiver, &seen, &own, NOW).await;
            assert_eq!(late, Err(Refusal::Replayed), "{form:?}");
        }
    }
}

#[tokio::test]
async fn a_token_that_is_refused_for_itself_is_not_used_up() {
    let once = Arc::new(MemoryStore::new());
    let receiver = receiver_on(HandshakeForm::Jwt, &issuer(), once);
    let state = State::random();
    let token = issued(HandshakeForm::Jwt, &state);
    assert_eq!(outcome(&receiver, &token, &state, at(-6_000)).await, Err(Refusal::Times));
    assert!(outcome(&receiver, &token, &state, NOW).await.is_ok());
}

#[tokio::test]
async fn a_token_for_another_audience_or_issuer_is_refused() {
    for form in HandshakeForm::ALL {
        let (receiver, state) = (receiver(*form), State::random());
        let nonce = state.nonce();
        let elsewhere = issuer().issue(*form, "https://c.example", &ada(), &nonce, NOW);
        let elsewhere = elsewhere.expect("signed");
        // The key of HS256 is another one for each receiver: C cannot even sign for B.
        let expected = match form {
            HandshakeForm::Hs256 => Refusal::Key,
            _ => Refusal::Audience,
        };
        let outcome_of = outcome(&receiver, elsewhere.reveal(), &state, NOW).await;
        assert_eq!(outcome_of, Err(expected), "{form:?}");
        let other = HandshakeIssuer::new("https://evil.example", &secret(0), &[]).expect("keys");
        let other = other.issue(*form, B, &ada(), &nonce, NOW).expect("signed");
        let outcome_of = outcome(&receiver, other.reveal(), &state, NOW).await;
        assert_eq!(outcome_of, Err(Refusal::Issuer), "{form:?}");
    }
}

#[tokio::test]
async fn a_foreign_key_is_refused() {
    for form in HandshakeForm::ALL {
        let state = State::random();
        let foreign = HandshakeIssuer::new(A, &secret(50), &[]).expect("keys");
        let token = foreign.issue(*form, B, &ada(), &state.nonce(), NOW).expect("signed");
        let outcome = outcome(&receiver(*form), token.reveal(), &state, NOW).await;
        assert_eq!(outcome, Err(Refusal::Key), "{form:?}");
    }
}

#[tokio::test]
async fn a_change_of_the_secret_refuses_no_token_under_way() {
    let changed = HandshakeIssuer::new(A, &secret(50), &[secret(0)]).expect("keys");
    for form in HandshakeForm::ALL.iter().filter(|form| **form != HandshakeForm::Hs256) {
        let receiver = receiver_on(*form, &changed, Arc::new(MemoryStore::new()));
        let state = State::random();
        let before = issued(*form, &state);
        assert!(outcome(&receiver, &before, &state, NOW).await.is_ok(), "{form:?}");
        let after = changed.issue(*form, B, &ada(), &state.nonce(), NOW).expect("signed");
        assert!(outcome(&receiver, after.reveal(), &state, NOW).await.is_ok(), "{form:?}");
    }
    // A receiver of HS256 is given both secrets for as long.
    let shared = [&changed, &issuer()].map(|from| from.shared_secret(B).expect("derived"));
    let config = RemoteConfig::new(A, B);
    let once = Arc::new(MemoryStore::new());
    let receiver = HandshakeReceiver::with_shared_secrets(config, &shared, once).expect("fits");
    let state = State::random();
    let before = issued(HandshakeForm::Hs256, &state);
    assert!(outcome(&receiver, &before, &state, NOW).await.is_ok());
}

#[tokio::test]
async fn each_form_refuses_the_tokens_of_the_others() {
    for expected in HandshakeForm::ALL {
        for other in HandshakeForm::ALL.iter().filter(|other| *other != expected) {
            let state = State::random();
            let outcome = outcome(&receiver(*expected), &issued(*other, &state), &state, NOW).await;
            let refusal = outcome.expect_err("refused");
            assert!(
                matches!(refusal, Refusal::Key | Refusal::Type | Refusal::Malformed),
                "{other:?} at {expected:?}: {refusal}"
            );
        }
    }
}

#[tokio::test]
async fn a_text_that_is_no_token_is_refused() {
    let state = State::random();
    for form in HandshakeForm::ALL {
        let long = "x".repeat(MAX_HANDSHAKE_LEN + 1);
        for (text, expected) in [
            ("", None),
            ("..", None),
            ("a.b", None),
            ("a.b.c.d.e", None),
            ("v4.public.", None),
            ("v4.local.AAAA", None),
            ("a b.c.d", None),
            (long.as_str(), Some(Refusal::TooLong)),
        ] {
            let refusal = outcome(&receiver(*form), text, &state, NOW).await.expect_err("refused");
            match expected {
                Some(expected) => assert_eq!(refusal, expected),
                None => assert!(
                    matches!(refusal, Refusal::Malformed | Refusal::Type),
                    "{form:?} {text}: {refusal}"
                ),
            }
        }
    }
}

#[test]
fn a_state_and_its_nonce_have_one_text_each() {
    let state = State::random();
    assert_eq!(State::parse(&state.reveal()).expect("reads back").nonce(), state.nonce());
    assert_eq!(Nonce::parse(&state.nonce().to_string()), Some(state.nonce()));
    // The last character carries two bits of nothing.
    let spelt_otherwise = format!("{}B", "A".repeat(42));
    assert!(State::parse(&spelt_otherwise).is_none());
    for bad in ["", "A", &"A".repeat(44), &format!("{}=", "A".repeat(42))] {
        assert!(Nonce::parse(bad).is_none(), "{bad}");
    }
    let shared = issuer().shared_secret(B).expect("derived");
    let printed = format!("{state:?} {shared:?} {:?}", issuer());
    assert!(!printed.contains(&state.reveal()) && !printed.contains(shared.reveal()), "{printed}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    /// No letter of a token of any form can be another one.
    #[test]
    fn no_changed_letter_of_a_handshake_is_accepted(at in 0..10_000_usize, other in "[A-Za-z0-9_.-]") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let runtime = runtime.expect("a runtime");
        for form in HandshakeForm::ALL {
            let state = State::random();
            let token = issued(*form, &state);
            let at = at % token.len();
            let changed = format!("{}{other}{}", &token[..at], &token[at + 1..]);
            prop_assume!(changed != token);
            let outcome = runtime.block_on(outcome(&receiver(*form), &changed, &state, NOW));
            prop_assert!(outcome.is_err(), "{:?}: {}", form, changed);
        }
    }
}
