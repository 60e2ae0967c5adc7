//! The signing keys: a handful of rows, read and replaced together.
//!
//! The one write here that takes more than a statement: what is stored is compared with what the caller saw, behind a
//! lock that lets readers pass.

use sqlx::{Connection as _, PgConnection};

use crate::{
    keyring::KeyRecord,
    store::{rows::KeyRow, same_keys, sql},
};

/// Compares and swaps.
pub(super) async fn replace(
    connection: &mut PgConnection,
    seen: Vec<KeyRecord>,
    keys: Vec<KeyRecord>,
) -> Result<bool, sqlx::Error> {
    let mut tx = connection.begin().await?;
    sqlx::query("lock table signing_key in share row exclusive mode").execute(&mut *tx).await?;
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
