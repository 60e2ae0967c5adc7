//! A store in memory that counts what requests ask of it, answers as late as it is told to, and can stop answering.
//!
//! It adds nothing to what the store within does, and tells of no change by itself: nodes learn of one by polling, as on
//! a database without a feed.

#[path = "../ledger/forward.rs"]
#[expect(clippy::duplicate_mod, reason = "its methods are those of the front that includes it")]
mod forward;

use std::{
    sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use coatroom::{
    principal::Subject,
    store::{ChangeLog, Cursor, Feed, Page, SessionStore as _, StoreError, memory::MemoryStore},
};

use self::{Counted as Front, forward::Call};

/// The most events of a session that a picture of the store shows.
const EVENTS: u32 = 100;

tokio::task_local! {
    /// Set in the task that moves the clock.
    static ON_THE_CLOCK: ();
}

/// Runs a future whose polls of a store are answered. The background tasks of nodes are not within it: they poll by the
/// machine's time, and would let a node hear of a change before its time has come.
pub(crate) async fn on_the_clock<F: Future>(future: F) -> F::Output {
    ON_THE_CLOCK.scope((), future).await
}

/// Numbers of calls to a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Those that only read.
    pub reads: u32,
    /// Those that may change rows.
    pub writes: u32,
}

/// The store.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    within: MemoryStore,
    down: AtomicBool,
    latency_ms: AtomicU64,
    reads: AtomicU32,
    writes: AtomicU32,
}

impl Counted {
    /// Stops it from answering from now on, or lets it answer again.
    pub(crate) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// Delays each answer from now on, by the machine's time.
    pub(crate) fn set_latency(&self, latency: Duration) {
        let millis = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        self.latency_ms.store(millis, Ordering::SeqCst);
    }

    /// Returns the numbers of calls since this was last called.
    pub(crate) fn take(&self) -> Calls {
        Calls {
            reads: self.reads.swap(0, Ordering::SeqCst),
            writes: self.writes.swap(0, Ordering::SeqCst),
        }
    }

    /// Returns a text of the rows and the events of a subject's sessions: equal if nothing of them changed.
    pub(crate) async fn picture(&self, of: &Subject) -> Result<String, StoreError> {
        let mut lines = Vec::new();
        for session in self.within.sessions_of(of).await? {
            let events = self.within.events(session.id, EVENTS).await?;
            lines.push(format!("{session:?} {events:?}"));
        }
        Ok(lines.join("\n"))
    }

    const fn within(&self) -> &MemoryStore {
        &self.within
    }

    async fn answer(&self, call: &str) -> Result<(), StoreError> {
        if self.down.load(Ordering::SeqCst) {
            let why = format!("the store was switched off, and {call} is not answered");
            return Err(StoreError::Unavailable(why.into()));
        }
        let latency = self.latency_ms.load(Ordering::SeqCst);
        if latency > 0 {
            tokio::time::sleep(Duration::from_millis(latency)).await;
        }
        Ok(())
    }

    async fn pass<T>(
        &self,
        call: Call<'_>,
        asked: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        if !is_of_the_node(call) {
            let count = if call.writes() { &self.writes } else { &self.reads };
            count.fetch_add(1, Ordering::SeqCst);
        }
        self.answer(call.name()).await?;
        asked.await
    }
}

/// Returns true for a call that a node makes on its own account, and for no request.
const fn is_of_the_node(call: Call<'_>) -> bool {
    matches!(
        call,
        Call::Keys {}
            | Call::ReplaceKeys { .. }
            | Call::Schedule {}
            | Call::RaiseSchedule { .. }
            | Call::Prune { .. }
            | Call::Ping {}
    )
}

#[async_trait]
impl ChangeLog for Counted {
    async fn changes(&self, after: Option<&Cursor>, limit: u32) -> Result<Page, StoreError> {
        if ON_THE_CLOCK.try_with(|()| ()).is_err() {
            let why = "this store is polled by its own clock, and not by the machine's";
            return Err(StoreError::Unavailable(why.into()));
        }
        self.answer("changes").await?;
        self.within.changes(after, limit).await
    }

    async fn feed(&self) -> Result<Option<Feed>, StoreError> {
        Ok(None)
    }
}
