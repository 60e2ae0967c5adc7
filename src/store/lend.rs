//! Lending the connections of a pool, and handing them on.
//!
//! A pool of `sqlx` asks a connection whether it still lives each time that it comes back: one more round trip for each
//! call, or one more switch to `SQLite`'s thread. Here a connection that was answered is handed to a call that waits for
//! one; if none waits, it is kept for some milliseconds, for the next one. A connection whose call failed or was given
//! up goes back to the pool, is asked there, and closed if it does not say in time that it lives: it would take a place
//! in the pool for as long as TCP believes in it, a quarter of an hour.
//!
//! A call waits for either of two: a connection that is handed on, or a permit to take one from the pool. That is then
//! taken by a task of its own, which nothing stops: neither a caller that goes away nor a connection that is handed on. A
//! connection that is being opened, or asked whether it lives, would be lost, and the next call would open one in its
//! place and be stopped as well: the server would be kept busy by connections that nothing uses.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::future::BoxFuture;
use sqlx::{Database, Pool, pool::PoolConnection};
use tokio::{
    runtime::Handle,
    select,
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::{sleep, timeout},
};

/// The most times in a row that a connection is handed on. An application may share the pool, and its own calls wait
/// there for their turn.
const HANDED_ON: u8 = 32;

/// The time for which a connection is kept: under load the next call comes within a fraction of a millisecond.
const KEPT: Duration = Duration::from_millis(5);

/// The connections of a pool, lent to one call after another.
pub(super) struct Lender<DB: Database> {
    pool: Pool<DB>,
    /// The time in which a connection says that it lives.
    patience: Duration,
    /// Permits to take a connection from the pool: as many as it may have connections.
    permits: Arc<Semaphore>,
    exchange: Arc<Exchange<DB>>,
}

impl<DB: Database> Lender<DB> {
    pub(super) fn new(pool: Pool<DB>, patience: Duration) -> Self {
        let most = pool.options().get_max_connections();
        let permits = Semaphore::new(usize::try_from(most).unwrap_or(Semaphore::MAX_PERMITS));
        Self { pool, patience, permits: Arc::new(permits), exchange: Arc::new(Exchange::new()) }
    }

    /// Asks on any connection.
    pub(super) async fn ask<T>(
        &self,
        call: impl for<'c> FnOnce(&'c mut DB::Connection) -> BoxFuture<'c, Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        let mut loan = self.borrow().await?;
        let answer = call(&mut loan.connection).await?;
        self.hand_on(loan);
        Ok(answer)
    }

    pub(super) const fn pool(&self) -> &Pool<DB> {
        &self.pool
    }

    /// Takes a connection that is kept, or waits for one that another call hands on, or for a permit to take one from the
    /// pool.
    async fn borrow(&self) -> Result<Loan<DB>, sqlx::Error> {
        let handed_on = self.exchange.enter();
        let permit = select! {
            biased;
            Ok(loan) = handed_on => return Ok(loan),
            permit = Arc::clone(&self.permits).acquire_owned() => permit.map_err(|_| sqlx::Error::PoolClosed)?,
        };
        let (giver, taken) = oneshot::channel();
        let lender = self.clone();
        tokio::spawn(async move {
            let loan = lender.take(permit).await;
            // Comes back if the caller has gone away meanwhile.
            if let Err(Ok(loan)) = giver.send(loan) {
                lender.hand_on(loan);
            }
        });
        taken.await.map_err(|_| sqlx::Error::WorkerCrashed)?
    }

    /// Takes a connection from the pool, which may have to open it or to ask whether it lives.
    async fn take(&self, permit: OwnedSemaphorePermit) -> Result<Loan<DB>, sqlx::Error> {
        let connection = self.pool.acquire().await?;
        Ok(Loan { connection, patience: self.patience, handed_on: 0, permit: Some(permit) })
    }

    /// Hands a connection to a call that waits, or keeps it, or returns it to the pool.
    fn hand_on(&self, mut loan: Loan<DB>) {
        if loan.handed_on == HANDED_ON {
            return;
        }
        loan.handed_on += 1;
        self.exchange.give(loan, self.has_another());
    }

    /// Returns whether the pool can give out a connection at once. The last one is not kept: an application may share the
    /// pool, and would wait for it.
    fn has_another(&self) -> bool {
        self.pool.num_idle() > 0 || self.pool.size() < self.pool.options().get_max_connections()
    }
}

impl<DB: Database> Clone for Lender<DB> {
    fn clone(&self) -> Self {
        Self {
            pool: self.pool.clone(),
            patience: self.patience,
            permits: Arc::clone(&self.permits),
            exchange: Arc::clone(&self.exchange),
        }
    }
}

impl<DB: Database> fmt::Debug for Lender<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lender").field("pool", &self.pool).finish_non_exhaustive()
    }
}

/// The place where connections are handed on.
struct Exchange<DB: Database>(Mutex<Ends<DB>>);

/// The calls that wait for a connection, or the connections that wait for a call.
struct Ends<DB: Database> {
    calls: VecDeque<oneshot::Sender<Loan<DB>>>,
    kept: Vec<(u64, Loan<DB>)>,
    /// The number of times that a connection was kept so far.
    count: u64,
}

impl<DB: Database> Exchange<DB> {
    const fn new() -> Self {
        Self(Mutex::new(Ends { calls: VecDeque::new(), kept: Vec::new(), count: 0 }))
    }

    /// Takes the connection that was kept last, or waits among the others.
    fn enter(&self) -> oneshot::Receiver<Loan<DB>> {
        let (giver, handed_on) = oneshot::channel();
        let mut ends = self.ends();
        if let Some((_, loan)) = ends.kept.pop() {
            let _received = giver.send(loan);
            return handed_on;
        }
        // During an outage calls come and go, and nothing is handed on.
        while ends.calls.pop_front_if(|giver| giver.is_closed()).is_some() {}
        ends.calls.push_back(giver);
        handed_on
    }

    /// Gives a connection to the call that has waited longest. If none waits, it is kept for the next one, or goes back to
    /// the pool.
    fn give(self: &Arc<Self>, mut loan: Loan<DB>, keeps: bool) {
        loop {
            let mut ends = self.ends();
            let Some(giver) = ends.calls.pop_front() else {
                if keeps {
                    self.keep(ends, loan);
                }
                return;
            };
            drop(ends);
            // Comes back if that call has got one from the pool, or was given up.
            match giver.send(loan) {
                Ok(()) => return,
                Err(back) => loan = back,
            }
        }
    }

    /// Keeps a connection, and returns it to the pool if no call comes in time.
    fn keep(self: &Arc<Self>, mut ends: MutexGuard<'_, Ends<DB>>, loan: Loan<DB>) {
        ends.count += 1;
        let number = ends.count;
        ends.kept.push((number, loan));
        drop(ends);
        let exchange = Arc::clone(self);
        tokio::spawn(async move {
            sleep(KEPT).await;
            drop(exchange.remove(number));
        });
    }

    fn remove(&self, number: u64) -> Option<Loan<DB>> {
        let mut ends = self.ends();
        let place = ends.kept.iter().position(|(kept, _)| *kept == number)?;
        Some(ends.kept.remove(place).1)
    }

    /// Locks both ends. No code panics while it holds the lock, so a poisoned one still guards what is sound.
    fn ends(&self) -> MutexGuard<'_, Ends<DB>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection during a call, and until the next one.
struct Loan<DB: Database> {
    connection: PoolConnection<DB>,
    patience: Duration,
    /// The number of times that it was handed on since it came from the pool.
    handed_on: u8,
    /// Taken at the end alone.
    permit: Option<OwnedSemaphorePermit>,
}

impl<DB: Database> Drop for Loan<DB> {
    /// Returns the connection to the pool, as `sqlx` does by itself. That asks it too, but would wait for its word without
    /// end.
    fn drop(&mut self) {
        let (permit, returned) = (self.permit.take(), self.connection.return_to_pool());
        // A connection that is kept may outlive the runtime, and is closed then.
        let Ok(runtime) = Handle::try_current() else { return };
        let patience = self.patience;
        runtime.spawn(async move {
            let _in_time = timeout(patience, returned).await;
            drop(permit);
        });
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests;
