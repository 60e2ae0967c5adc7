//! The signing keys: a handful of hashes, read and replaced together.

use async_trait::async_trait;

use super::{
    RedisStore,
    numbers::{instant, number},
    rows::{self, Fields},
    scripts,
};
use crate::{
    keyring::{KeyRecord, Schedule},
    store::{
        KeyStore, StoreError,
        rows::{millis, schedule},
        same_keys,
    },
};

impl RedisStore {
    /// The signing keys of a known algorithm, and the number of times that they were replaced.
    async fn versioned_keys(&self) -> Result<(String, Vec<KeyRecord>), StoreError> {
        let (version, found): (String, Vec<Fields>) =
            self.wire.ask(&scripts::KEYS, None::<&str>).await?;
        let keys: Result<_, _> =
            found.into_iter().filter_map(|key| rows::key(key).transpose()).collect();
        Ok((version, keys?))
    }
}

#[async_trait]
impl KeyStore for RedisStore {
    async fn keys(&self) -> Result<Vec<KeyRecord>, StoreError> {
        Ok(self.versioned_keys().await?.1)
    }

    /// Compares what is stored here, where it is known which algorithms are, and swaps by the version that was read
    /// with it: each replacement counts it up, so that of several callers one finds it as it was.
    async fn replace_keys(
        &self,
        seen: &[KeyRecord],
        keys: &[KeyRecord],
    ) -> Result<bool, StoreError> {
        let (version, stored) = self.versioned_keys().await?;
        if !same_keys(&stored, seen) {
            return Ok(false);
        }
        let names: Vec<&str> = seen.iter().map(|key| key.kid.as_str()).collect();
        let keys: Vec<_> = keys.iter().map(described).collect();
        self.wire.did(&scripts::REPLACE_KEYS, (version, names.len(), names, keys)).await
    }

    async fn schedule(&self) -> Result<Option<Schedule>, StoreError> {
        const COLUMN: &str = "key_schedule.cache";
        let figures: Vec<Option<String>> = self.wire.ask(&scripts::SCHEDULE, None::<&str>).await?;
        let [Some(cache), Some(access_ttl), Some(clock_skew)] = &figures[..] else {
            return Ok(None);
        };
        let read = |text: &str| rows::number(text, COLUMN);
        schedule((read(cache)?, read(access_ttl)?, read(clock_skew)?)).map(Some)
    }

    async fn raise_schedule(&self, at_least: Schedule) -> Result<(), StoreError> {
        let figures = [at_least.cache, at_least.access_ttl, at_least.clock_skew];
        let figures = figures.map(|figure| number(millis(figure).cast_unsigned()));
        self.wire.did(&scripts::RAISE_SCHEDULE, &figures).await.map(|_| ())
    }
}

/// The name of a key, the number of texts that describe it, and these: its fields with their values.
fn described(key: &KeyRecord) -> (String, usize, Vec<(&'static str, Vec<u8>)>) {
    let at = |at| instant(at).into_bytes();
    let mut fields = vec![
        ("kid", key.kid.as_str().as_bytes().to_vec()),
        ("algorithm", key.algorithm.as_str().as_bytes().to_vec()),
        ("sealed", key.sealed.clone()),
        ("staged_at", at(key.staged_at)),
        ("active_at", at(key.active_at)),
    ];
    fields.extend(key.retiring_at.map(|retiring| ("retiring_at", at(retiring))));
    fields.extend(key.retired_at.map(|retired| ("retired_at", at(retired))));
    (key.kid.as_str().to_owned(), 2 * fields.len(), fields)
}
