//! Decisions of the rule, derived tokens recognized, and passwords.

use std::{hint::black_box, sync::Arc, time::Duration};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use coatroom::{
    Accounts, Credentials, Role, Session, SignInContext,
    auth::{Credential, TokenPair},
    config::{Guessing, Scheme, Verification},
    session::{Decision, Persistence, Presented, decide},
    store::memory::MemoryStore,
};
use criterion::{Criterion, SamplingMode};
use tokio::{runtime::Runtime, task::spawn_blocking};

use crate::nodes::{begin, begin_signed, config, node};

const PASSWORD: &str = "a quiet harbour at dawn";
const SALT: &[u8] = b"sixteen bytes of";
const HYBRID: Scheme = Scheme::Hybrid(Verification::Denylist);

pub(crate) fn measure(criterion: &mut Criterion, runtime: &Runtime) {
    rule(criterion, runtime);
    derive(criterion, runtime);
    password(criterion, runtime);
}

/// The rule, on sessions of each row that an honest browser meets, and on a theft.
fn rule(criterion: &mut Criterion, runtime: &Runtime) {
    let config = config(HYBRID);
    let timing = config.timing();
    let TokenPair { session: begun, .. } = runtime
        .block_on(async { begin_signed(&node(config, Arc::new(MemoryStore::new())).await).await });
    let seen = begun.rotated_at;
    let delivered = Session { generation: 7, acknowledged_at: Some(seen), ..begun };
    let lost = Session { acknowledged_at: None, ..delivered.clone() };
    let due = seen + timing.spacing;
    let cases = [
        ("debounced", &delivered, 7, seen),
        ("rotate", &delivered, 7, due),
        ("replay", &lost, 6, due),
        ("reuse", &delivered, 6, due),
        ("ended", &delivered, 7, delivered.absolute_expires_at),
    ];
    let mut group = criterion.benchmark_group("decide");
    for (name, session, generation, now) in cases {
        let decided = || {
            let presented = Presented::Genuine { generation, session: black_box(session) };
            decide(black_box(now), presented, &timing)
        };
        let expected = match decided() {
            Decision::Debounced { .. } => "debounced",
            Decision::Rotate => "rotate",
            Decision::Replay(_) => "replay",
            Decision::Reuse(_) => "reuse",
            Decision::Ended(_) => "ended",
            _ => "another",
        };
        assert_eq!(name, expected);
        group.bench_function(name, |bencher| bencher.iter(decided));
    }
    group.finish();
}

/// Tokens derived anew from a row in memory and compared; reading the row alone, which is part of both, for the
/// difference.
fn derive(criterion: &mut Criterion, runtime: &Runtime) {
    let (hybrid, opaque) = runtime.block_on(async {
        let under = async |scheme| node(config(scheme), Arc::new(MemoryStore::new())).await;
        (under(HYBRID).await, under(Scheme::Opaque).await)
    });
    let tokens = runtime.block_on(begin_signed(&hybrid));
    let (id, refresh) = (tokens.session.id, tokens.refresh.expect("a refresh token"));
    let mut group = criterion.benchmark_group("derive");
    group.bench_function("row_alone", |bencher| {
        bencher.to_async(runtime).iter(|| hybrid.session(black_box(id)));
    });
    group.bench_function("refresh_token", |bencher| {
        bencher.to_async(runtime).iter(|| hybrid.session_of(black_box(&refresh)));
    });
    if let Credential::Opaque(token, _) = runtime.block_on(begin(&opaque)) {
        group.bench_function("session_token", |bencher| {
            bencher.to_async(runtime).iter(|| opaque.open(black_box(&token)));
        });
    }
    group.finish();
}

/// Argon2id with the parameters of production, on the blocking pool as the library calls it, and in memory that the hash
/// before left, which the kernel need not clear; and a whole sign-in on a store in memory.
fn password(criterion: &mut Criterion, runtime: &Runtime) {
    let mut config = config(HYBRID);
    config.guessing = Guessing::OFF;
    let hashing = config.hashing;
    let params = Params::new(hashing.memory_kib, hashing.iterations, hashing.parallelism, None);
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.expect("in bounds"));
    let who = Credentials::new("ada@example.com", PASSWORD);
    let accounts = runtime.block_on(async {
        let accounts = Accounts::new(config, Arc::new(MemoryStore::new())).await.expect("accounts");
        accounts.add_user(&who, Role::USER).await.expect("added");
        accounts
    });
    let password = PASSWORD.as_bytes();
    let mut group = criterion.benchmark_group("password");
    group.sampling_mode(SamplingMode::Flat).measurement_time(Duration::from_millis(1500));
    group.bench_function("argon2id", |bencher| {
        bencher.to_async(runtime).iter(async || {
            let argon2 = argon2.clone();
            spawn_blocking(move || argon2.hash_password_into(password, SALT, &mut [0; 32]))
                .await
                .expect("ran")
                .expect("hashed");
        });
    });
    group.bench_function("argon2id_in_kept_memory", |bencher| {
        let mut kept = vec![Block::default(); argon2.params().block_count()];
        bencher.iter(|| {
            let (salt, hash) = (SALT, &mut [0; 32]);
            argon2.hash_password_into_with_memory(password, salt, hash, &mut kept).expect("hashed");
        });
    });
    group.bench_function("sign_in", |bencher| {
        bencher.to_async(runtime).iter(|| async {
            let context = SignInContext::new(Persistence::Remembered);
            accounts.sign_in(who.clone(), context).await.expect("signed in")
        });
    });
    group.finish();
}
