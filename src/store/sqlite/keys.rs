//! The signing keys: a handful of rows, read and replaced together.

use async_trait::async_trait;
use futures::FutureExt as _;
use sqlx::SqliteConnection;

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
        read(self.readers.rows(sqlx::query(sql::KEYS)).await?)
    }

    async fn replace_keys(
        &self,
        seen: &[KeyRecord],
        keys: &[KeyRecord],
    ) -> Result<bool, StoreError> {
        let (seen, keys) = (seen.to_vec(), keys.to_vec());
        self.writer.write(|connection| replace(connection, seen, keys).boxed()).await
    }

    async fn schedule(&self) -> Result<Option<Schedule>, StoreError> {
        let figures = self.readers.row(sqlx::query(sql::SCHEDULE)).await?;
        figures.map(schedule).transpose()
    }

    async fn raise_schedule(&self, at_least: Schedule) -> Result<(), StoreError> {
        let raise = sqlx::query(sql::raise_schedule!("max"))
            .bind(millis(at_least.cache))
            .bind(millis(at_least.access_ttl))
            .bind(millis(at_least.clock_skew));
        self.writer.changed(raise).await?;
        Ok(())
    }
}

/// Returns the keys of rows, without those of an algorithm that is not known.
fn read(rows: Vec<KeyRow>) -> Result<Vec<KeyRecord>, StoreError> {
    rows.into_iter().filter_map(|row| row.try_into().transpose()).collect()
}

/// Compares and swaps.
async fn replace(
    connection: &mut SqliteConnection,
    seen: Vec<KeyRecord>,
    keys: Vec<KeyRecord>,
) -> Result<bool, StoreError> {
    let found = sqlx::query_as(sql::KEYS).fetch_all(&mut *connection).await.map_err(store_error)?;
    if !same_keys(&read(found)?, &seen) {
        return Ok(false);
    }
    let (version,): (i64,) = sqlx::query_as(sql::NEXT_KEYS_VERSION)
        .fetch_one(&mut *connection)
        .await
        .map_err(store_error)?;
    for key in seen {
        sqlx::query(sql::FORGET_KEY)
            .bind(key.kid.as_str())
            .execute(&mut *connection)
            .await
            .map_err(store_error)?;
    }
    for key in keys {
        sql::add_key!(key, version).execute(&mut *connection).await.map_err(store_error)?;
    }
    Ok(true)
}
