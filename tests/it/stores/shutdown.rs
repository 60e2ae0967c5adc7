//! Calls in a runtime that shuts down: it drops a task at once, in the call that spawns it. Such a call comes back, and a
//! process that waits for its threads ends.

use std::{
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use coatroom::{
    SessionId,
    store::{Store, StoreError, sqlite::SqliteStore},
};
use futures::FutureExt as _;
use tempfile::tempdir;
use tokio::runtime::{Builder, Runtime};

use crate::support::postgres::Database;

/// Far longer than a call takes that waits for nothing.
const PATIENCE: Duration = Duration::from_secs(10);

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Ends a runtime, and calls a store of it. Returns what came of a beat, and of a read.
fn call_after(runtime: Runtime, store: Arc<dyn Store>) -> [Result<(), StoreError>; 2] {
    let over = runtime.handle().clone();
    drop(runtime);
    let (answered, answers) = mpsc::channel();
    // In a thread of its own, which a deadlock would hold for ever.
    thread::spawn(move || {
        let _entered = over.enter();
        let beat = store.ping().now_or_never();
        let read = store.session(SessionId::random()).now_or_never();
        answered.send([beat, read.map(|read| read.map(drop))]).expect("waited for");
    });
    let answers = answers.recv_timeout(PATIENCE).expect("came back");
    answers.map(|answer| answer.expect("waits for nothing"))
}

fn assert_unavailable(answer: &Result<(), StoreError>) {
    assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
}

#[test]
fn a_call_to_sqlite_in_a_runtime_that_is_over_comes_back() {
    let (runtime, folder) = (runtime(), tempdir().expect("a folder"));
    let store = runtime.block_on(SqliteStore::open(folder.path().join("coatroom.db")));
    call_after(runtime, Arc::new(store.expect("made"))).iter().for_each(assert_unavailable);
}

#[test]
fn a_call_to_postgres_in_a_runtime_that_is_over_comes_back() {
    let runtime = runtime();
    let Some(database) = runtime.block_on(Database::create()) else { return };
    let store = runtime.block_on(database.store());
    let [beat, read] = call_after(runtime, Arc::new(store));
    assert_unavailable(&read);
    // A beat has no task: it is answered, if the database is faster than the look for its answer.
    if beat.is_err() {
        assert_unavailable(&beat);
    }
}
