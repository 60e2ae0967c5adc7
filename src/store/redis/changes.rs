//! The log of changes: a stream, whose entries are numbered in the order of their writing.

use async_trait::async_trait;

use super::{
    RedisStore, feed,
    rows::{self, Fields},
    scripts,
};
use crate::{
    clock::Timestamp,
    store::{ChangeLog, Cursor, Feed, Page, StoreError},
};

/// An answer of the script: the next place, if there is more, the entries with their numbers, the version of the keys,
/// the newest epoch, the server's clock.
type Read = (String, u64, Vec<(String, Fields)>, u32, String, i64);

/// Reads the place of a reader: the history that it is good for, and the number of the last entry that was read.
fn place(cursor: &Cursor) -> Option<(&str, u64)> {
    let (history, number) = cursor.as_str().split_once(' ')?;
    Some((history, number.parse().ok()?))
}

#[async_trait]
impl ChangeLog for RedisStore {
    async fn changes(&self, after: Option<&Cursor>, limit: u32) -> Result<Page, StoreError> {
        let (history, number) = after.and_then(place).unwrap_or_default();
        let read: Read = self.wire.ask(&scripts::CHANGES, (history, number, limit)).await?;
        let (next, more, entries, keys_version, epoch, now) = read;
        let changes: Result<_, _> =
            entries.into_iter().filter_map(|(_, entry)| rows::logged(entry).transpose()).collect();
        let epoch = u64::try_from(rows::number(&epoch, "epoch.number")?);
        Ok(Page {
            changes: changes?,
            next: Cursor::new(next),
            more: more > 0,
            keys_version,
            epoch: epoch.map_err(|_| StoreError::Corrupt("epoch.number"))?,
            store_now: Some(Timestamp::from_millis(now)),
        })
    }

    async fn feed(&self) -> Result<Option<Feed>, StoreError> {
        feed::open(&self.wire).await.map(Some)
    }
}
