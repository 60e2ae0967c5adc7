//! Figures that fit together, and those that do not.

use super::*;

type Change = fn(&mut AuthConfig);

fn config() -> AuthConfig {
    AuthConfig::new(
        "https://a.example",
        ServerSecret::new(ServerSecret::generate()).expect("long enough"),
    )
}

#[test]
fn the_defaults_fit_together() {
    assert_eq!(config().check(), Ok(()));
    assert_eq!(config().timing().spacing, Duration::from_secs(60));
}

#[test]
fn durations_beyond_any_sum_are_refused_without_a_panic() {
    let changes: [(Field, Change); 8] = [
        (Field::AccessTtl, |c| c.access_ttl = Duration::from_secs(u64::MAX)),
        (Field::JwksMaxAge, |c| c.jwks_max_age = Duration::MAX),
        (Field::Grace, |c| c.grace = Duration::MAX),
        (Field::Feed, |c| c.feed.poll = Duration::MAX),
        (Field::Feed, |c| c.feed.bound = Duration::MAX),
        (Field::Browser, |c| c.browser.idle = Duration::MAX),
        (Field::Browser, |c| c.browser.absolute = Duration::MAX),
        (Field::Remembered, |c| c.remembered = Lifetimes::new(Duration::MAX, Duration::MAX)),
    ];
    for (field, change) in changes {
        let mut config = config();
        change(&mut config);
        let _no_panic = (config.timing(), config.schedule());
        assert_eq!(config.check().expect_err("refused").field, field);
    }
}

#[test]
fn each_bad_value_is_refused_by_name() {
    let changes: &[(Field, Change)] = &[
        (Field::Issuer, |c| c.issuer.clear()),
        (Field::Audience, |c| c.audience.clear()),
        (Field::AccessTtl, |c| c.access_ttl = Duration::ZERO),
        (Field::AccessTtl, |c| c.access_ttl = Duration::from_millis(1500)),
        (Field::AccessTtl, |c| c.access_ttl = 16 * MINUTE),
        (Field::ClockSkew, |c| c.clock_skew = 5 * MINUTE + Duration::from_millis(1)),
        (Field::ClockSkew, |c| {
            (c.access_ttl, c.clock_skew) = (MINUTE, MINUTE + Duration::from_millis(1));
        }),
        (Field::JwksMaxAge, |c| c.jwks_max_age = Duration::from_millis(999)),
        (Field::JwksMaxAge, |c| c.jwks_max_age = DAY + Duration::from_millis(1)),
        (Field::Grace, |c| c.grace = Duration::from_millis(112_501)),
        (Field::Replays, |c| c.replays.burst = 0),
        (Field::Replays, |c| c.replays.burst = 10_001),
        (Field::Replays, |c| c.replays.refill = Duration::ZERO),
        (Field::Replays, |c| c.replays.refill = Duration::from_millis(60_001)),
        (Field::LockStep, |c| c.lock_step.generations = 1),
        (Field::LockStep, |c| c.lock_step.generations = 17),
        (Field::Feed, |c| c.feed.poll = Duration::from_millis(9)),
        (Field::Feed, |c| c.feed.bound = Duration::from_millis(1_999)),
        (Field::Feed, |c| c.feed.bound = 16 * MINUTE),
        (Field::Browser, |c| c.browser.idle = MINUTE),
        (Field::Browser, |c| c.browser.idle = 2 * DAY),
        (Field::Remembered, |c| c.remembered.absolute = 31 * DAY),
        (Field::Retention, |c| c.retention = 16 * MINUTE),
        (Field::Passwords, |c| c.passwords.min = 7),
        (Field::Passwords, |c| c.passwords.max = 63),
        (Field::Passwords, |c| c.passwords.max = usize::MAX),
        (Field::Hashing, |c| c.hashing.concurrency = 0),
        (Field::Hashing, |c| c.hashing.concurrency = usize::MAX),
        (Field::Guessing, |c| c.guessing.sign_ins = Some(Rate::new(0, MINUTE))),
        (Field::Guessing, |c| c.guessing.failures = Some(Rate::new(1, 2 * DAY))),
        (Field::Guessing, |c| c.guessing.under_attack = Rate::new(2_000, Duration::from_secs(1))),
        (Field::Guessing, |c| c.guessing.at_once = 0),
    ];
    for (field, change) in changes {
        let mut config = config();
        change(&mut config);
        assert_eq!(config.check().expect_err("refused").field, *field);
    }
    let mut edge = config();
    edge.grace = Duration::from_millis(112_500);
    let edges = [(Duration::from_secs(1), Duration::ZERO), (DAY, 5 * MINUTE)];
    for (jwks_max_age, clock_skew) in edges {
        (edge.jwks_max_age, edge.clock_skew) = (jwks_max_age, clock_skew);
        assert_eq!(edge.check(), Ok(()));
    }
}
