//! Tokens across a change of keys, with every algorithm.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::*;
use crate::{
    access_token::{AccessToken, TokenError, TokenKind, Verified},
    issuer::AccessTokens,
    session::{Session, tests::session},
    verifier::{JwksError, Terms, Verifier},
};

const ISSUER: &str = "https://coatroom.example";
const TTL: Duration = Duration::from_secs(60);
const SKEW: Duration = Duration::from_secs(5);
const SCHEDULE: Schedule =
    Schedule { cache: Duration::from_secs(5), access_ttl: TTL, clock_skew: SKEW };

fn tokens(records: &[KeyRecord]) -> AccessTokens {
    let (issuer, audience) = (ISSUER.into(), "coatroom".into());
    let terms =
        Terms { issuer, audience, typ: TokenKind::Access.media_type(), ttl: TTL, clock_skew: SKEW };
    AccessTokens::new(terms, open(records), SECRET.pepper())
}

fn issue(tokens: &AccessTokens, now: i64) -> AccessToken {
    tokens.issue(&rotated_at_zero(), at(now), |_| false).expect("signed").0
}

/// A session that was rotated at 0: its tokens change every 30 s from there.
fn rotated_at_zero() -> Session {
    Session { rotated_at: at(0), ..session() }
}

fn verifier(tokens: &AccessTokens, now: i64) -> Result<Verifier, JwksError> {
    Verifier::from_jwks(&tokens.keyring().jwks(at(now)), ISSUER, "coatroom")
}

fn kid_of(token: &AccessToken) -> String {
    let header = token.reveal().split('.').next().expect("a header");
    let header = URL_SAFE_NO_PAD.decode(header).expect("base64url");
    let header: Value = serde_json::from_slice(&header).expect("JSON");
    header["kid"].as_str().expect("a name").to_owned()
}

#[test]
fn an_issued_token_verifies_here_and_wherever_the_key_set_is() {
    for algorithm in ALL {
        let records = first(new(algorithm), at(0));
        let tokens = tokens(&records);
        let (token, info) = tokens.issue(&rotated_at_zero(), at(0), |_| false).expect("signed");
        assert_eq!((info.algorithm, &info.kid), (algorithm, &records[0].kid));
        let valid = Ok(Verified::Valid(info.clone().into()));
        assert_eq!(tokens.verify(&token, at(0)), valid, "{algorithm:?}");
        let read = AccessToken::parse(token.reveal()).expect("it was written here");
        assert_eq!(tokens.verify(&read, at(60_000)), Ok(Verified::Expired(info.into())));
        match verifier(&tokens, 0) {
            Ok(elsewhere) => {
                assert_eq!(elsewhere.verify(&token, at(0)), valid, "{algorithm:?}");
                assert_eq!(elsewhere.refused(), []);
            }
            // No other service can check it, because one that could check could also sign.
            Err(error) => {
                assert_eq!(error, JwksError::NoneFit(Vec::new()));
                assert_eq!(algorithm, SigningAlgorithm::Hs256);
            }
        }
    }
}

#[test]
fn replayed_tokens_are_the_same_bytes_except_es256_signatures() {
    for algorithm in ALL {
        let tokens = tokens(&first(new(algorithm), at(0)));
        let (one, two) = (issue(&tokens, 0), issue(&tokens, 29_999));
        let message = |token: &AccessToken| {
            token.reveal().rsplit_once('.').map(|(message, _)| message.to_owned())
        };
        assert_eq!(message(&one), message(&two), "{algorithm:?}");
        assert_eq!(one == two, algorithm != SigningAlgorithm::Es256, "{algorithm:?}");
        assert!(matches!(tokens.verify(&two, at(29_999)), Ok(Verified::Valid(_))));
    }
}

#[test]
fn a_change_of_keys_changes_no_token_before_its_slot_is_over() {
    let before = first(new(SigningAlgorithm::EdDsa), at(-1_000_000));
    let old = &before[0].kid;
    for (when, changed_at) in [(Activation::AtOnce, 10_000), (Activation::AfterCachePeriod, 5_000)]
    {
        let next = new(SigningAlgorithm::Rs256);
        let kid = next.kid().clone();
        let after = rotate(&before, next, at(changed_at), SCHEDULE, when).expect("none staged");
        assert_eq!(after[1].active_at, at(10_000));
        let tokens = tokens(&before);
        let issued = issue(&tokens, 0);
        assert_eq!(kid_of(&issued), old.as_str());
        tokens.replace(open(&after));
        for now in [0, 9_999, 10_000, 10_001, 29_999] {
            assert_eq!(issue(&tokens, now), issued, "{when:?} {now}");
        }
        assert_eq!(kid_of(&issue(&tokens, 30_000)), kid.as_str());
        assert!(matches!(tokens.verify(&issued, at(59_999)), Ok(Verified::Valid(_))));
        // A session that begins after the change begins with the new key.
        let session = Session { rotated_at: at(10_000), ..session() };
        let (fresh, _) = tokens.issue(&session, at(10_000), |_| false).expect("signed");
        assert_eq!(kid_of(&fresh), kid.as_str());
    }
}

#[test]
fn a_node_ahead_signs_with_a_key_the_others_accept_and_show() {
    let before = first(new(SigningAlgorithm::EdDsa), at(-1_000_000));
    let next = new(SigningAlgorithm::EdDsa);
    let after = rotate(&before, next, at(-5_000), SCHEDULE, Activation::AfterCachePeriod);
    let tokens = tokens(&after.expect("none is staged"));
    let early = issue(&tokens, 0);
    assert!(matches!(tokens.verify(&early, at(-1)), Ok(Verified::Valid(_))));
    let elsewhere = verifier(&tokens, -5_000).expect("two keys");
    assert!(matches!(elsewhere.verify(&early, at(0)), Ok(Verified::Valid(_))));
}

#[test]
fn any_clock_signs_with_a_key_that_all_within_the_skew_accept() {
    let old = first(new(SigningAlgorithm::EdDsa), at(-1_000_000));
    let after = |when| rotate(&old, new(SigningAlgorithm::EdDsa), at(0), SCHEDULE, when);
    let histories = [
        // Made by a clock that is five minutes ahead of all the instants below.
        first(new(SigningAlgorithm::EdDsa), at(300_000)),
        after(Activation::AtOnce).expect("none staged"),
        after(Activation::AfterCachePeriod).expect("none staged"),
    ];
    for records in histories {
        let tokens = tokens(&records);
        for now in (-120..120).map(|seconds| seconds * 1_000 + 500) {
            for rotated_at in [-200_000, 0, 500, 200_000] {
                let session = Session { rotated_at: at(rotated_at), ..session() };
                let (token, _) = tokens.issue(&session, at(now), |_| false).expect("signed");
                for there in [now - 5_000, now, now + 5_000] {
                    let seen = tokens.verify(&token, at(there));
                    assert!(seen.is_ok(), "{rotated_at} {now} {there}: {seen:?}");
                    let elsewhere = verifier(&tokens, there).expect("keys");
                    assert_eq!(elsewhere.verify(&token, at(there)), seen);
                }
            }
        }
    }
}

#[test]
fn a_retired_keys_token_is_refused_and_replays_get_the_next_key() {
    let old = first(new(SigningAlgorithm::EdDsa), at(-1_000_000));
    let tokens = tokens(&old);
    let held = issue(&tokens, 0);
    let next = new(SigningAlgorithm::EdDsa);
    let both = rotate(&old, next, at(7_000), SCHEDULE, Activation::AtOnce).expect("none staged");
    let after = retire(&both, &old[0].kid, at(7_000)).expect("the next one signs");
    tokens.replace(open(&after));
    assert!(matches!(tokens.verify(&held, at(6_999)), Ok(Verified::Valid(_))));
    for now in [7_000, 7_001] {
        assert_eq!(tokens.verify(&held, at(now)), Err(TokenError::Key));
    }
    let again = issue(&tokens, 7_000);
    assert_eq!(kid_of(&again), after[1].kid.as_str());
    assert!(matches!(tokens.verify(&again, at(7_000)), Ok(Verified::Valid(_))));
    let elsewhere = verifier(&tokens, 7_000).expect("a key");
    assert_eq!(elsewhere.verify(&held, at(7_000)), Err(TokenError::Key));
}

#[test]
fn a_token_in_time_is_never_refused_for_a_change_of_keys() {
    let before = first(new(SigningAlgorithm::EdDsa), at(-1_000_000));
    let next = new(SigningAlgorithm::EdDsa);
    let after = rotate(&before, next, at(0), SCHEDULE, Activation::AtOnce).expect("none staged");
    // Dated one millisecond before the change, and issued as late as a token of that date may be.
    let session = Session { rotated_at: at(-1), ..session() };
    let tokens = tokens(&after);
    let (last, info) = tokens.issue(&session, at(28_999), |_| false).expect("signed");
    assert_eq!(kid_of(&last), before[0].kid.as_str());
    let end = Timestamp::from_millis(info.claims.expires_at().millis() - 1);
    assert!(matches!(tokens.verify(&last, end), Ok(Verified::Valid(_))));
    assert!(after[0].retired_at.expect("it ends") > end + Duration::from_secs(5));
}

#[test]
fn all_keys_retired_is_an_error_and_no_unsigned_token() {
    let mut records = first(new(SigningAlgorithm::EdDsa), at(0));
    records[0].retired_at = Some(at(1));
    let tokens = tokens(&records);
    assert!(tokens.issue(&rotated_at_zero(), at(0), |_| false).is_ok());
    assert!(tokens.issue(&rotated_at_zero(), at(1), |_| false).is_err());
}
