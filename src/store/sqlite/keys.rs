//! The signing keys: a handful of rows, read and replaced together.

use sqlx::{SqliteExecutor, SqlitePool};

use crate::{
    keyring::KeyRecord,
    store::{StoreError, rows::KeyRow, same_keys, sql},
};

/// All keys.
pub(super) async fn all(from: impl SqliteExecutor<'_>) -> Result<Vec<KeyRecord>, StoreError> {
    let rows = sqlx::query_as::<_, KeyRow>(sql::KEYS).fetch_all(from).await?;
    rows.into_iter().filter_map(|row| row.try_into().transpose()).collect()
}

/// Compares and swaps.
pub(super) async fn replace(
    writer: &SqlitePool,
    seen: &[KeyRecord],
    keys: &[KeyRecord],
) -> Result<bool, StoreError> {
    let mut tx = writer.begin_with("begin immediate").await?;
    if !same_keys(&all(&mut *tx).await?, seen) {
        return Ok(false);
    }
    let (version,): (i64,) = sqlx::query_as(sql::NEXT_KEYS_VERSION).fetch_one(&mut *tx).await?;
    for key in seen {
        sqlx::query(sql::FORGET_KEY).bind(key.kid.as_str()).execute(&mut *tx).await?;
    }
    for key in keys {
        sql::add_key!(key, version).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(true)
}
