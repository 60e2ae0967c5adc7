//! Forged tokens, on servers of every algorithm: each forgery does what it says, and is refused by the check that it
//! names.

use std::collections::HashSet;

use aws_lc_rs::{hmac, signature};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use coatroom::{AccessToken, Role, auth::TokenPair, keyring::SigningAlgorithm};
use coatroom_lab::{
    forge::{Forgery, forge},
    xray::{Check, Content},
};
use serde_json::Value;

use super::{ALGORITHMS, after, marked, signing_with, xrayed};
use crate::support::{World, account_of};

fn decoded(part: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(part).expect("base64url")
}

/// The header and the claims of a token, its signature, and what that is to cover.
fn taken_apart(token: &str) -> (Value, Value, Vec<u8>, String) {
    let (message, signature) = token.rsplit_once('.').expect("a signature");
    let (header, claims) = message.split_once('.').expect("two parts");
    let json = |part| serde_json::from_slice(&decoded(part)).expect("JSON");
    (json(header), json(claims), decoded(signature), message.to_owned())
}

fn forged(world: &World, held: &TokenPair, how: Forgery) -> String {
    forge(&held.access, &world.auth.jwks(), how)
}

#[tokio::test]
async fn each_forgery_is_refused_by_exactly_the_check_that_it_names() {
    for algorithm in ALGORITHMS {
        let world = signing_with(algorithm).await;
        let held = world.sign_up().await;
        for how in Forgery::ALL {
            let text = forged(&world, &held, how);
            assert_ne!(text, held.access.reveal(), "{how:?}");
            let check = how.refused_by(algorithm);
            let found = marked(&xrayed(&world, &text).await);
            assert_eq!(found, (vec![check], after(check)), "{how:?} of {}", algorithm.as_str());
        }
    }
}

#[tokio::test]
async fn a_forgery_of_an_admins_token_or_of_a_near_token_is_refused() {
    let world = World::in_memory().await;
    let held = world.sign_up().await;
    world.accounts.set_role(account_of(&held), Role::ADMIN).await.expect("answers");
    let admin = world.sign_in(None).await.expect("signed in");
    assert_eq!(admin.info.claims.role, Role::ADMIN);
    for how in Forgery::ALL {
        let text = forged(&world, &admin, how);
        let check = how.refused_by(SigningAlgorithm::EdDsa);
        assert_eq!(marked(&xrayed(&world, &text).await).0, [check], "{how:?}");
        for (text, jwks) in [("a.b.c", "{}"), ("e30.e30.AA", ""), ("bnVsbA.W10.AA", "null")] {
            let token = AccessToken::parse(text).expect("a form");
            let text = forge(&token, jwks, how);
            assert!(xrayed(&world, &text).await.refused().is_some(), "{how:?}: {text}");
        }
    }
}

#[tokio::test]
async fn each_forgery_changes_the_part_that_the_attacker_is_after() {
    let world = World::in_memory().await;
    let held = world.sign_up().await;
    let (header, claims, signature, _) = taken_apart(held.access.reveal());
    let of = |how| taken_apart(&forged(&world, &held, how));

    let after = of(Forgery::RaiseRole);
    assert_eq!(after.1["role"], "admin");
    assert_eq!((&after.0, &after.2), (&header, &signature));
    assert_ne!(of(Forgery::OtherSubject).1["sub"], claims["sub"]);
    assert_ne!(of(Forgery::OtherAudience).1["aud"], claims["aud"]);
    let ten_years = claims["exp"].as_i64().expect("a number") + 315_360_000;
    assert_eq!(of(Forgery::LongerLife).1["exp"], ten_years);
    assert_eq!(of(Forgery::WrongTyp).0["typ"], "JWT");
    let after = of(Forgery::AlgNone);
    assert_eq!((&after.0["alg"], &after.1["role"]), (&"none".into(), &"admin".into()));
    assert!(forged(&world, &held, Forgery::NoSignature).ends_with('.'));
}

#[tokio::test]
async fn a_signed_forgery_would_pass_a_verifier_with_that_mistake() {
    for algorithm in [SigningAlgorithm::EdDsa, SigningAlgorithm::Rs256, SigningAlgorithm::Es256] {
        let world = signing_with(algorithm).await;
        let held = world.sign_up().await;
        let jwks: Value = serde_json::from_str(&world.auth.jwks()).expect("JSON");
        let key = &jwks["keys"][0];
        let public: Vec<u8> = ["n", "x", "y"]
            .iter()
            .filter_map(|member| key[member].as_str())
            .flat_map(decoded)
            .collect();
        assert!(public.len() >= 32);
        for (how, secret) in [(Forgery::HmacWithPublicKey, &public[..]), (Forgery::OtherKid, b"")] {
            let (header, claims, signature, message) = taken_apart(&forged(&world, &held, how));
            assert_eq!((&header["alg"], &claims["role"]), (&"HS256".into(), &"admin".into()));
            let secret = hmac::Key::new(hmac::HMAC_SHA256, secret);
            hmac::verify(&secret, message.as_bytes(), &signature).expect("it fits");
        }
        let text = forged(&world, &held, Forgery::EmbeddedKey);
        let (header, _, signature, message) = taken_apart(&text);
        let own = decoded(header["jwk"]["x"].as_str().expect("a key"));
        let own = signature::UnparsedPublicKey::new(&signature::ED25519, own);
        own.verify(message.as_bytes(), &signature).expect("it fits");
        assert_eq!(
            text,
            forged(&world, &held, Forgery::EmbeddedKey),
            "drawn again, it is the same"
        );
    }
}

#[tokio::test]
async fn an_xray_shows_what_was_forged() {
    let world = World::in_memory().await;
    let held = world.sign_up().await;
    let ray = xrayed(&world, &forged(&world, &held, Forgery::EmbeddedKey)).await;
    assert_eq!(
        ray.refused(),
        Some((Check::Header, "it holds `jwk`: a key that comes with the token proves nothing"))
    );
    let Content::Json { text, .. } = &ray.parts[0].content else { panic!("{ray:?}") };
    assert!(text.contains("\n  \"jwk\": {\n    \"crv\": \"Ed25519\",\n"), "{text}");
    let ray = xrayed(&world, &forged(&world, &held, Forgery::HmacWithPublicKey)).await;
    let why = r#"`alg` is "HS256"; that key is for EdDSA"#;
    assert_eq!(ray.refused(), Some((Check::Algorithm, why)));
}

#[test]
fn every_forgery_has_an_address_a_name_and_a_lesson() {
    for how in Forgery::ALL {
        assert_eq!(Forgery::parse(how.slug()), Some(how));
        assert!(how.slug().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'));
        let lesson = how.lesson();
        assert!(lesson.contains("CVE-") || lesson.contains("OFBIZ-"), "{lesson}");
        assert!(lesson.ends_with('.') && !lesson.contains('\n') && !lesson.contains("  "));
    }
    assert_eq!(Forgery::parse("raise_role"), None);
    let names: HashSet<_> = Forgery::ALL.iter().flat_map(|how| [how.name(), how.slug()]).collect();
    assert_eq!(names.len(), 2 * Forgery::ALL.len());
}
