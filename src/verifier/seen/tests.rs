use std::collections::HashSet;

use jsonwebtoken::DecodingKey;

use super::*;
use crate::{
    claims::Claims,
    key::{KeyId, SigningAlgorithm},
};

fn info(size: usize) -> Arc<TokenInfo> {
    let claims = r#"{"iss":"a","aud":"b","sub":"ada","sid":"AQEBAQEBAQEBAQEBAQEBAQ","iat":0,"exp":60,"jti":"x",
        "auth_time":0,"gen":0,"role":"user","av":0}"#;
    let claims: Claims = serde_json::from_str(claims).expect("claims");
    let kid = KeyId::parse("k").expect("a name");
    let typ = "at+jwt".into();
    Arc::new(TokenInfo { claims, algorithm: SigningAlgorithm::Hs256, kid, typ, size })
}

fn key() -> VerifyingKey {
    VerifyingKey::new(SigningAlgorithm::Hs256, DecodingKey::from_secret(&[7; 32]))
}

fn holds(seen: &Seen, number: u128, key: &VerifyingKey) -> bool {
    seen.get(Name(number), |_| Some(key)).is_some()
}

#[test]
fn a_token_is_found_by_its_own_text_alone() {
    let seen = Seen::default();
    let text = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl";
    let key = key();
    let name = |text: &str| seen.name(&AccessToken::parse(text).expect("a form"));
    seen.insert(name(text), info(text.len()), &key);
    assert!(seen.get(name(text), |_| Some(&key)).is_some());
    for place in (0..text.len()).filter(|place| text.as_bytes()[*place] != b'.') {
        for letter in ["A", "z", "_"].into_iter().filter(|it| *it != &text[place..=place]) {
            let other = format!("{}{letter}{}", &text[..place], &text[place + 1..]);
            assert!(seen.get(name(&other), |_| Some(&key)).is_none(), "{other}");
        }
    }
}

#[test]
fn two_caches_name_a_token_differently() {
    let token = AccessToken::parse("a.b.c").expect("a form");
    let names: HashSet<u128> = (0..100).map(|_| Seen::default().name(&token).0).collect();
    assert_eq!(names.len(), 100);
}

#[test]
fn a_token_is_not_found_under_another_key_or_without_its_own() {
    let (seen, [first, again]) = (Seen::default(), [key(), key()]);
    seen.insert(Name(1), info(400), &first);
    assert!(holds(&seen, 1, &first));
    assert!(!holds(&seen, 1, &again), "the same key, read anew");
    assert!(seen.get(Name(1), |_| None).is_none(), "a key that is retired");
}

#[test]
fn it_holds_a_bounded_number_of_bytes() {
    let (seen, key) = (Seen::of(64 * 1024), key());
    for number in 0..10_000 {
        seen.insert(Name(number), info(if number % 2 == 0 { 400 } else { 4_000 }), &key);
    }
    let held: u128 = (0..10_000).filter(|number| holds(&seen, *number, &key)).sum();
    assert!(held > 0);
    assert!(seen.0.tokens.weight() <= 64 * 1024, "{}", seen.0.tokens.weight());
}

/// The owner of many sessions presents a great many good tokens. One that is presented thrice is as much in use as any.
#[test]
fn a_storm_of_tokens_evicts_few_of_the_tokens_in_use() {
    const USED: u128 = 1_000;
    for (times, kept) in [(1, 970), (2, 750)] {
        let (seen, key) = (Seen::of(2_000 * 400), key());
        let use_all = || (0..USED).filter(|number| holds(&seen, *number, &key)).count();
        for number in 0..USED {
            seen.insert(Name(number), info(400), &key);
        }
        assert_eq!(use_all(), 1_000);
        for number in 0..100_000 {
            seen.insert(Name(USED + number), info(400), &key);
            assert!(times == 1 || holds(&seen, USED + number, &key));
            // Each of them is presented as the storm goes on.
            if number % 1_000 == 0 {
                use_all();
            }
        }
        assert!(use_all() >= kept, "{times}: {}", use_all());
    }
}
