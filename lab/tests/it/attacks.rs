//! The shared table of attacks, under each scheme and through the layers of an application.

use std::{collections::BTreeSet, time::Duration};

use coatroom::{
    config::{Scheme, Verification},
    keyring::SigningAlgorithm,
    web::CookieKind,
};
use coatroom_lab::attack::{ATTACKS, Expected, Loot, Siege, Taken, find};

use super::ALGORITHMS;

const SCHEMES: [Scheme; 6] = [
    Scheme::Hybrid(Verification::Stateless),
    Scheme::Hybrid(Verification::Denylist),
    Scheme::Hybrid(Verification::Strict),
    Scheme::Opaque,
    Scheme::Token(Verification::Stateless),
    Scheme::Token(Verification::Denylist),
];

async fn begin(scheme: Scheme, algorithm: SigningAlgorithm) -> Siege {
    Siege::begin(scheme, algorithm).await.unwrap_or_else(|error| panic!("{scheme:?}: {error}"))
}

/// Runs all attacks; each must come out as the table says, without a change and with the owner let in after it.
async fn run(scheme: Scheme, algorithm: SigningAlgorithm) -> BTreeSet<&'static str> {
    let siege = begin(scheme, algorithm).await;
    let mut made = BTreeSet::new();
    for attack in &ATTACKS {
        let tried = siege.try_out(attack).await.expect("a request that can be built");
        let expected = attack.expected(scheme);
        assert!(tried.is(expected), "{scheme:?}: {attack:?} is not {expected:?}: {tried:?}");
        assert!(tried.statuses.iter().all(|status| *status < 500), "{scheme:?}: {tried:?}");
        if !tried.is_empty() {
            made.insert(attack.slug);
        }
    }
    made
}

#[tokio::test(flavor = "multi_thread")]
async fn each_attack_has_its_outcome_under_each_scheme() {
    let all: BTreeSet<_> = ATTACKS.iter().map(|attack| attack.slug).collect();
    for scheme in SCHEMES {
        let made = run(scheme, SigningAlgorithm::EdDsa).await;
        let mut expected = all.clone();
        if scheme == Scheme::Opaque {
            // There is nothing signed to forge.
            expected.remove("forged");
        }
        assert_eq!(made, expected, "{scheme:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_attack_has_its_outcome_under_each_algorithm() {
    for algorithm in ALGORITHMS {
        run(Scheme::Token(Verification::Denylist), algorithm).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_out_copy_is_good_until_it_expires_and_no_longer() {
    let attack = find("signed-out").expect("an attack");
    for (scheme, life) in [
        (Scheme::Token(Verification::Stateless), Duration::from_hours(8)),
        (Scheme::Hybrid(Verification::Stateless), Duration::from_mins(15)),
    ] {
        let mut siege = begin(scheme, SigningAlgorithm::EdDsa).await;
        assert_eq!(attack.expected(scheme), Expected::GoodUntilExpiry);
        siege.wait(life.saturating_sub(Duration::from_millis(1))).await;
        let tried = siege.try_out(attack).await.expect("an answer");
        assert!(tried.statuses.iter().all(|status| *status == 200), "{scheme:?}: {tried:?}");
        siege.wait(Duration::from_millis(1)).await;
        let tried = siege.try_out(attack).await.expect("an answer");
        assert!(tried.is_refused() && !tried.is_empty(), "{scheme:?}: {tried:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn good_cookies_are_let_in_and_so_the_table_is_no_wall() {
    for scheme in SCHEMES {
        let siege = begin(scheme, SigningAlgorithm::EdDsa).await;
        assert!(siege.lets_owner_in().await.expect("an answer"), "{scheme:?}");
    }
}

#[test]
fn an_attack_is_made_of_loot_and_of_nothing_else() {
    for attack in &ATTACKS {
        let headers = attack.headers(&Loot::default());
        assert!(headers.iter().all(String::is_empty), "{attack:?}: {headers:?}");
        assert!(attack.words.ends_with('.') && find(attack.slug).is_some());
    }
    let slugs: BTreeSet<_> = ATTACKS.iter().map(|attack| attack.slug).collect();
    assert_eq!(slugs.len(), ATTACKS.len());
}

#[test]
fn no_refused_attack_holds_a_good_cookie() {
    let good = |kind: &str, value: &str| Taken {
        name: format!("__Host-Http-coatroom-{kind}-AAAAAAAA"),
        value: value.into(),
    };
    let loot = Loot {
        good: vec![good("access", "aaaa.bbbb.cccc"), good("refresh", "rt1.dddd.1.eeee")],
        own: vec![good("access", "ffff.gggg.hhhh"), good("refresh", "rt1.iiii.1.jjjj")],
        ..Loot::default()
    };
    assert_eq!(loot.good[0].kind(), Some(CookieKind::Access));
    let pairs: Vec<_> =
        loot.good.iter().map(|each| format!("{}={}", each.name, each.value)).collect();
    for attack in ATTACKS.iter().filter(|each| each.slug != "signed-out") {
        let planted = attack.expected(SCHEMES[0]) == Expected::OwnerLetIn;
        for header in attack.headers(&loot) {
            let holds = header.split("; ").any(|pair| pairs.iter().any(|good| good == pair));
            assert_eq!(holds, planted, "{attack:?}: {header}");
        }
    }
}
