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

/// Ends a runtime, and calls a store of it.
fn call_after(runtime: Runtime, store: Arc<dyn Store>) {
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
    // A call without a task of its own asks on an open connection, and is answered if the database is faster than the
    // look for its answer.
    for answer in answers.recv_timeout(PATIENCE).expect("came back") {
        if let Err(error) = answer.expect("waits for nothing") {
            assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
        }
    }
}

#[test]
fn a_call_to_sqlite_in_a_runtime_that_is_over_comes_back() {
    let (runtime, folder) = (runtime(), tempdir().expect("a folder"));
    let store = runtime.block_on(SqliteStore::open(folder.path().join("coatroom.db")));
    call_after(runtime, Arc::new(store.expect("made")));
}

#[test]
fn a_call_to_postgres_in_a_runtime_that_is_over_comes_back() {
    let runtime = runtime();
    let Some(database) = runtime.block_on(Database::create()) else { return };
    let store = runtime.block_on(database.store());
    call_after(runtime, Arc::new(store));
}
