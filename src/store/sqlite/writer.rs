//! Group commit: calls that wait for the writer at the same time share one transaction, and so one wait for the disk.
//!
//! `SQLite` commits one transaction at a time, and a commit that reaches the disk takes longer than all that a call
//! writes. A call that fails is undone alone. None is answered before the commit, and if that fails, none of them
//! happened.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{FutureExt as _, future::BoxFuture};
use sqlx::{
    Connection as _, Sqlite, SqliteConnection, SqlitePool, pool::PoolConnection, query::Query,
    sqlite::SqliteArguments,
};
use tokio::{sync::oneshot, time::timeout};

use super::PATIENCE;
use crate::store::{StoreError, failure::store_error};

/// A statement with its parameters.
pub(super) type Statement = Query<'static, Sqlite, SqliteArguments>;

/// The most calls of a transaction: a bound on the time for which the first of them waits for the others.
const MOST: usize = 256;

/// The most transactions in a row. An application may share the pool, and its own calls wait there for their turn.
const IN_A_ROW: usize = 32;

/// The connection that writes, and the calls that wait for it.
#[derive(Clone)]
pub(super) struct Writer {
    pub(super) pool: SqlitePool,
    queue: Arc<Mutex<Queue>>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Box<dyn Call>>,
    /// True while a task takes from it.
    served: bool,
}

/// A call, whatever it returns.
trait Call: Send {
    /// Runs its statements, and keeps its result. Returns whether they are to be committed.
    fn run<'a>(&'a mut self, connection: &'a mut SqliteConnection) -> BoxFuture<'a, bool>;

    /// Answers the caller.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);

    /// Returns whether its caller no longer waits.
    fn is_given_up(&self) -> bool;

    /// Returns whether it is one statement, which `SQLite` undoes by itself if it fails.
    fn is_one_statement(&self) -> bool;
}

struct Waiting<T, F> {
    call: Option<F>,
    result: Option<Result<T, StoreError>>,
    caller: oneshot::Sender<Result<T, StoreError>>,
    one_statement: bool,
}

impl<T, F> Call for Waiting<T, F>
where
    T: Send + 'static,
    F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StoreError>> + Send,
{
    fn run<'a>(&'a mut self, connection: &'a mut SqliteConnection) -> BoxFuture<'a, bool> {
        async move {
            let Some(call) = self.call.take() else { return false };
            let result = call(connection).await;
            self.result.insert(result).is_ok()
        }
        .boxed()
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let result = match (self.result, committed) {
            (Some(Err(error)), _) | (_, Err(error)) => Err(error),
            (Some(result), Ok(())) => result,
            (None, Ok(())) => return,
        };
        // An error means that the caller went away.
        let _gone = self.caller.send(result);
    }

    fn is_given_up(&self) -> bool {
        self.caller.is_closed()
    }

    fn is_one_statement(&self) -> bool {
        self.one_statement
    }
}

/// Makes a call, and where its answer will come.
fn waiting<T: Send + 'static>(
    one_statement: bool,
    call: impl for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StoreError>>
    + Send
    + 'static,
) -> (Box<dyn Call>, oneshot::Receiver<Result<T, StoreError>>) {
    let (caller, answer) = oneshot::channel();
    (Box::new(Waiting { call: Some(call), result: None, caller, one_statement }), answer)
}

impl Writer {
    pub(super) fn new(pool: SqlitePool) -> Self {
        Self { pool, queue: Arc::default() }
    }

    /// Runs a statement as [`write`](Self::write) does, and returns the number of rows that it changed.
    pub(super) async fn changed(&self, statement: Statement) -> Result<u64, StoreError> {
        let one_statement = true;
        self.wait(one_statement, |connection| {
            async move {
                let done = statement.execute(connection).await.map_err(store_error)?;
                Ok(done.rows_affected())
            }
            .boxed()
        })
        .await
    }

    /// Runs statements as a writer. All of them are committed before it returns, or none if it fails.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        call: impl for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StoreError>>
        + Send
        + 'static,
    ) -> Result<T, StoreError> {
        let one_statement = false;
        self.wait(one_statement, call).await
    }

    async fn wait<T: Send + 'static>(
        &self,
        one_statement: bool,
        call: impl for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StoreError>>
        + Send
        + 'static,
    ) -> Result<T, StoreError> {
        let (call, answer) = waiting(one_statement, call);
        self.enqueue(call);
        // For the transaction before it and its own; either may wait that long for another program's.
        match timeout(PATIENCE * 2, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_gone)) => Err(StoreError::Unavailable("the writer was stopped".into())),
            Err(late) => Err(StoreError::Unavailable(late.into())),
        }
    }

    /// Lets a call wait, and begins to serve the queue if no task does.
    fn enqueue(&self, call: Box<dyn Call>) {
        let mut queue = self.queue();
        queue.waiting.push_back(call);
        let served = std::mem::replace(&mut queue.served, true);
        // A runtime that shuts down drops the task here, which locks the queue.
        drop(queue);
        if !served {
            // In a task of its own: the caller may go away, and others wait for what it began.
            tokio::spawn(Service { writer: self.clone(), over: false }.run());
        }
    }

    /// Locks the queue. No code panics while it holds the lock, so a poisoned one still guards a sound queue.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the calls of the next transaction; `None` if none waits, and then the queue is served no longer.
    fn next(&self) -> Option<Vec<Box<dyn Call>>> {
        let mut queue = self.queue();
        // Others would wait for a result that is not heard.
        queue.waiting.retain(|call| !call.is_given_up());
        let count = queue.waiting.len().min(MOST);
        queue.served = count > 0;
        queue.served.then(|| queue.waiting.drain(..count).collect())
    }

    /// Writes until no call waits. Keeps a connection for some transactions.
    async fn serve(&self) {
        let mut kept: Option<(PoolConnection<Sqlite>, usize)> = None;
        while let Some(mut calls) = self.next() {
            let acquired = match kept.take() {
                Some(kept) => Ok(kept),
                None => self.pool.acquire().await.map(|connection| (connection, 0)),
            };
            let (mut connection, before) = match acquired {
                Ok(acquired) => acquired,
                Err(error) => {
                    answer(calls, Err(error));
                    continue;
                }
            };
            let committed = transact(&mut connection, &mut calls).await;
            if committed.is_err() {
                // It may be inside of a transaction that neither ends nor can be ended.
                connection.close_on_drop();
            } else if before + 1 < IN_A_ROW {
                kept = Some((connection, before + 1));
            }
            answer(calls, committed);
        }
    }
}

/// Runs calls, each as if it were alone, and commits what they wrote.
async fn transact(
    connection: &mut SqliteConnection,
    calls: &mut [Box<dyn Call>],
) -> Result<(), sqlx::Error> {
    let mut tx = connection.begin_with("begin immediate").await?;
    if let [alone] = calls {
        // The transaction is its savepoint.
        return if alone.run(&mut tx).await { tx.commit().await } else { tx.rollback().await };
    }
    for call in calls {
        if call.is_one_statement() {
            call.run(&mut tx).await;
            continue;
        }
        let mut savepoint = tx.begin().await?;
        if call.run(&mut savepoint).await {
            savepoint.commit().await?;
        } else {
            // Fails if SQLite has rolled back the whole transaction, as it may if there is no room left.
            savepoint.rollback().await?;
        }
    }
    tx.commit().await
}

/// Answers the callers of one transaction.
fn answer(calls: Vec<Box<dyn Call>>, committed: Result<(), sqlx::Error>) {
    let committed: Result<(), Arc<sqlx::Error>> = committed.map_err(Arc::new);
    for call in calls {
        let shared = |error: &Arc<_>| StoreError::Unavailable(Box::new(Arc::clone(error)));
        call.answer(committed.as_ref().copied().map_err(shared));
    }
}

/// The task that serves the queue.
struct Service {
    writer: Writer,
    /// True once it found the queue empty: another one may have begun since.
    over: bool,
}

impl Service {
    async fn run(mut self) {
        self.writer.serve().await;
        self.over = true;
    }
}

impl Drop for Service {
    /// Lets the next call begin another one if this one was cancelled, or a call panicked. Those that wait are told.
    fn drop(&mut self) {
        if !self.over {
            let mut queue = self.writer.queue();
            queue.waiting.clear();
            queue.served = false;
        }
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("pool", &self.pool).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
