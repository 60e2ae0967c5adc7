//! The signing keys: a handful of rows, read and replaced together.
//!
//! The one write here that takes more than a statement: what is stored is compared with what the caller saw, behind a
//! lock that lets readers pass.

use async_trait::async_trait;
use futures::FutureExt as _;
use sqlx::{Connection as _, PgConnection};

use super::PostgresStore;
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
impl KeyStore for PostgresStore {
    async fn keys(&self) -> Result<Vec<KeyRecord>, StoreError> {
        let keys = self.wire.rows::<KeyRow, Option<KeyRecord>>(sqlx::query(sql::KEYS)).await?;
        Ok(keys.into_iter().flatten().collect())
    }

    async fn replace_keys(
        &self,
        seen: &[KeyRecord],
        keys: &[KeyRecord],
    ) -> Result<bool, StoreError> {
        let (seen, keys) = (seen.to_vec(), keys.to_vec());
        let replaced = self.wire.ask(|connection| replace(connection, seen, keys).boxed());
        replaced.await.map_err(store_error)
    }

    async fn schedule(&self) -> Result<Option<Schedule>, StoreError> {
        let figures = self
            .wire
            .ask(|connection| sqlx::query_as(sql::SCHEDULE).fetch_optional(connection).boxed());
        figures.await.map_err(store_error)?.map(schedule).transpose()
    }

    async fn raise_schedule(&self, at_least: Schedule) -> Result<(), StoreError> {
        let query = sqlx::query(sql::raise_schedule!("greatest"))
            .bind(millis(at_least.cache))
            .bind(millis(at_least.access_ttl))
            .bind(millis(at_least.clock_skew));
        self.wire.changed(query).await.map_err(store_error)?;
        Ok(())
    }
}

/// Compares and swaps.
async fn replace(
    connection: &mut PgConnection,
    seen: Vec<KeyRecord>,
    keys: Vec<KeyRecord>,
) -> Result<bool, sqlx::Error> {
    let mut tx = connection.begin().await?;
    sqlx::query("lock table coatroom_signing_key in share row exclusive mode")
        .execute(&mut *tx)
        .await?;
    let rows = sqlx::query_as::<_, KeyRow>(sql::KEYS).fetch_all(&mut *tx).await?;
    let current: Result<Vec<KeyRecord>, _> =
        rows.into_iter().filter_map(|row| row.try_into().transpose()).collect();
    if !same_keys(&current.map_err(|error| sqlx::Error::Decode(error.into()))?, &seen) {
        return Ok(false);
    }
    let (version,): (i64,) = sqlx::query_as(sql::NEXT_KEYS_VERSION).fetch_one(&mut *tx).await?;
    for key in &seen {
        sqlx::query(sql::FORGET_KEY).bind(key.kid.as_str()).execute(&mut *tx).await?;
    }
    for key in keys {
        sql::add_key!(key, version).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(true)
}
