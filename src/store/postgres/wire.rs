//! Asking the server, and not waiting for ever.

use std::{io::ErrorKind, time::Duration};

use futures::{FutureExt as _, future::BoxFuture};
use sqlx::{
    Connection as _, FromRow, PgConnection, PgPool, Postgres,
    postgres::{PgArguments, PgConnectOptions, PgPoolOptions, PgRow},
    query::Query,
};
use tokio::time::timeout;

use super::PostgresOptions;
use crate::store::{StoreError, failure::store_error, lend::Lender};

/// A statement with its parameters.
pub(super) type Asked = Query<'static, Postgres, PgArguments>;

/// A connection that was used less long ago is taken to live. Asking each time would double the round trips; asking
/// never would let a server's restart fail one call for each connection, however long ago it was.
const FRESH: Duration = Duration::from_secs(1);

/// The connections to a server.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    lender: Lender<Postgres>,
    patience: Duration,
}

impl Wire {
    /// Opens the first connection.
    pub(super) async fn open(
        connect: PgConnectOptions,
        options: PostgresOptions,
    ) -> Result<Self, sqlx::Error> {
        let PostgresOptions { max_connections, patience, .. } = options;
        let pool = PgPoolOptions::new()
            .max_connections(max_connections)
            .acquire_timeout(patience)
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                async move {
                    if meta.idle_for >= FRESH {
                        connection.ping().await?;
                    }
                    Ok(true)
                }
                .boxed()
            })
            .connect_with(connect)
            .await?;
        Ok(Self::new(pool, patience))
    }

    /// Uses a pool that is open.
    pub(super) fn new(pool: PgPool, patience: Duration) -> Self {
        Self { lender: Lender::new(pool, patience), patience }
    }

    /// Runs a statement, and returns the number of rows that it changed.
    pub(super) async fn changed(&self, asked: Asked) -> Result<u64, sqlx::Error> {
        let done = self.ask(|connection| asked.execute(connection).boxed()).await?;
        Ok(done.rows_affected())
    }

    /// Runs a statement, and reads the row that it answers, if there is one.
    pub(super) async fn row<R, T>(&self, asked: Asked) -> Result<Option<T>, StoreError>
    where
        R: for<'r> FromRow<'r, PgRow>,
        T: TryFrom<R, Error = StoreError>,
    {
        let row = self
            .ask(|connection| asked.fetch_optional(connection).boxed())
            .await
            .map_err(store_error)?;
        row.map(|row| R::from_row(&row).map_err(store_error)?.try_into()).transpose()
    }

    /// Runs a statement, and reads the rows that it answers, in its order.
    pub(super) async fn rows<R, T>(&self, asked: Asked) -> Result<Vec<T>, StoreError>
    where
        R: for<'r> FromRow<'r, PgRow>,
        T: TryFrom<R, Error = StoreError>,
    {
        let rows = self
            .ask(|connection| asked.fetch_all(connection).boxed())
            .await
            .map_err(store_error)?;
        rows.iter().map(|row| R::from_row(row).map_err(store_error)?.try_into()).collect()
    }

    /// Asks on any connection; every answer comes in time, or is an error.
    pub(super) async fn ask<T>(
        &self,
        call: impl for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        in_time(self.limit(), self.lender.ask(call)).await
    }

    /// The time after which no call waits any longer: beyond the server's own limits, so that the word of one that lives
    /// is heard.
    pub(super) fn limit(&self) -> Duration {
        self.patience * 4 / 3
    }

    pub(super) const fn pool(&self) -> &PgPool {
        self.lender.pool()
    }
}

/// Waits for a call, or fails if it takes too long.
pub(super) async fn in_time<T>(
    limit: Duration,
    call: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    let late = |_| Err(sqlx::Error::Io(ErrorKind::TimedOut.into()));
    timeout(limit, call).await.unwrap_or_else(late)
}
