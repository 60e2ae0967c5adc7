//! The signing keys: a handful of rows, read and replaced together.

use sqlx::{SqliteExecutor, SqlitePool};

use super::rows::KeyRow;
use crate::{
    clock::Timestamp,
    keyring::KeyRecord,
    store::{StoreError, same_keys},
};

/// All keys.
pub(super) async fn all(from: impl SqliteExecutor<'_>) -> Result<Vec<KeyRecord>, StoreError> {
    sqlx::query_as::<_, KeyRow>(
        "select kid, algorithm, sealed, staged_at, active_at, retiring_at, retired_at \
         from signing_key",
    )
    .fetch_all(from)
    .await?
    .into_iter()
    .map(TryInto::try_into)
    .collect()
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
    let (version,): (u32,) =
        sqlx::query_as("select coalesce(max(version), 0) + 1 from signing_key")
            .fetch_one(&mut *tx)
            .await?;
    sqlx::query("delete from signing_key").execute(&mut *tx).await?;
    for key in keys {
        sqlx::query(
            "insert into signing_key (kid, algorithm, sealed, staged_at, active_at, retiring_at, \
                 retired_at, version) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(key.kid.as_str())
        .bind(key.algorithm.as_str())
        .bind(&key.sealed)
        .bind(key.staged_at.millis())
        .bind(key.active_at.millis())
        .bind(key.retiring_at.map(Timestamp::millis))
        .bind(key.retired_at.map(Timestamp::millis))
        .bind(version)
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    Ok(true)
}
