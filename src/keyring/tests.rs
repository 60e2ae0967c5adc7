//! The keyring: which key signs, which are accepted, and what is shown.

mod tokens;

use std::{sync::LazyLock, time::Duration};

use serde_json::Value;

use super::*;

const ALL: [SigningAlgorithm; 4] = [
    SigningAlgorithm::EdDsa,
    SigningAlgorithm::Es256,
    SigningAlgorithm::Rs256,
    SigningAlgorithm::Hs256,
];

static SECRET: LazyLock<ServerSecret> = LazyLock::new(|| secret(0));

fn secret(first: u8) -> ServerSecret {
    ServerSecret::new((first..first + 32).collect::<Vec<u8>>()).expect("long enough")
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_000_000_000 + millis)
}

/// A new key; of RSA always the same one, because it takes long to make.
fn new(algorithm: SigningAlgorithm) -> NewKey {
    static RSA: LazyLock<NewKey> = LazyLock::new(|| make(SigningAlgorithm::Rs256));
    fn make(algorithm: SigningAlgorithm) -> NewKey {
        NewKey::generate(algorithm, &SECRET).expect("made")
    }
    if algorithm == SigningAlgorithm::Rs256 { RSA.clone() } else { make(algorithm) }
}

/// A key that is staged at 0, signs from 100, no longer from 200, and is refused from 300 on.
fn passing(algorithm: SigningAlgorithm) -> KeyRecord {
    let mut records = first(new(algorithm), at(100));
    let mut record = records.remove(0);
    record.staged_at = at(0);
    record.retiring_at = Some(at(200));
    record.retired_at = Some(at(300));
    record
}

fn open(records: &[KeyRecord]) -> Keyring {
    Keyring::open(records, &SECRET).expect("opened")
}

fn shown(keyring: &Keyring, now: i64) -> Vec<Value> {
    let mut set: Value = serde_json::from_str(&keyring.jwks(at(now))).expect("JSON");
    set["keys"].as_array_mut().expect("a list").drain(..).collect()
}

#[test]
fn a_key_has_each_state_on_time_and_is_accepted_until_retired() {
    use KeyState::{Active, Retired, Retiring, Staged};
    let record = passing(SigningAlgorithm::EdDsa);
    let keyring = open(std::slice::from_ref(&record));
    for (now, state) in [
        (-1, Staged),
        (0, Staged),
        (99, Staged),
        (100, Active),
        (101, Active),
        (199, Active),
        (200, Retiring),
        (201, Retiring),
        (299, Retiring),
        (300, Retired),
        (301, Retired),
    ] {
        assert_eq!(record.state(at(now)), state, "{now}");
        let accepted = state != Retired;
        assert_eq!(keyring.find(record.kid.as_str(), at(now)).is_some(), accepted, "{now}");
        assert_eq!(shown(&keyring, now).len(), usize::from(accepted), "{now}");
    }
    assert!(keyring.find("another", at(150)).is_none());
}

#[test]
fn a_token_dated_before_a_key_change_is_signed_with_the_old_key() {
    let next = KeyRecord {
        active_at: at(200),
        retiring_at: None,
        retired_at: None,
        ..passing(SigningAlgorithm::EdDsa)
    };
    let old = passing(SigningAlgorithm::EdDsa);
    let records = [next.clone(), old.clone()];
    let keyring = open(&records);
    for (instant, now, kid) in [
        (100, 100, &old.kid),
        (199, 199, &old.kid),
        (199, 200, &old.kid),
        (199, 299, &old.kid),
        (199, 300, &next.kid),
        (200, 200, &next.kid),
        (201, 999, &next.kid),
        // Dated before any key, or by a clock that runs behind.
        (99, 150, &old.kid),
        (99, 250, &next.kid),
        (50, 50, &old.kid),
    ] {
        let key = keyring.signing_at(at(instant), at(now)).expect("a key");
        assert_eq!(key.kid(), kid, "{instant} at {now}");
    }
    let retired = open(&[old]);
    assert!(retired.signing_at(at(150), at(300)).is_none());
}

#[test]
fn if_several_keys_could_sign_every_node_takes_the_same_one() {
    let twins = [passing(SigningAlgorithm::EdDsa), passing(SigningAlgorithm::EdDsa)];
    let smaller = twins.iter().map(|record| &record.kid).min().expect("two");
    let [one, two] = twins.clone();
    for records in [[one.clone(), two.clone()], [two, one]] {
        let keyring = open(&records);
        assert_eq!(keyring.signing_at(at(150), at(150)).expect("a key").kid(), smaller);
        let kids: Vec<_> = shown(&keyring, 150).iter().map(|jwk| jwk["kid"].to_string()).collect();
        assert_eq!(kids[1], format!("{:?}", smaller.as_str()), "the order is the same too");
    }
    let later = KeyRecord { active_at: at(101), ..passing(SigningAlgorithm::EdDsa) };
    let keyring = open(&[later.clone(), twins[0].clone()]);
    assert_eq!(keyring.signing_at(at(150), at(150)).expect("a key").kid(), &later.kid);
    assert_eq!(keyring.signing_at(at(100), at(150)).expect("a key").kid(), &twins[0].kid);
}

#[test]
fn public_halves_are_shown_and_nothing_else() {
    let records = ALL.map(passing);
    let jwks = shown(&open(&records), 150);
    let of = |algorithm: SigningAlgorithm| {
        let found = jwks.iter().find(|jwk| jwk["alg"] == algorithm.as_str())?;
        let mut names: Vec<_> = found.as_object().expect("an object").keys().cloned().collect();
        names.sort();
        assert_eq!(found["use"], "sig");
        assert!(records.iter().any(|record| found["kid"] == record.kid.as_str()));
        Some((found["kty"].clone(), found["crv"].clone(), names.join(" ")))
    };
    let okp = ("OKP".into(), "Ed25519".into(), "alg crv kid kty use x".into());
    let ec = ("EC".into(), "P-256".into(), "alg crv kid kty use x y".into());
    let rsa = ("RSA".into(), Value::Null, "alg e kid kty n use".into());
    assert_eq!(of(SigningAlgorithm::EdDsa), Some(okp));
    assert_eq!(of(SigningAlgorithm::Es256), Some(ec));
    assert_eq!(of(SigningAlgorithm::Rs256), Some(rsa));
    assert_eq!(of(SigningAlgorithm::Hs256), None);
    assert_eq!(jwks.len(), 3);
}

#[test]
fn a_key_is_as_long_as_is_said() {
    let rsa = open(&[passing(SigningAlgorithm::Rs256)]);
    let modulus = shown(&rsa, 150)[0]["n"].as_str().expect("a modulus").len();
    assert_eq!(modulus, 512, "3072 bits in base64url");
    let hmac = open(&[passing(SigningAlgorithm::Hs256)]);
    assert_eq!(hmac.0[0].signing().as_bytes().len(), 32);
}

#[test]
fn a_record_that_does_not_open_is_named() {
    let records = [passing(SigningAlgorithm::EdDsa), passing(SigningAlgorithm::Hs256)];
    let refused = |records: &[KeyRecord], secret: &ServerSecret| {
        Keyring::open(records, secret).expect_err("refused")
    };
    assert_eq!(refused(&[], &SECRET), KeyringError::Empty);
    let error = refused(&records, &secret(1));
    assert_eq!(error, KeyringError::Sealed(records[0].kid.clone()));
    assert!(error.to_string().contains(records[0].kid.as_str()), "{error}");

    // Swapped by an attacker who can write to the database.
    let mut exchanged = records.clone();
    exchanged[1].sealed.clone_from(&records[0].sealed);
    assert_eq!(refused(&exchanged, &SECRET), KeyringError::Sealed(records[1].kid.clone()));
    let mut relabelled = records.clone();
    relabelled[1].algorithm = SigningAlgorithm::EdDsa;
    assert_eq!(refused(&relabelled, &SECRET), KeyringError::Sealed(records[1].kid.clone()));

    let [record, _] = records;
    let sealed = seal::seal(&record.kid, record.algorithm, b"no key".to_vec(), &SECRET);
    let empty = KeyRecord { sealed: sealed.expect("sealed"), ..record };
    let kid = empty.kid.clone();
    assert_eq!(refused(&[empty], &SECRET), KeyringError::Private(kid));
}

#[test]
fn nothing_prints_a_private_half() {
    let record = passing(SigningAlgorithm::Hs256);
    let keyring = open(std::slice::from_ref(&record));
    let bytes = format!("{:?}", keyring.0[0].signing().as_bytes());
    let sealed = format!("{:?}", record.sealed);
    for printed in [format!("{keyring:?}"), format!("{record:?}"), format!("{:?}", new(ALL[0]))] {
        assert!(!printed.contains(&bytes[1..20]) && !printed.contains(&sealed[1..20]), "{printed}");
    }
    assert!(format!("{keyring:?}").contains(record.kid.as_str()));
}
