//! The time of an answer tells no client which addresses have an account: each way out of a sign-in and a sign-up is
//! timed for an address that has one and for one that has none, in turns, and the ranks of both are compared (Mann and
//! Whitney).
//!
//! The AUC is compared: how often a time of the one is longer than one of the other, a half if they are alike. The same
//! address against itself is the null control; a lookup more, and the lookup's own time, are the positive ones. Times
//! are cut to what a client could see at all, or a rank test would find single cache lines.

use std::{sync::Arc, time::Duration};

use coatroom::{
    Accounts, AuthConfig, SignInContext, SystemClock,
    accounts::{SignInError, SignUpError},
    clock::Clock as _,
    config::{Guessing, Rate},
    session::Persistence,
    user::Email,
};
use futures::FutureExt as _;

use crate::support::{
    PASSWORD, Place, config, credentials,
    flaky::{Fault, FlakyStore},
    sqlite,
};

const KNOWN: &str = "ada@example.com";
const UNKNOWN: &str = "eve@example.com";
const NETWORK: &str = "192.0.2.0/24";
const HOUR: Duration = Duration::from_hours(1);

/// Samples of each that are compared. With so many, chance alone moves the AUC by 0.02 (one standard deviation).
const SAMPLES: usize = 500;
/// The same if each takes a hash: 0.04.
const FEW: usize = 100;
/// The distance from a half that the AUC may have.
const ALIKE: f64 = 0.1;
/// The number of comparisons that have to be alike before as many differ: what a loaded machine does once, a leak does
/// again.
const MOST: usize = 3;
/// The finest difference that is looked at.
const GRAIN: Duration = Duration::from_micros(2);

/// The share of pairs in which a time of `one` is longer than one of `other`; ties are halves.
fn auc(one: &[u128], other: &[u128]) -> f64 {
    let wins = |a: &u128| -> f64 {
        let of = |b: &u128| match a.cmp(b) {
            std::cmp::Ordering::Less => 0.0,
            std::cmp::Ordering::Equal => 0.5,
            std::cmp::Ordering::Greater => 1.0,
        };
        other.iter().map(of).sum()
    };
    let pairs = u32::try_from(one.len() * other.len()).expect("few");
    one.iter().map(wins).sum::<f64>() / f64::from(pairs)
}

/// Times both in turns, and returns how far the AUC is from a half. What a request leaves to a background task is not
/// timed as a part of the next one.
async fn apart(
    engine: &Accounts,
    samples: usize,
    mut ask: impl AsyncFnMut(&'static str),
    pair: [&'static str; 2],
) -> f64 {
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..samples + 10 {
        for turn in 0..2 {
            // Neither is always the first of a pair.
            let which = (turn + round) % 2;
            let began = SystemClock.elapsed();
            ask(pair[which]).await;
            let took = SystemClock.elapsed().saturating_sub(began);
            engine.drain().await;
            if round >= 10 {
                times[which].push(took.as_nanos() / GRAIN.as_nanos());
            }
        }
    }
    (auc(&times[0], &times[1]) - 0.5).abs()
}

/// Checks that an address which has an account takes no other time than one which has none, and that the same address
/// takes the same, which shows that the measure is fair.
async fn tells_nothing(
    engine: &Accounts,
    what: &str,
    samples: usize,
    mut ask: impl AsyncFnMut(&'static str),
) {
    for (pair, name) in [([KNOWN, KNOWN], "null control"), ([KNOWN, UNKNOWN], "known, unknown")] {
        let (mut alike, mut differ) = (Vec::new(), Vec::new());
        while alike.len() < MOST {
            let seen = apart(engine, samples, &mut ask, pair).await;
            if seen < ALIKE { &mut alike } else { &mut differ }.push(seen);
            assert!(differ.len() < MOST, "{what}, {name}: the AUC is off a half by {differ:.2?}");
        }
    }
}

fn context() -> SignInContext {
    let mut context = SignInContext::new(Persistence::Browser);
    context.client.ip_prefix = NETWORK.into();
    context
}

async fn engine(place: &Place, change: impl FnOnce(&mut AuthConfig)) -> Accounts {
    let mut config = config();
    config.guessing = Guessing::OFF;
    change(&mut config);
    Accounts::new(config, place.accounts()).await.expect("an engine")
}

/// With nothing else beside it: what is timed is the machine as well.
#[tokio::test(flavor = "multi_thread")]
async fn no_early_exit_takes_another_time_for_a_known_address() {
    let place = sqlite().await;
    let plain = engine(&place, |_| {}).await;
    let who = credentials(KNOWN, PASSWORD);
    plain.sign_up(who, context()).await.expect("signed up");

    // The controls: a lookup more is seen, and so is what a lookup finds.
    let store = place.accounts();
    let lookup = async |address: &str| {
        let email = Email::parse(address).expect("an address");
        store.user_by_email(&email).await.expect("answers").is_some()
    };
    let oversized = "x".repeat(1025);
    let too_long = async |address: &str| {
        let refused = plain.sign_in(credentials(address, &oversized), context()).await;
        assert!(matches!(refused, Err(SignInError::InvalidCredentials)), "{refused:?}");
    };
    let slower = async |address: &'static str| {
        if address == KNOWN {
            lookup(address).await;
        }
        too_long(address).await;
    };
    assert!(
        apart(&plain, SAMPLES, slower, [KNOWN, UNKNOWN]).await > 0.4,
        "a lookup more is not seen"
    );

    tells_nothing(&plain, "sign-in, a password that is too long", SAMPLES, too_long).await;

    let spent = engine(&place, |config| {
        config.guessing.failures = Some(Rate::new(1, 24 * HOUR));
    })
    .await;
    for address in [KNOWN, UNKNOWN] {
        let wrong = spent.sign_in(credentials(address, "not the password"), context()).await;
        assert!(matches!(wrong, Err(SignInError::InvalidCredentials)));
    }
    tells_nothing(&spent, "sign-in, too many for one address", SAMPLES, async |address| {
        let refused = spent.sign_in(credentials(address, PASSWORD), context()).await;
        assert!(matches!(refused, Err(SignInError::TooMany { .. })), "{refused:?}");
    })
    .await;

    let flooded = engine(&place, |config| {
        config.guessing.sign_ins = Some(Rate::new(1, 24 * HOUR));
        config.guessing.sign_ups = Some(Rate::new(1, 24 * HOUR));
    })
    .await;
    let _the_only_one = flooded.sign_in(credentials(UNKNOWN, PASSWORD), context()).await;
    let _the_only_one = flooded.sign_up(credentials(KNOWN, PASSWORD), context()).await;
    tells_nothing(&flooded, "sign-in, too many from one network", SAMPLES, async |address| {
        let refused = flooded.sign_in(credentials(address, PASSWORD), context()).await;
        assert!(matches!(refused, Err(SignInError::TooMany { .. })), "{refused:?}");
    })
    .await;
    tells_nothing(&flooded, "sign-up, too many from one network", SAMPLES, async |address| {
        let refused = flooded.sign_up(credentials(address, PASSWORD), context()).await;
        assert!(matches!(refused, Err(SignUpError::TooMany { .. })), "{refused:?}");
    })
    .await;

    let silent = Arc::new(FlakyStore::default());
    let full = engine(&Place::full(silent.clone()), |config| config.guessing.at_once = 1).await;
    full.sign_up(credentials(KNOWN, PASSWORD), context()).await.expect("signed up");
    // The one place is held by a request that the store never answers.
    silent.set(Fault::Silent);
    let mut holds = Box::pin(full.sign_in(credentials(UNKNOWN, PASSWORD), context()));
    assert!((&mut holds).now_or_never().is_none(), "it waits for the store");
    tells_nothing(&full, "sign-in, a full queue", SAMPLES, async |address| {
        let refused = full.sign_in(credentials(address, PASSWORD), context()).await;
        assert!(matches!(refused, Err(SignInError::Hash(_))), "{refused:?}");
    })
    .await;
    tells_nothing(&full, "sign-up, a full queue", SAMPLES, async |address| {
        let refused = full.sign_up(credentials(address, PASSWORD), context()).await;
        assert!(matches!(refused, Err(SignUpError::Hash(_))), "{refused:?}");
    })
    .await;
    drop(holds);

    tells_nothing(&plain, "sign-up, a password that is too short", SAMPLES, async |address| {
        let refused = plain.sign_up(credentials(address, "too short"), context()).await;
        assert!(matches!(refused, Err(SignUpError::Password(_))), "{refused:?}");
    })
    .await;

    // Here the hash is the subject: it hides what the lookup found, at a tenth of what it costs in earnest.
    let place = sqlite().await;
    let real = engine(&place, |config| config.hashing.memory_kib = 4096).await;
    real.sign_up(credentials(KNOWN, PASSWORD), context()).await.expect("signed up");
    let wrong = async |engine: &Accounts, address: &str| {
        let refused = engine.sign_in(credentials(address, "not the password"), context()).await;
        assert!(matches!(refused, Err(SignInError::InvalidCredentials)), "{refused:?}");
    };
    let what = "sign-in, a wrong password";
    tells_nothing(&real, what, FEW, async |address| wrong(&real, address).await).await;

    // After a change of the cost, a user who signed up before has a hash that takes less than one of today.
    let dearer = engine(&place, |config| config.hashing.memory_kib = 8192).await;
    let what = "sign-in, a wrong password for an old hash";
    tells_nothing(&dearer, what, FEW, async |address| wrong(&dearer, address).await).await;
}
