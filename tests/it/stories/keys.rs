//! Signing keys as an embedding application and another service meet them.

use std::sync::Arc;

use coatroom::{
    Access, Auth, Verifier,
    access_token::{AccessToken, TokenError, Verified},
    clock::TestClock,
    keyring::SigningAlgorithm,
    session::{Client, Decision, Replay},
    store::Trigger,
    verifier::JwksError,
};

use crate::support::{
    ACCESS, D, EMAIL, PASSWORD, START, World, config, context, credentials, memory, refresh_token,
    secret, tokens, until,
};

#[tokio::test(flavor = "multi_thread")]
async fn with_every_algorithm_people_sign_in_rotate_and_are_known_elsewhere() {
    for algorithm in [
        SigningAlgorithm::EdDsa,
        SigningAlgorithm::Es256,
        SigningAlgorithm::Rs256,
        SigningAlgorithm::Hs256,
    ] {
        let mut config = config();
        config.algorithm = algorithm;
        let (issuer, audience) = (config.issuer.clone(), config.audience.clone());
        let clock = Arc::new(TestClock::new(START));
        let auth =
            Auth::with_clock(config, memory().store, clock.clone()).await.expect("an engine");
        let held = auth.sign_up(credentials(EMAIL, PASSWORD), context(None)).await.expect("new");
        assert_eq!(held.info.algorithm, algorithm);
        assert!(matches!(
            auth.authenticate(&held.access).await.expect("the store answers"),
            Access::Valid(_)
        ));
        until("the proof is noted", || async {
            auth.session(held.session.id).await.ok().flatten()?.acknowledged_at
        })
        .await;
        clock.advance(D);
        let refresh = async || {
            let presented = Some(refresh_token(&held));
            auth.refresh(presented, Trigger::Call, Client::default()).await.expect("answered")
        };
        let rotated = tokens(refresh().await);
        let replayed = refresh().await;
        assert_eq!(replayed.decision, Decision::Replay(Replay::Undelivered));
        let replayed = tokens(replayed);
        assert_eq!(replayed.refresh, rotated.refresh);
        assert_eq!(replayed.info, rotated.info);
        let deterministic = algorithm != SigningAlgorithm::Es256;
        assert_eq!(replayed.access == rotated.access, deterministic, "{algorithm:?}");

        let elsewhere = Verifier::from_jwks(&auth.jwks(), issuer, audience);
        if algorithm == SigningAlgorithm::Hs256 {
            assert_eq!(elsewhere.expect_err("no keys"), JwksError::NoneFit(Vec::new()));
            continue;
        }
        let elsewhere = elsewhere.expect("a key");
        for pair in [rotated, replayed] {
            let sent = AccessToken::parse(pair.access.reveal()).expect("a token");
            assert_eq!(elsewhere.verify(&sent, auth.now()), Ok(Verified::Valid(pair.info)));
        }
    }
}

#[tokio::test]
async fn another_service_refuses_what_another_server_issued_and_sees_expiry_but_no_revocation() {
    let world = World::in_memory().await;
    let held = world.sign_up().await;
    let config = world.auth.config();
    let verifier = Verifier::from_jwks(&world.auth.jwks(), &config.issuer, &config.audience);
    let verifier = verifier.expect("a key");
    let now = world.auth.now();
    assert!(matches!(verifier.verify(&held.access, now), Ok(Verified::Valid(_))));
    assert!(matches!(verifier.verify(&held.access, now + ACCESS), Ok(Verified::Expired(_))));

    world.sign_out(&held).await;
    assert!(matches!(world.access(&held).await, Access::Revoked(_)));
    assert!(matches!(verifier.verify(&held.access, now), Ok(Verified::Valid(_))));

    let mut other = crate::support::config();
    other.secret = secret(100);
    let theirs = Auth::with_clock(other, memory().store, world.clock.clone()).await.expect("one");
    let theirs = theirs.sign_up(credentials(EMAIL, PASSWORD), context(None)).await.expect("new");
    assert_eq!(verifier.verify(&theirs.access, now), Err(TokenError::Key));
}
