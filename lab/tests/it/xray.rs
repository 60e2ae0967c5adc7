//! Tokens of the server itself, and what the X-ray says of them in each of their states.

use std::time::Duration;

use coatroom::{
    Accounts, AuthConfig, Role,
    access_token::MAX_ACCESS_TOKEN_LEN,
    config::{Scheme, Verification},
    store::StoreError,
};
use coatroom_lab::{
    action::Party,
    setting::Setting,
    world::World as Played,
    xray::{self, Check, Content, Outcome, PartKind},
};

use super::{ALGORITHMS, after, configured, marked, signing_with, xrayed};
use crate::support::{ACCESS, HOUR, START, TICK, World, account_of, just_under, memory};

/// Another way to configure a server.
type Change = fn(&mut AuthConfig);

#[tokio::test]
async fn a_good_token_passes_every_check_whatever_it_is_signed_with() {
    for algorithm in ALGORITHMS {
        let world = signing_with(algorithm).await;
        let held = world.sign_up().await;
        let ray = xrayed(&world, held.access.reveal()).await;
        let passed: Vec<Check> = ray.checks.iter().map(|(check, _)| *check).collect();
        assert_eq!(passed, Check::ALL);
        assert!(ray.checks.iter().all(|(_, outcome)| *outcome == Outcome::Passed), "{ray:?}");
        assert_eq!((ray.refused(), ray.notes.len()), (None, 0));
        assert_eq!(ray.length, held.info.size);

        let kinds: Vec<PartKind> = ray.parts.iter().map(|part| part.kind).collect();
        assert_eq!(kinds, [PartKind::Header, PartKind::Claims, PartKind::Signature]);
        let texts: Vec<&str> = ray.parts.iter().map(|part| part.text.as_str()).collect();
        assert_eq!(texts.join("."), held.access.reveal());
        let Content::Json { text, .. } = &ray.parts[0].content else { panic!("{ray:?}") };
        let header: serde_json::Value = serde_json::from_str(text).expect("JSON");
        assert_eq!(header["alg"], algorithm.as_str());
        let bytes = if algorithm.as_str() == "RS256" { 384 } else { 64 };
        let bytes = if algorithm.as_str() == "HS256" { 32 } else { bytes };
        assert_eq!(ray.parts[2].content, Content::Bytes(bytes));
    }
}

#[tokio::test]
async fn the_claims_are_listed_in_order_and_instants_are_recognized() {
    let world = World::in_memory().await;
    let held = world.sign_up().await;
    let ray = xrayed(&world, held.access.reveal()).await;
    let Content::Json { text, members } = &ray.parts[1].content else { panic!("{ray:?}") };
    let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
    let order =
        ["iss", "aud", "sub", "sid", "iat", "exp", "jti", "auth_time", "amr", "gen", "role", "av"];
    assert_eq!(names, order);
    let claims = &held.info.claims;
    let member = |name| members.iter().find(|member| member.name == name).expect("listed");
    assert_eq!(member("sub").value, claims.sub.to_string());
    assert_eq!(member("exp").value, claims.exp.to_string());
    assert_eq!(member("exp").at, Some(START + ACCESS));
    assert_eq!([member("iat").at, member("auth_time").at], [Some(START); 2]);
    assert_eq!([member("gen").at, member("iss").at], [None; 2]);
    // The braces, and the list of means, each element of which has a line of its own.
    assert_eq!(text.lines().count(), order.len() + 2 + 2, "{text}");
    let read: serde_json::Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(read, serde_json::to_value(claims).expect("JSON"));
}

#[tokio::test]
async fn an_expired_token_fails_only_expiry_from_that_millisecond_on() {
    let world = World::in_memory().await;
    let held = world.sign_up().await;
    world.advance(just_under(ACCESS));
    assert_eq!(marked(&xrayed(&world, held.access.reveal()).await), (vec![], vec![]));
    world.advance(TICK);
    let ray = xrayed(&world, held.access.reveal()).await;
    assert_eq!(marked(&ray), (vec![Check::Expiry], vec![Check::AuthorityVersion]));
    world.advance(HOUR);
    let ray = xrayed(&world, held.access.reveal()).await;
    assert_eq!(ray.refused(), Some((Check::Expiry, "it expired 3600 s ago")));
}

#[tokio::test]
async fn a_revoked_token_fails_only_the_denylist_until_it_expires_too() {
    let world = World::in_memory().await;
    let held = world.sign_up().await;
    world.sign_out(&held).await;
    let ray = xrayed(&world, held.access.reveal()).await;
    assert_eq!(marked(&ray), (vec![Check::Denylist], vec![Check::AuthorityVersion]));
    world.advance(ACCESS);
    let ray = xrayed(&world, held.access.reveal()).await;
    let both = vec![Check::Expiry, Check::Denylist];
    assert_eq!(marked(&ray), (both, vec![Check::AuthorityVersion]));
}

#[tokio::test]
async fn after_a_change_of_role_only_the_version_fails() {
    let world = World::in_memory().await;
    let held = world.sign_up().await;
    world.accounts.set_role(account_of(&held), Role::ADMIN).await.expect("answers");
    let ray = xrayed(&world, held.access.reveal()).await;
    assert_eq!(marked(&ray), (vec![Check::AuthorityVersion], vec![]));
}

#[tokio::test]
async fn an_xray_proves_no_delivery() {
    let world = World::in_memory().await;
    let held = world.sign_up().await;
    xrayed(&world, held.access.reveal()).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.session(&held).await.acknowledged_at, None);
    world.deliver(&held).await;
}

#[tokio::test]
async fn a_check_that_a_stateless_node_skips_is_not_shown_as_passed() {
    let stateless = configured(|config| config.scheme = Scheme::Hybrid(Verification::Stateless));
    let world = World::with(stateless, memory()).await;
    let held = world.sign_up().await;
    world.sign_out(&held).await;
    let ray = xrayed(&world, held.access.reveal()).await;
    assert_eq!(marked(&ray), (vec![], after(Check::Expiry)));
    world.advance(ACCESS);
    let ray = xrayed(&world, held.access.reveal()).await;
    assert_eq!(marked(&ray), (vec![Check::Expiry], after(Check::Expiry)));
}

#[tokio::test]
async fn a_needed_store_that_is_down_is_an_error_and_no_verdict() {
    let strict = Setting { verification: Verification::Strict, ..Setting::DEFAULT };
    let mut world = Played::new(strict).await.expect("a world");
    let token = world.access_token(Party::Tab1).expect("somebody is signed in");
    world.act("database down".parse().expect("an action")).await.expect("it is done");
    let auth = world.auth();
    let error = xray::xray(auth, token.reveal()).await.expect_err("down");
    assert!(matches!(error, StoreError::Unavailable(_)));
    // A text that is no token of ours needs no store.
    assert!(xray::xray(auth, "x").await.expect("no question").refused().is_some());
}

#[tokio::test]
async fn a_foreign_or_too_long_lived_token_fails_at_its_own_check() {
    let world = World::in_memory().await;
    let held = world.sign_up().await;
    let text = held.access.reveal();
    let elsewhere = world.of_another_secret(&held).await;
    assert_eq!(marked(&xrayed(&elsewhere, text).await), (vec![Check::Key], after(Check::Key)));

    // Other servers, with the very same keys.
    let cases: [(Check, Change); 3] = [
        (Check::Issuer, |config| config.issuer = "https://another.example".into()),
        (Check::Audience, |config| config.audience = "another".into()),
        (Check::Times, |config| {
            config.access_ttl = Duration::from_mins(10);
        }),
    ];
    for (check, change) in cases {
        let config = configured(change);
        let made = Accounts::with_clock(config, world.place.accounts(), world.clock.clone()).await;
        let accounts = made.expect("an engine");
        let ray = xray::xray(accounts.auth(), text).await.expect("answers");
        assert_eq!(marked(&ray), (vec![check], after(check)));
    }
}

#[tokio::test]
async fn an_xray_does_not_print_the_token() {
    let world = World::in_memory().await;
    let held = world.sign_up().await;
    let ray = xrayed(&world, held.access.reveal()).await;
    let printed = format!("{ray:?} {:?} {ray:#?}", ray.parts);
    for part in held.access.reveal().split('.') {
        assert!(!printed.contains(part), "{printed}");
    }
}

#[test]
fn every_check_has_a_name_and_says_against_what_it_is() {
    let mut names = Check::ALL.map(Check::name).to_vec();
    assert!(Check::ALL.is_sorted());
    for check in Check::ALL {
        let says = check.says();
        assert!(says.contains("RFC ") || says.contains("CVE-"), "{says}");
        assert!(says.ends_with('.') && !says.contains('\n') && !says.contains("  "), "{says}");
    }
    assert!(Check::Length.says().contains(&MAX_ACCESS_TOKEN_LEN.to_string()));
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Check::ALL.len());
}
