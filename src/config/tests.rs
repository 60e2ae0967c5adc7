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
    let changes: [(&str, Change); 8] = [
        ("access_ttl", |c| c.access_ttl = Duration::from_secs(u64::MAX)),
        ("jwks_max_age", |c| c.jwks_max_age = Duration::MAX),
        ("grace", |c| c.grace = Duration::MAX),
        ("feed", |c| c.feed.poll = Duration::MAX),
        ("feed", |c| c.feed.bound = Duration::MAX),
        ("browser", |c| c.browser.idle = Duration::MAX),
        ("browser", |c| c.browser.absolute = Duration::MAX),
        ("remembered", |c| c.remembered = Lifetimes::new(Duration::MAX, Duration::MAX)),
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
    let changes: &[(&str, Change)] = &[
        ("issuer", |c| c.issuer.clear()),
        ("audience", |c| c.audience.clear()),
        ("access_ttl", |c| c.access_ttl = Duration::ZERO),
        ("access_ttl", |c| c.access_ttl = Duration::from_millis(1500)),
        ("access_ttl", |c| c.access_ttl = 16 * MINUTE),
        ("clock_skew", |c| c.clock_skew = 5 * MINUTE + Duration::from_millis(1)),
        ("clock_skew", |c| {
            (c.access_ttl, c.clock_skew) = (MINUTE, MINUTE + Duration::from_millis(1));
        }),
        ("jwks_max_age", |c| c.jwks_max_age = Duration::from_millis(999)),
        ("jwks_max_age", |c| c.jwks_max_age = DAY + Duration::from_millis(1)),
        ("grace", |c| c.grace = Duration::from_millis(112_501)),
        ("replays", |c| c.replays.burst = 0),
        ("replays", |c| c.replays.burst = 10_001),
        ("replays", |c| c.replays.refill = Duration::ZERO),
        ("replays", |c| c.replays.refill = Duration::from_millis(60_001)),
        ("lock_step", |c| c.lock_step.generations = 1),
        ("lock_step", |c| c.lock_step.generations = 17),
        ("feed", |c| c.feed.poll = Duration::from_millis(9)),
        ("feed", |c| c.feed.bound = Duration::from_millis(1_999)),
        ("feed", |c| c.feed.bound = 16 * MINUTE),
        ("browser", |c| c.browser.idle = MINUTE),
        ("browser", |c| c.browser.idle = 2 * DAY),
        ("remembered", |c| c.remembered.absolute = 31 * DAY),
        ("retention", |c| c.retention = 16 * MINUTE),
        ("passwords", |c| c.passwords.min = 7),
        ("passwords", |c| c.passwords.max = 63),
        ("passwords", |c| c.passwords.max = usize::MAX),
        ("hashing", |c| c.hashing.concurrency = 0),
        ("hashing", |c| c.hashing.concurrency = usize::MAX),
        ("guessing", |c| c.guessing.sign_ins = Some(Rate::new(0, MINUTE))),
        ("guessing", |c| c.guessing.failures = Some(Rate::new(1, 2 * DAY))),
        ("guessing", |c| c.guessing.under_attack = Rate::new(2_000, Duration::from_secs(1))),
        ("guessing", |c| c.guessing.at_once = 0),
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
