//! Asking the server, and not waiting for ever.
//!
//! A call borrows a connection. Whether the call was answered or given up, the connection is asked whether it still
//! lives before it goes back to the pool, and closed if it does not say so in time: it would take a place in the pool
//! for as long as TCP believes in it, a quarter of an hour. One that was answered is handed to a call that waits for one,
//! and need not be asked: under load that would double the round trips.
//!
//! A call waits for either of two: a connection that is handed on, or a permit to take one from the pool. That is then
//! taken by a task of its own, which nothing stops: neither a caller that goes away nor a connection that is handed on. A
//! connection that is being opened, or asked whether it lives, would be lost, and the next call would open one in its
//! place and be stopped as well: the server would be kept busy by connections that nothing uses.

use std::{
    collections::VecDeque,
    fmt,
    io::ErrorKind,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::{FutureExt as _, future::BoxFuture};
use sqlx::{
    Connection as _, FromRow, PgConnection, PgPool, Postgres,
    pool::PoolConnection,
    postgres::{PgArguments, PgConnectOptions, PgPoolOptions, PgRow},
    query::Query,
};
use tokio::{
    select,
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::timeout,
};

use super::PostgresOptions;
use crate::store::{StoreError, failure::store_error};

/// A statement with its parameters.
pub(super) type Asked = Query<'static, Postgres, PgArguments>;

/// A connection that was used less long ago is taken to live. Asking each time would double the round trips; asking
/// never would let a server's restart fail one call for each connection, however long ago it was.
const FRESH: Duration = Duration::from_secs(1);

/// The most times in a row that a connection is handed on. An application may share the pool, and its own calls wait
/// there for their turn.
const HANDED_ON: u8 = 32;

/// The connections to a server.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    pool: PgPool,
    patience: Duration,
    /// Permits to take a connection from the pool: as many as it may have connections.
    permits: Arc<Semaphore>,
    waiting: Waiting,
}

/// The calls that wait for a connection.
#[derive(Clone, Default)]
struct Waiting(Arc<Mutex<VecDeque<oneshot::Sender<Loan>>>>);

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
        let most = pool.options().get_max_connections();
        let permits = Semaphore::new(usize::try_from(most).unwrap_or(Semaphore::MAX_PERMITS));
        let permits = Arc::new(permits);
        Self { pool, patience, permits, waiting: Waiting::default() }
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
        in_time(self.limit(), async {
            let mut loan = self.borrow().await?;
            let answer = call(&mut loan.connection).await?;
            self.hand_on(loan);
            Ok(answer)
        })
        .await
    }

    /// The time after which no call waits any longer: beyond the server's own limits, so that the word of one that lives
    /// is heard.
    pub(super) fn limit(&self) -> Duration {
        self.patience * 4 / 3
    }

    /// Waits for a permit to take a connection from the pool, or for one that another call hands on.
    async fn borrow(&self) -> Result<Loan, sqlx::Error> {
        let handed_on = self.waiting.enter();
        let permit = select! {
            biased;
            permit = Arc::clone(&self.permits).acquire_owned() => permit.map_err(|_| sqlx::Error::PoolClosed)?,
            Ok(loan) = handed_on => return Ok(loan),
        };
        let (giver, taken) = oneshot::channel();
        let wire = self.clone();
        tokio::spawn(async move {
            let loan = wire.take(permit).await;
            // Comes back if the caller has gone away meanwhile.
            if let Err(Ok(loan)) = giver.send(loan) {
                wire.waiting.give(loan);
            }
        });
        taken.await.map_err(|_| sqlx::Error::WorkerCrashed)?
    }

    /// Takes a connection from the pool, which may have to open it or to ask whether it lives.
    async fn take(&self, permit: OwnedSemaphorePermit) -> Result<Loan, sqlx::Error> {
        let connection = self.pool.acquire().await?;
        Ok(Loan { connection, patience: self.patience, handed_on: 0, permit: Some(permit) })
    }

    /// Hands a connection that has just answered to a call that waits, or returns it to the pool.
    fn hand_on(&self, mut loan: Loan) {
        if loan.handed_on < HANDED_ON {
            loan.handed_on += 1;
            self.waiting.give(loan);
        }
    }

    pub(super) const fn pool(&self) -> &PgPool {
        &self.pool
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

impl Waiting {
    /// Waits among the others.
    fn enter(&self) -> oneshot::Receiver<Loan> {
        let (giver, handed_on) = oneshot::channel();
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // During an outage calls come and go, and nothing is handed on.
        while waiting.pop_front_if(|giver| giver.is_closed()).is_some() {}
        waiting.push_back(giver);
        handed_on
    }

    /// Gives a connection to the call that has waited longest. If none waits, it goes back to the pool.
    fn give(&self, mut loan: Loan) {
        loop {
            let next = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(giver) = next else { return };
            // Comes back if that call has got one from the pool, or was given up.
            match giver.send(loan) {
                Ok(()) => return,
                Err(back) => loan = back,
            }
        }
    }
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waiting(…)")
    }
}

/// A connection during a call.
struct Loan {
    connection: PoolConnection<Postgres>,
    patience: Duration,
    /// The number of calls that it was handed to since it came from the pool.
    handed_on: u8,
    /// Taken at the end alone.
    permit: Option<OwnedSemaphorePermit>,
}

impl Drop for Loan {
    /// Returns the connection to the pool, as `sqlx` does by itself. That asks the server too, but would wait for its
    /// word without end.
    fn drop(&mut self) {
        let (permit, returned) = (self.permit.take(), self.connection.return_to_pool());
        let returned = timeout(self.patience, returned);
        tokio::spawn(async move {
            let _in_time = returned.await;
            drop(permit);
        });
    }
}
