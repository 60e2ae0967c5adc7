//! Forgetting what is long over.

use std::time::Duration;

use futures::FutureExt as _;

use super::SqliteStore;
use crate::{
    clock::Timestamp,
    store::{CHANGES_KEPT, StoreError, failure::store_error, sql},
};

const NOW: &str = "select cast(round((julianday('now') - 2440587.5) * 86400000) as integer)";

/// The newest row stays, so that a reader finds its place.
const FORGET_CHANGES: &str = "delete from coatroom_change where seq in (select seq from coatroom_change \
     where logged_at < $1 and seq < (select max(seq) from coatroom_change) order by logged_at limit $2)";

/// Copies what the log holds into the file, and waits for no other connection.
const COPY_LOG: &str = "pragma wal_checkpoint(passive)";

/// Deletes up to a full batch of one kind, each kind in a transaction of its own, so that no request waits long for the
/// writer.
///
/// Rows that ended at the same time lie all over the file, so a few batches fill the log. Left to itself, `SQLite` lets
/// the commit that fills it copy it into the file, and a request would wait for a thousand writes.
pub(super) async fn prune(
    store: &SqliteStore,
    now: Timestamp,
    retention: Duration,
    limit: u32,
) -> Result<bool, StoreError> {
    let (own,): (i64,) = store.readers.one(sqlx::query(NOW)).await?;
    let now = now.min(Timestamp::from_millis(own));
    for (statement, before) in [
        (sql::prune_sessions!("revoked_at", ""), now - retention),
        (sql::prune_sessions!("absolute_expires_at", ""), now - retention),
        (FORGET_CHANGES, now - CHANGES_KEPT),
        (sql::prune_marks!(""), now),
    ] {
        let delete = sqlx::query(statement).bind(before.millis()).bind(limit);
        let deleted = store.writer.changed(delete).await?;
        if deleted > 0 {
            let copied = sqlx::query(COPY_LOG);
            let copied = store.readers.ask(|connection| copied.execute(connection).boxed());
            copied.await.map_err(store_error)?;
        }
        if deleted >= u64::from(limit) {
            return Ok(true);
        }
    }
    Ok(false)
}
