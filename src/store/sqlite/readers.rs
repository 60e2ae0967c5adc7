//! Reading on any of the connections.

use std::future::ready;

use futures::{FutureExt as _, TryStreamExt as _};
use sqlx::{FromRow, Sqlite, sqlite::SqliteRow};

use super::writer::Statement;
use crate::store::{StoreError, failure::store_error, lend::Lender};

impl Lender<Sqlite> {
    /// Reads a row, if there is one.
    pub(super) async fn row<R>(&self, asked: Statement) -> Result<Option<R>, StoreError>
    where
        R: for<'r> FromRow<'r, SqliteRow>,
    {
        let row = self.ask(|connection| asked.fetch_optional(connection).boxed());
        let row = row.await.map_err(store_error)?;
        row.map(|row| R::from_row(&row)).transpose().map_err(store_error)
    }

    /// Reads the one row that there always is.
    pub(super) async fn one<R>(&self, asked: Statement) -> Result<R, StoreError>
    where
        R: for<'r> FromRow<'r, SqliteRow>,
    {
        let row = self.ask(|connection| asked.fetch_one(connection).boxed());
        R::from_row(&row.await.map_err(store_error)?).map_err(store_error)
    }

    /// Reads all rows, in their order, each as it comes: a row of `SQLx` takes several times the memory of what it holds.
    pub(super) async fn rows<R>(&self, asked: Statement) -> Result<Vec<R>, StoreError>
    where
        R: for<'r> FromRow<'r, SqliteRow> + Send + 'static,
    {
        let rows = self.ask(|connection| {
            asked.fetch(connection).and_then(|row| ready(R::from_row(&row))).try_collect().boxed()
        });
        rows.await.map_err(store_error)
    }
}
