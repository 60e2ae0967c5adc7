//! The log of changes: in the order of its numbers, because one writer commits at a time.

use async_trait::async_trait;
use sqlx::Sqlite;

use super::SqliteStore;
use crate::store::{
    ChangeLog, Cursor, Page, StoreError,
    lend::Lender,
    rows::{LogRow, page, told},
    sql,
};

/// The place of a reader that has read nothing yet.
const BEGINNING: (i64, i64) = (0, 0);

/// The last row that was read is looked for, too: if it is not there, or is another one, the file was restored from a
/// copy. The newest row is never pruned.
const CHANGES: &str = concat!(
    "select s.now, s.keys_version, s.epoch, s.state, c.seq || ' ' || c.logged_at as place, c.kind, c.session_id, c.subject, c.version, \
     c.at, c.logged_at \
     from (select cast(round((julianday('now') - 2440587.5) * 86400000) as integer) as now, \
     (select coalesce(max(version), 0) from coatroom_signing_key) as keys_version, ",
    sql::newest_epoch!(),
    " as epoch, \
     case when $1 = 0 or exists (select 1 from coatroom_change where seq = $1 and logged_at = $2) then 'known' \
     else 'lost' end as state) s \
     left join (select * from coatroom_change where seq > $1 order by seq limit $3) c on true order by c.seq"
);

#[async_trait]
impl ChangeLog for SqliteStore {
    async fn changes(&self, after: Option<&Cursor>, limit: u32) -> Result<Page, StoreError> {
        read_on(&self.readers, after, limit).await
    }
}

/// Reads on after a cursor, or from the beginning.
async fn read_on(
    readers: &Lender<Sqlite>,
    cursor: Option<&Cursor>,
    limit: u32,
) -> Result<Page, StoreError> {
    let place = cursor.and_then(|cursor| read(cursor.as_str())).unwrap_or(BEGINNING);
    let rows = rows(readers, place, limit).await?;
    if rows.first().is_some_and(|row| row.state == "lost") {
        return finish(self::rows(readers, BEGINNING, limit).await?, BEGINNING, limit);
    }
    finish(rows, place, limit)
}

async fn rows(
    readers: &Lender<Sqlite>,
    (seq, logged_at): (i64, i64),
    limit: u32,
) -> Result<Vec<LogRow>, StoreError> {
    readers.rows(sqlx::query(CHANGES).bind(seq).bind(logged_at).bind(limit)).await
}

fn finish(rows: Vec<LogRow>, before: (i64, i64), limit: u32) -> Result<Page, StoreError> {
    let last = rows.last().and_then(|row| row.place.clone());
    let next = Cursor::new(last.unwrap_or_else(|| format!("{} {}", before.0, before.1)));
    let more = u32::try_from(told(&rows)).is_ok_and(|told| told >= limit);
    page(rows, next, more)
}

fn read(cursor: &str) -> Option<(i64, i64)> {
    let (seq, logged_at) = cursor.split_once(' ')?;
    Some((seq.parse().ok()?, logged_at.parse().ok()?))
}
