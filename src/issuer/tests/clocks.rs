//! Dates of tokens, whatever the clock that rotated the session showed.

use proptest::{
    prelude::*,
    test_runner::{Config, RngSeed},
};

use super::*;

const DAY_MS: i64 = 24 * 3_600_000;

/// An issuer whose tokens live for `ttl` seconds, and which forgives `skew` milliseconds.
fn issuer(ttl: u64, skew: u64) -> AccessTokens {
    let secret = ServerSecret::new((0..32).collect::<Vec<u8>>()).expect("long enough");
    let terms = Terms {
        issuer: "https://coatroom.example".into(),
        audience: "coatroom".into(),
        typ: TokenKind::Access.media_type(),
        ttl: Duration::from_secs(ttl),
        clock_skew: Duration::from_millis(skew),
    };
    let keyring = Keyring::derived_from(&secret, at(0)).expect("a key");
    AccessTokens::new(terms, keyring, secret.pepper())
}

/// A session that was rotated at an offset, and lives for long.
fn rotated(offset: i64) -> Session {
    let end = at(10 * DAY_MS);
    Session { rotated_at: at(offset), idle_expires_at: end, absolute_expires_at: end, ..session() }
}

#[test]
fn before_its_rotation_a_token_is_dated_to_the_slot_before() {
    // A lifetime of 60 s makes slots of 30 s, counted from the whole second of the rotation.
    for (rotated_at, now, date) in [
        (400, 400, 0),
        (400, 999, 0),
        // Of the same second: not before it, as dates are told.
        (400, 0, 0),
        (400, -1, -30_000),
        (400, -30_000, -30_000),
        (400, -30_001, -60_000),
        (0, -300_000, -300_000),
        (0, -299_999, -300_000),
        (0, 30_000, 30_000),
        (999, 30_000, 30_000),
        (999, 29_999, 0),
    ] {
        let slot = slot(at(rotated_at), at(now), Duration::from_secs(60));
        assert_eq!(slot, at(date), "rotated at {rotated_at}, now {now}");
    }
}

#[test]
fn no_instant_is_too_far_for_a_slot() {
    let ends = [i64::MIN, 0, i64::MAX].map(Timestamp::from_millis);
    for (rotated_at, now) in ends.into_iter().flat_map(|one| ends.map(|other| (one, other))) {
        assert!(slot(rotated_at, now, Duration::from_secs(900)) <= now);
    }
}

proptest! {
    #![proptest_config(Config {
        cases: 2_000, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..Config::default()
    })]

    #[test]
    fn a_token_is_accepted_by_its_node_and_by_all_within_the_skew(
        ttl in 1_u64..=900,
        skew_share in 0.0..=1.0_f64,
        rotated_at in -DAY_MS..DAY_MS,
        now in -DAY_MS..DAY_MS,
        apart in -1.0..=1.0_f64,
    ) {
        #[expect(clippy::cast_possible_truncation, reason = "shares of some minutes")]
        let share = |of: u64, share: f64| (f64::from(u32::try_from(of).expect("small")) * share) as i64;
        let skew = share((ttl * 1000).min(300_000), skew_share);
        let apart = share(skew.unsigned_abs(), apart);
        let tokens = issuer(ttl, skew.unsigned_abs());
        let session = rotated(rotated_at);
        let (token, info) = tokens.issue(&session, at(now), |_| false).expect("signed");
        let claims = &info.claims;
        prop_assert!(claims.issued_at() <= at(now));
        prop_assert!(claims.expires_at().since(at(now)).as_millis() * 2 + 2_000 >= u128::from(ttl) * 1000);
        let itself = tokens.verify(&token, at(now));
        prop_assert_eq!(itself, Ok(Verified::Valid(info.clone().into())));
        let there = at(now + apart);
        let expected = if there < claims.expires_at() { Verified::Valid } else { Verified::Expired };
        prop_assert_eq!(tokens.verify(&token, there), Ok(expected(info.clone().into())));
        // A node that issues it again in its slot issues the same token.
        let date = slot(session.rotated_at, at(now), Duration::from_secs(ttl));
        let again = if slot(session.rotated_at, there, Duration::from_secs(ttl)) == date { there } else { date };
        prop_assert_eq!(tokens.issue(&session, again, |_| false).expect("signed").0, token);
    }
}
