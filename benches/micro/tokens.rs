//! Tokens: parsed, signed, and checked, with each algorithm.
//!
//! A token is checked by a node that did not sign it. `first_seen` checks each token once; `seen_before` checks one
//! again and again, as a browser sends it.

use std::{hint::black_box, sync::Arc};

use coatroom::{
    Auth, ServerSecret, Subject, SystemClock, Verifier,
    access_token::{AccessToken, Verified},
    auth::Access,
    clock::Clock as _,
    config::{Scheme, Verification},
    handshake::{HandshakeForm, HandshakeIssuer, HandshakeReceiver, State},
    keyring::SigningAlgorithm,
    refresh_token::RefreshToken,
    session_token::SessionToken,
    store::memory::MemoryStore,
    verifier::RemoteConfig,
};
use criterion::{BenchmarkId, Criterion};
use tokio::runtime::Runtime;

use crate::nodes::{begin, begin_signed, config, node, sum, timed};

/// Signs a token for each session, and writes no row.
const SIGNED_ALONE: Scheme = Scheme::Token(Verification::Stateless);
const ALGORITHMS: [SigningAlgorithm; 4] = [
    SigningAlgorithm::EdDsa,
    SigningAlgorithm::Es256,
    SigningAlgorithm::Rs256,
    SigningAlgorithm::Hs256,
];
const A: &str = "https://a.example";
const B: &str = "https://b.example";

pub(crate) fn measure(criterion: &mut Criterion, runtime: &Runtime) {
    parse(criterion, runtime);
    for algorithm in ALGORITHMS {
        sign_and_verify(criterion, runtime, algorithm);
    }
    for form in HandshakeForm::ALL {
        handshake(criterion, runtime, *form);
    }
}

fn parse(criterion: &mut Criterion, runtime: &Runtime) {
    let (signed, opaque) = runtime.block_on(async {
        let under = async |scheme| node(config(scheme), Arc::new(MemoryStore::new())).await;
        let hybrid = under(Scheme::Hybrid(Verification::Denylist)).await;
        let opaque = begin(&under(Scheme::Opaque).await).await;
        (begin_signed(&hybrid).await, opaque)
    });
    let access = signed.access.reveal();
    let refresh = signed.refresh.as_ref().expect("a refresh token").reveal();
    let mut group = criterion.benchmark_group("parse");
    group.bench_function("access_token", |bencher| {
        bencher.iter(|| AccessToken::parse(black_box(access)));
    });
    group.bench_function("refresh_token", |bencher| {
        bencher.iter(|| RefreshToken::parse(black_box(&refresh)));
    });
    if let coatroom::auth::Credential::Opaque(token, _) = opaque {
        let token = token.reveal();
        group.bench_function("session_token", |bencher| {
            bencher.iter(|| SessionToken::parse(black_box(&token)));
        });
    }
    group.finish();
}

fn sign_and_verify(criterion: &mut Criterion, runtime: &Runtime, algorithm: SigningAlgorithm) {
    let name = algorithm.as_str();
    let mut config = config(SIGNED_ALONE);
    config.algorithm = algorithm;
    let (signer, checker) = runtime.block_on(async {
        let store = Arc::new(MemoryStore::new());
        (node(config.clone(), store.clone()).await, node(config, store).await)
    });

    let mut group = criterion.benchmark_group("sign");
    group.bench_function(BenchmarkId::new("begin", name), |bencher| {
        bencher.to_async(runtime).iter(|| begin_signed(&signer));
    });
    group.finish();

    let mut group = criterion.benchmark_group("verify");
    group.bench_function(BenchmarkId::new("first_seen", name), |bencher| {
        bencher.to_async(runtime).iter_custom(|times| {
            sum(times, async || {
                let token = begin_signed(&signer).await.access;
                let (access, took) = timed(examine(&checker, &token)).await;
                assert!(matches!(access, Access::Valid(_)));
                took
            })
        });
    });
    let token = runtime.block_on(begin_signed(&signer)).access;
    group.bench_function(BenchmarkId::new("seen_before", name), |bencher| {
        bencher.to_async(runtime).iter(|| examine(&checker, black_box(&token)));
    });
    // No key of HMAC is published.
    if algorithm != SigningAlgorithm::Hs256 {
        let issuer = checker.config();
        let verifier = Verifier::from_jwks(&checker.jwks(), &issuer.issuer, &issuer.audience);
        let verifier = verifier.expect("a key").of_session_tokens();
        let now = SystemClock.now();
        assert!(matches!(verifier.verify(&token, now), Ok(Verified::Valid(_))));
        group.bench_function(BenchmarkId::new("verifier", name), |bencher| {
            bencher.iter(|| verifier.verify(black_box(&token), now));
        });
    }
    group.finish();
}

async fn examine(auth: &Auth, token: &AccessToken) -> Access {
    auth.examine(token).await.expect("no row is read")
}

fn handshake(criterion: &mut Criterion, runtime: &Runtime, form: HandshakeForm) {
    let secret = ServerSecret::new(ServerSecret::generate()).expect("long enough");
    let issuer = HandshakeIssuer::new(A, &secret, &[]).expect("a key");
    let receiver = receiver(&issuer, form);
    let subject = Subject::new("ada").expect("a name");
    let issue = |state: &State| {
        issuer.issue(form, B, &subject, &state.nonce(), SystemClock.now()).expect("signed")
    };

    let state = State::random();
    let mut group = criterion.benchmark_group("sign");
    group.bench_function(BenchmarkId::new("handshake", form.as_str()), |bencher| {
        bencher.iter(|| issue(&state));
    });
    group.finish();
    let mut group = criterion.benchmark_group("verify");
    group.bench_function(BenchmarkId::new("handshake", form.as_str()), |bencher| {
        bencher.to_async(runtime).iter_custom(|times| {
            sum(times, async || {
                let state = [State::random()];
                let token = issue(&state[0]);
                let arrived = receiver.receive(token.reveal(), &state, SystemClock.now());
                let (arrived, took) = timed(arrived).await;
                arrived.expect("a token that was not used");
                took
            })
        });
    });
    group.finish();
}

fn receiver(issuer: &HandshakeIssuer, form: HandshakeForm) -> HandshakeReceiver {
    let (config, once) = (RemoteConfig::new(A, B), Arc::new(MemoryStore::new()));
    let keys = if form == HandshakeForm::Paseto { issuer.paserks() } else { issuer.jwks() };
    let fetch = move || {
        let keys = keys.clone();
        async move { Ok(keys) }
    };
    let receiver = match form {
        HandshakeForm::Hs256 => {
            let secret = issuer.shared_secret(B).expect("a secret");
            HandshakeReceiver::with_shared_secrets(config, &[secret], once)
        }
        HandshakeForm::Paseto => HandshakeReceiver::with_paserks(config, fetch, once),
        _ => HandshakeReceiver::with_jwks(config, fetch, once),
    };
    receiver.expect("a receiver")
}
