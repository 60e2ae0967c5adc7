//! Forgetting what is long over: several nodes may, and none waits for another.

use std::time::Duration;

use futures::FutureExt as _;
use sqlx::Row as _;

use super::wire::Wire;
use crate::{
    clock::Timestamp,
    store::{CHANGES_KEPT, StoreError, failure::store_error, sql},
};

const NOW: &str = "select (extract(epoch from clock_timestamp()) * 1000)::bigint";

const FORGET_CHANGES: &str = "delete from coatroom_change where (xid, seq) in (select xid, seq from coatroom_change \
     where logged_at < $1 order by logged_at limit $2 for update skip locked)";

/// Deletes up to a full batch of one kind, each kind in a statement of its own: to look for others after a full one would
/// be three more statements beside those of requests.
pub(super) async fn prune(
    wire: &Wire,
    now: Timestamp,
    retention: Duration,
    limit: u32,
) -> Result<bool, StoreError> {
    let query = sqlx::query(NOW);
    let row =
        wire.ask(|connection| query.fetch_one(connection).boxed()).await.map_err(store_error)?;
    let now = now.min(Timestamp::from_millis(row.try_get(0).map_err(store_error)?));
    for (statement, before) in [
        (sql::prune_sessions!("revoked_at", "for update skip locked"), now - retention),
        (sql::prune_sessions!("absolute_expires_at", "for update skip locked"), now - retention),
        (FORGET_CHANGES, now - CHANGES_KEPT),
        (sql::prune_marks!("for update skip locked"), now),
    ] {
        let query = sqlx::query(statement).bind(before.millis()).bind(i64::from(limit));
        if wire.changed(query).await.map_err(store_error)? >= u64::from(limit) {
            return Ok(true);
        }
    }
    Ok(false)
}
