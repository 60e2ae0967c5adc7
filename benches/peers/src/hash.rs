//! The rate at which this machine hashes passwords, with the parameters of Coatroom's default.

use std::{
    thread,
    time::{Duration, Instant},
};

use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, Version, password_hash::phc};
use coatroom::{AuthConfig, ServerSecret, config::Hashing};

use crate::Result;

/// Returns the number of hashes in a second, over all threads.
pub fn hashes(threads: usize, seconds: u64) -> Result<f64> {
    let secret = ServerSecret::new(ServerSecret::generate())?;
    let config = AuthConfig::new("https://bench.example", secret);
    let Hashing { memory_kib, iterations, parallelism, .. } = config.hashing;
    let params = Params::new(memory_kib, iterations, parallelism, None)
        .map_err(|error| format!("not parameters: {error}"))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let time = Duration::from_secs(seconds.max(1));
    let work = || {
        let (begun, mut count) = (Instant::now(), 0_u32);
        while begun.elapsed() < time {
            let hashed: Result<phc::PasswordHash, _> = argon2.hash_password(b"a quiet harbour");
            hashed.map_err(|error| format!("no hash: {error}"))?;
            count += 1;
        }
        Ok::<_, String>(f64::from(count) / begun.elapsed().as_secs_f64())
    };
    let rates: Result<Vec<f64>, String> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
        let joined = running.into_iter().map(thread::ScopedJoinHandle::join);
        joined.map(|rate| rate.map_err(|_| "a thread panicked".to_owned())?).collect()
    });
    Ok(rates?.iter().sum())
}
