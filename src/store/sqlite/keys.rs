//! The signing keys: a handful of rows, read and replaced together.

use async_trait::async_trait;
use sqlx::{SqliteExecutor, SqlitePool};

use super::SqliteStore;
use crate::{
    keyring::{KeyRecord, Schedule},
    store::{
        KeyStore, StoreError,
        failure::store_error,
        rows::{KeyRow, millis, schedule},
        same_keys, sql,
    },
};

#[async_trait]
impl KeyStore for SqliteStore {
    async fn keys(&self) -> Result<Vec<KeyRecord>, StoreError> {
        all(&self.readers).await
    }

    async fn replace_keys(
        &self,
        seen: &[KeyRecord],
        keys: &[KeyRecord],
    ) -> Result<bool, StoreError> {
        replace(&self.writer, seen, keys).await
    }

    async fn schedule(&self) -> Result<Option<Schedule>, StoreError> {
        let figures = sqlx::query_as(sql::SCHEDULE)
            .fetch_optional(&self.readers)
            .await
            .map_err(store_error)?;
        figures.map(schedule).transpose()
    }

    async fn raise_schedule(&self, at_least: Schedule) -> Result<(), StoreError> {
        sqlx::query(sql::raise_schedule!("max"))
            .bind(millis(at_least.cache))
            .bind(millis(at_least.access_ttl))
            .bind(millis(at_least.clock_skew))
            .execute(&self.writer)
            .await
            .map_err(store_error)?;
        Ok(())
    }
}

/// All keys.
async fn all(from: impl SqliteExecutor<'_>) -> Result<Vec<KeyRecord>, StoreError> {
    let rows = sqlx::query_as::<_, KeyRow>(sql::KEYS).fetch_all(from).await.map_err(store_error)?;
    rows.into_iter().filter_map(|row| row.try_into().transpose()).collect()
}

/// Compares and swaps.
async fn replace(
    writer: &SqlitePool,
    seen: &[KeyRecord],
    keys: &[KeyRecord],
) -> Result<bool, StoreError> {
    let mut tx = writer.begin_with("begin immediate").await.map_err(store_error)?;
    if !same_keys(&all(&mut *tx).await?, seen) {
        return Ok(false);
    }
    let (version,): (i64,) =
        sqlx::query_as(sql::NEXT_KEYS_VERSION).fetch_one(&mut *tx).await.map_err(store_error)?;
    for key in seen {
        sqlx::query(sql::FORGET_KEY)
            .bind(key.kid.as_str())
            .execute(&mut *tx)
            .await
            .map_err(store_error)?;
    }
    for key in keys {
        sql::add_key!(key, version).execute(&mut *tx).await.map_err(store_error)?;
    }
    tx.commit().await.map_err(store_error)?;
    Ok(true)
}
