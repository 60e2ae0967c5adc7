//! Figures that fit together, and those that do not.

use super::*;

type Change = fn(&mut AuthConfig);

const TICK: Duration = Duration::from_millis(1);

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
        (Field::Passwords, |c| c.passwords.context = vec![String::new()]),
        (Field::Passwords, |c| c.passwords.context = vec!["é".repeat(65)]),
        (Field::Passwords, |c| c.passwords.context = vec!["word".into(); 65]),
        (Field::Realm, |c| c.realm.clear()),
        (Field::Realm, |c| c.realm = "a".repeat(65)),
        (Field::Realm, |c| c.realm = "a\r\nset-cookie: a=b".into()),
        (Field::Realm, |c| c.realm = "caf\u{e9}".into()),
        (Field::Hashing, |c| c.hashing.concurrency = 0),
        (Field::Hashing, |c| c.hashing.concurrency = usize::MAX),
        (Field::Guessing, |c| c.guessing.sign_ins = Some(Rate::new(0, MINUTE))),
        (Field::Guessing, |c| c.guessing.failures = Some(Rate::new(1, 2 * DAY))),
        (Field::Guessing, |c| c.guessing.under_attack = Rate::new(2_000, Duration::from_secs(1))),
        (Field::Guessing, |c| c.guessing.at_once = 0),
        (Field::Guessing, |c| c.guessing.unknown = 0),
        (Field::Hashing, |c| c.hashing.parallelism = 0),
        (Field::Hashing, |c| c.hashing.iterations = 0),
        (Field::Hashing, |c| c.hashing.memory_kib = 7),
        (Field::Hashing, |c| (c.hashing.memory_kib, c.hashing.parallelism) = (31, 4)),
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

/// A field at its cap, which is accepted, and over it.
type Cap = (Field, Change, Change);

const CAPS: [Cap; 28] = [
    (Field::Issuer, |c| c.issuer = "a".repeat(512), |c| c.issuer.push('a')),
    (Field::Audience, |c| c.audience = "a".repeat(512), |c| c.audience.push('a')),
    (Field::Realm, |c| c.realm = "a".repeat(64), |c| c.realm.push('a')),
    (
        Field::OldSecrets,
        |c| c.old_secrets = vec![c.secret.clone(); 16],
        |c| c.old_secrets.push(c.secret.clone()),
    ),
    (Field::AccessTtl, |c| c.access_ttl = 15 * MINUTE, |c| c.access_ttl += Duration::from_secs(1)),
    (Field::ClockSkew, |c| c.clock_skew = 5 * MINUTE, |c| c.clock_skew += TICK),
    (Field::JwksMaxAge, |c| c.jwks_max_age = DAY, |c| c.jwks_max_age += TICK),
    (Field::Grace, |c| c.grace = c.access_ttl / 8, |c| c.grace += TICK),
    (Field::Replays, |c| c.replays.burst = 10_000, |c| c.replays.burst += 1),
    (Field::Replays, |c| c.replays.refill = MINUTE, |c| c.replays.refill += TICK),
    (Field::LockStep, |c| c.lock_step.generations = 16, |c| c.lock_step.generations += 1),
    (Field::Feed, |c| c.feed.poll = c.feed.bound / 2, |c| c.feed.poll += TICK),
    (Field::Feed, |c| c.feed.bound = c.access_ttl, |c| c.feed.bound += TICK),
    (Field::Browser, |c| c.browser.idle = c.browser.absolute, |c| c.browser.idle += TICK),
    (Field::Browser, |c| c.browser.absolute = 30 * DAY, |c| c.browser.absolute += TICK),
    (
        Field::Remembered,
        |c| c.remembered.idle = c.remembered.absolute,
        |c| c.remembered.idle += TICK,
    ),
    (Field::Remembered, |c| c.remembered.absolute = 30 * DAY, |c| c.remembered.absolute += TICK),
    (Field::Retention, |c| c.retention = 3650 * DAY, |c| c.retention += TICK),
    (Field::Passwords, |c| c.passwords.min = 256, |c| c.passwords.min += 1),
    (Field::Passwords, |c| c.passwords.max = 1024, |c| c.passwords.max += 1),
    (
        Field::Passwords,
        |c| c.passwords.context = vec!["\u{e9}".repeat(64); 64],
        |c| c.passwords.context.push("a".into()),
    ),
    (Field::Hashing, |c| c.hashing.memory_kib = 4_194_304, |c| c.hashing.memory_kib += 1),
    (Field::Hashing, |c| c.hashing.iterations = 1_000, |c| c.hashing.iterations += 1),
    (Field::Hashing, |c| c.hashing.parallelism = 255, |c| c.hashing.parallelism += 1),
    (Field::Hashing, |c| c.hashing.concurrency = 65_536, |c| c.hashing.concurrency += 1),
    (Field::Hashing, |c| c.hashing.queue = 65_536, |c| c.hashing.queue += 1),
    (Field::Guessing, |c| c.guessing.at_once = 65_536, |c| c.guessing.at_once += 1),
    (Field::Guessing, |c| c.guessing.unknown = 1_000, |c| c.guessing.unknown += 1),
];

#[test]
fn each_field_is_accepted_at_its_cap_and_refused_over_it() {
    for (number, (field, at, over)) in CAPS.into_iter().enumerate() {
        let mut config = config();
        at(&mut config);
        assert_eq!(config.check(), Ok(()), "{field}, number {number}");
        over(&mut config);
        assert_eq!(config.check().expect_err(field.as_str()).field, field, "number {number}");
    }
}

#[test]
fn each_rate_is_accepted_at_its_cap_and_refused_over_it() {
    let rates: [fn(&mut Guessing, Rate); 5] = [
        |g, rate| g.sign_ins = Some(rate),
        |g, rate| g.sign_ups = Some(rate),
        |g, rate| g.failures = Some(rate),
        |g, rate| g.everywhere = Some(rate),
        |g, rate| g.under_attack = rate,
    ];
    let second = Duration::from_secs(1);
    for set in rates {
        let check = |rate| {
            let mut config = config();
            set(&mut config.guessing, rate);
            config.check().map_err(|error| error.field)
        };
        assert_eq!(check(Rate::new(1_000, second)), Ok(()));
        assert_eq!(check(Rate::new(1_001, second)), Err(Field::Guessing));
        assert_eq!(check(Rate::new(86_400_000, DAY)), Ok(()));
        assert_eq!(check(Rate::new(1, DAY + TICK)), Err(Field::Guessing));
    }
}
