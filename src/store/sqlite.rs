//! The store in an embedded `SQLite` database.
//!
//! WAL, so that readers never wait; every commit reaches the disk before it is answered, because a rotation that a
//! power cut undid would leave the browser ahead of the server, which is signed out (row 4); one connection writes, so
//! that writers queue in this process instead of meeting `SQLITE_BUSY` in the file, and share a commit; and each
//! transaction begins as a writer (`begin immediate`), because a reader that turns writer fails at once on a stale
//! snapshot, whatever the time-out.

mod account_events;
mod accounts;
mod changes;
mod file;
mod keys;
mod once;
mod open;
mod overview;
mod prune;
mod readers;
mod sessions;
mod writer;

use std::{sync::LazyLock, time::Duration};

use async_trait::async_trait;
use sqlx::{Sqlite, migrate::Migrator};

pub use self::open::SqliteOptions;
use self::{file::File, writer::Writer};
use super::{Store, StoreError, lend::Lender, migrations::migrations, sql};
use crate::clock::Timestamp;

static MIGRATIONS: LazyLock<Migrator> = migrations!("src/store/sqlite/migrations");
/// Those of the releases whose tables had no prefix.
static FORMER: Migrator = sqlx::migrate!("src/store/sqlite/legacy");

/// The time for which a call waits for a connection or for a lock on the file.
const PATIENCE: Duration = Duration::from_secs(3);

/// A store in a `SQLite` database file.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    readers: Lender<Sqlite>,
    writer: Writer,
    file: File,
    pools: Pools,
}

/// The owner of the connections, which closes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pools {
    Own,
    Shared,
}

#[async_trait]
impl Store for SqliteStore {
    async fn prune(
        &self,
        now: Timestamp,
        retention: Duration,
        limit: u32,
    ) -> Result<bool, StoreError> {
        prune::prune(self, now, retention, limit).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.file.is_in_its_place()?;
        let beaten = self.writer.changed(sqlx::query(sql::BEAT)).await?;
        (beaten == 1).then_some(()).ok_or(StoreError::Corrupt("heartbeat"))
    }

    /// Closes the file, unless an application handed its pool in.
    async fn close(&self) {
        if self.pools == Pools::Own {
            self.readers.pool().close().await;
            self.writer.pool.close().await;
        }
    }
}

#[cfg(test)]
mod tests;
