//! Calls that wait together, and what one of them may do to the others.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::join_all;
use tempfile::TempDir;

use super::{super::SqliteStore, *};

/// A file with a table of marks, and a writer to it.
struct World {
    writer: Writer,
    /// Another writer to the file, as another program has one.
    other: SqlitePool,
    commits: Arc<AtomicUsize>,
    _folder: TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let options = SqliteStore::connect_options(folder.path().join("a.db"));
        let options = options.create_if_missing(true);
        let pool = async || {
            let pool = SqliteStore::pool_options().max_connections(1);
            pool.connect_with(options.clone()).await.expect("opened")
        };
        let (writer, other) = (Writer::new(pool().await), pool().await);
        writer
            .changed(sqlx::query("create table mark (id integer primary key)"))
            .await
            .expect("made");
        let commits = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&commits);
        let mut connection = writer.pool.acquire().await.expect("a connection");
        connection.lock_handle().await.expect("locked").set_commit_hook(move || {
            count.fetch_add(1, Ordering::Relaxed);
            true
        });
        drop(connection);
        Self { writer, other, commits, _folder: folder }
    }

    async fn mark(&self, id: i64) -> Result<u64, StoreError> {
        self.writer.changed(mark(id)).await
    }

    /// Marks two in one call.
    async fn mark_both(&self, one: i64, other: i64) -> Result<(), StoreError> {
        self.writer
            .write(move |connection| {
                async move {
                    mark(one).execute(&mut *connection).await.map_err(store_error)?;
                    mark(other).execute(connection).await.map_err(store_error)?;
                    Ok(())
                }
                .boxed()
            })
            .await
    }

    async fn marks(&self) -> Vec<i64> {
        let marks = sqlx::query_scalar("select id from mark order by id");
        marks.fetch_all(&self.other).await.expect("read")
    }

    /// Keeps the file locked until the transaction is dropped.
    async fn locked(&self) -> sqlx::Transaction<'static, Sqlite> {
        self.other.begin_with("begin immediate").await.expect("locked")
    }
}

fn mark(id: i64) -> Statement {
    sqlx::query("insert into mark (id) values ($1)").bind(id)
}

#[tokio::test]
async fn calls_that_wait_together_share_a_commit() {
    let world = World::new().await;
    let marked = join_all((0..40).map(|id| world.mark(id))).await;
    assert!(marked.into_iter().all(|marked| matches!(marked, Ok(1))));
    assert_eq!(world.marks().await, (0..40).collect::<Vec<_>>());
    assert_eq!(world.commits.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_call_that_fails_is_undone_alone_and_whole() {
    let world = World::new().await;
    world.mark(7).await.expect("marked");
    let (one, taken, half, both) =
        tokio::join!(world.mark(1), world.mark(7), world.mark_both(2, 7), world.mark_both(3, 4),);
    assert!(matches!((one, both), (Ok(1), Ok(()))));
    assert!(matches!((taken, half), (Err(StoreError::Unavailable(_)), Err(_))));
    assert_eq!(world.marks().await, [1, 3, 4, 7]);
}

#[tokio::test]
async fn a_commit_that_fails_is_the_failure_of_each_call() {
    let world = World::new().await;
    let mut connection = world.writer.pool.acquire().await.expect("a connection");
    connection.lock_handle().await.expect("locked").set_commit_hook(|| false);
    drop(connection);
    let (one, other) = tokio::join!(world.mark(1), world.mark_both(2, 3));
    assert!(matches!((one, other), (Err(StoreError::Unavailable(_)), Err(_))));
    assert!(world.marks().await.is_empty());
    // The connection that could not commit was closed, and its hook with it.
    world.mark(4).await.expect("marked");
    assert_eq!(world.marks().await, [4]);
}

#[tokio::test]
async fn a_call_whose_caller_is_gone_holds_up_no_other() {
    let world = World::new().await;
    let locked = world.locked().await;
    for id in [1, 2] {
        assert!(world.mark(id).now_or_never().is_none(), "it waits, and goes away");
    }
    assert_eq!(world.writer.queue().waiting.len(), 2, "the task that serves them has not begun");
    locked.rollback().await.expect("unlocked");
    world.mark(3).await.expect("marked");
    assert_eq!(world.marks().await, [3]);
}

#[tokio::test]
async fn a_call_that_panics_stops_no_later_one() {
    let world = World::new().await;
    let panics = world.writer.write(|_| async { panic!("on purpose") }.boxed());
    let panicked: Result<(), _> = panics.await;
    assert!(matches!(panicked, Err(StoreError::Unavailable(_))));
    world.mark(1).await.expect("marked");
    assert_eq!(world.marks().await, [1]);
}

type Answer = oneshot::Receiver<Result<(), StoreError>>;

/// Calls that come one after the other: each lets the next one wait before it is over, as often as the count says.
#[derive(Clone)]
struct Busy {
    writer: Writer,
    left: Arc<AtomicUsize>,
    answers: Arc<Mutex<Vec<Answer>>>,
}

impl Busy {
    fn go_on(self) {
        let (writer, answers, next) = (self.writer.clone(), Arc::clone(&self.answers), self);
        let (call, answer) = waiting(true, |_| {
            if next.left.fetch_sub(1, Ordering::Relaxed) > 1 {
                next.go_on();
            }
            async { Ok(()) }.boxed()
        });
        answers.lock().expect("sound").push(answer);
        writer.enqueue(call);
    }
}

#[tokio::test]
async fn an_application_gets_its_turn_while_calls_keep_coming() {
    let world = World::new().await;
    let left = Arc::new(AtomicUsize::new(10 * IN_A_ROW));
    let busy =
        Busy { writer: world.writer.clone(), left: Arc::clone(&left), answers: Arc::default() };
    busy.go_on();
    world.writer.changed(sqlx::query("select 1")).await.expect("answered");
    drop(world.writer.pool.acquire().await.expect("a turn"));
    let left = left.load(Ordering::Relaxed);
    assert!((8 * IN_A_ROW..10 * IN_A_ROW).contains(&left), "{left}");
}
