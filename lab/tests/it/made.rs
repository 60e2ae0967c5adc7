//! Tokens that are made in a world: forged, rightly signed and wrong, or sealed in another form.
//!
//! Invariant: each is refused by its own check, and the owner's own token is as good as before.

use coatroom::{config::Verification, keyring::SigningAlgorithm};
use coatroom_lab::{
    action::{Action, Algorithm, Carrier, Flaw},
    cost::costs,
    forge::Forgery,
    format::{Format, Holder},
    setting::Setting,
    world::{ActError, World},
    xray::Check,
};

async fn world(setting: Setting) -> World {
    World::new(setting).await.expect("a world")
}

/// Does that, and returns what came of it.
async fn done(world: &mut World, line: &str) -> Vec<String> {
    let before = world.timeline().len();
    let action: Action = line.parse().expect("an action");
    world.act(action).await.unwrap_or_else(|error| panic!("{line}: {error}"));
    world.outcomes(before)
}

/// The check that refuses the token that was made last.
async fn refused_by(world: &World) -> Option<Check> {
    let ray = world.xray(None).await.expect("the store answers").expect("a token");
    ray.refused().map(|(check, _)| check)
}

#[tokio::test]
async fn each_flaw_of_a_signed_token_is_refused_by_its_own_check() {
    for algorithm in Algorithm::ALL {
        let mut world = world(Setting { algorithm: *algorithm, ..Setting::DEFAULT }).await;
        for flaw in Flaw::ALL {
            let check = match flaw {
                Flaw::Audience => Check::Audience,
                Flaw::Issuer => Check::Issuer,
                Flaw::Type => Check::Type,
                Flaw::Future => Check::Times,
            };
            assert!(done(&mut world, &format!("mint {}", flaw.word())).await.is_empty());
            assert_eq!(refused_by(&world).await, Some(check), "{flaw:?}");
            let answered = done(&mut world, "thief call").await;
            assert_eq!(answered, ["thief call: 401 · access invalid"], "{flaw:?}");
        }
        assert!(done(&mut world, "tab1 call").await[0].starts_with("tab1 call: 200"));
    }
}

#[tokio::test]
async fn each_forgery_of_an_attacker_is_refused_by_its_own_check() {
    for algorithm in Algorithm::ALL {
        let mut world = world(Setting { algorithm: *algorithm, ..Setting::DEFAULT }).await;
        for how in Forgery::ALL {
            assert!(done(&mut world, &format!("forge {}", how.slug())).await.is_empty());
            let check = how.refused_by(SigningAlgorithm::from(*algorithm));
            assert_eq!(refused_by(&world).await, Some(check), "{how:?}");
            let answered = done(&mut world, "thief admin").await;
            assert!(answered[0].starts_with("thief admin: 401"), "{how:?}: {answered:?}");
        }
        assert!(done(&mut world, "tab1 call").await[0].starts_with("tab1 call: 200"));
    }
}

#[tokio::test]
async fn a_note_is_sealed_in_every_form_and_said_to_be_read_or_not() {
    let mut world = world(Setting::DEFAULT).await;
    for format in Format::ALL {
        let line = format!("seal {} 40", format.slug());
        let said = done(&mut world, &line).await;
        let reads = match format.is_read_by() {
            Holder::OfToken => "its bearer reads all",
            _ => "its bearer reads nothing",
        };
        let [said] = &said[..] else { panic!("{said:?}") };
        let length = world.xray(None).await.expect("it answers").expect("a token").length;
        assert_eq!(*said, format!("{line}: {length} bytes · kept · {reads}"));
        let jar = world.owner().shown(world.now());
        let notes: Vec<_> = jar.iter().filter(|cookie| cookie.name == "note").collect();
        assert_eq!(notes.len(), 1, "one takes the place of the other");
        assert_eq!(notes[0].bytes, "note=".len() + length);
        assert!(refused_by(&world).await.is_some(), "a note lets no one in");
    }
    assert!(done(&mut world, "tab1 call").await[0].starts_with("tab1 call: 200"));
}

#[tokio::test]
async fn a_note_above_4096_bytes_is_refused_and_the_one_before_stays() {
    for carrier in [Carrier::Pair, Carrier::Opaque] {
        let mut world = world(Setting { carrier, ..Setting::DEFAULT }).await;
        done(&mut world, "seal jwe-dir 40").await;
        let before = world.owner().shown(world.now());
        for line in ["seal jwt-eddsa 4000", "seal jwe-dir 4000", "seal paseto-local 4000"] {
            let said = done(&mut world, line).await;
            assert!(said[0].contains("· the browser refuses the cookie ·"), "{said:?}");
            assert_eq!(world.owner().shown(world.now()), before, "{line}");
        }
        assert!(done(&mut world, "tab1 call").await[0].starts_with("tab1 call: 200"));
    }
}

/// The longest cookie has 4096 bytes of name and value, the sign between them not counted.
#[tokio::test]
async fn a_note_is_kept_up_to_4096_bytes_and_not_above() {
    let mut world = world(Setting::DEFAULT).await;
    for letters in 2_850..2_950 {
        let line = format!("seal jwt-eddsa {letters}");
        let said = done(&mut world, &line).await;
        let length = world.xray(None).await.expect("it answers").expect("a token").length;
        let kept = said[0].contains(" · kept · ");
        assert_eq!(kept, "note".len() + length <= 4096, "{said:?}");
    }
}

#[tokio::test]
async fn an_opaque_session_sends_one_short_cookie_and_reads_its_row() {
    let mut world = world(Setting { carrier: Carrier::Opaque, ..Setting::DEFAULT }).await;
    for line in ["tab1 call", "seal jwt-eddsa 4000", "tab1 call", "tab1 reload"] {
        done(&mut world, line).await;
    }
    let costs = costs(&world);
    assert_eq!(costs.len(), 2, "{costs:?}");
    for cost in costs {
        assert!(cost.reads >= 1.0, "{cost:?}");
        assert!((cost.sent - 108.0).abs() < f64::EPSILON, "{cost:?}");
    }
}

#[tokio::test]
async fn service_b_makes_an_admin_by_a_secret_not_by_a_public_key() {
    for algorithm in Algorithm::ALL.iter().copied() {
        for carrier in [Carrier::Pair, Carrier::Token] {
            for verification in [Verification::Stateless, Verification::Denylist] {
                let setting = Setting { algorithm, carrier, verification, ..Setting::DEFAULT };
                let mut world = world(setting).await;
                done(&mut world, "mint-at-b").await;
                let answered = done(&mut world, "thief admin").await;
                let is_in = answered[0].starts_with("thief admin: 200");
                let is_secret = algorithm == Algorithm::Hs256;
                assert_eq!(is_in, is_secret, "{algorithm:?} {carrier:?}: {answered:?}");
                assert_eq!(refused_by(&world).await.is_none(), is_secret, "{algorithm:?}");
            }
        }
    }
    // A node that reads the session's row finds none of it.
    let (algorithm, verification) = (Algorithm::Hs256, Verification::Strict);
    let mut world = world(Setting { algorithm, verification, ..Setting::DEFAULT }).await;
    done(&mut world, "mint-at-b").await;
    let answered = done(&mut world, "thief admin").await;
    assert!(answered[0].starts_with("thief admin: 401"), "{answered:?}");
}

/// The deeds that cost the machine a thousand requests, a node or a signature: a visitor can cause a bounded number.
#[tokio::test]
async fn a_world_has_room_for_a_bounded_number_of_dear_deeds() {
    let lines = ["guess", "mint type", "mint-at-b", "forge raise-role", "seal jwe-dir 0"];
    for (line, most) in lines.into_iter().zip([12, 64, 64, 500, 500]) {
        let mut world = world(Setting::DEFAULT).await;
        done(&mut world, "visit").await;
        let action: Action = line.parse().expect("an action");
        let mut count = 0;
        let refused = loop {
            match world.act(action).await {
                Ok(()) => count += 1,
                Err(refused) => break refused,
            }
            assert!(count <= most, "{line}");
        };
        assert!(matches!(refused, ActError::Full), "{line}: {refused}");
        assert!(count > 0, "{line}");
    }
}
