//! A fault injector around the store in memory: it can be down, lose answers, or hold writes back.

#[path = "../../../lab/src/ledger/forward.rs"]
mod forward;

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use coatroom::store::{ChangeLog, Cursor, Feed, Page, StoreError, memory::MemoryStore};
use tokio::sync::{RwLock, RwLockWriteGuard};

use self::{FlakyStore as Front, forward::Call};
use super::until;

/// The fault to inject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    #[default]
    None,
    /// No call reaches the store.
    Down,
    /// No call is ever answered.
    Silent,
    /// Writes reach the store, but their answers are lost.
    AnswersLost,
    /// No password hash is replaced; everything else works.
    Hashes,
    /// No change is told; everything else works.
    Deaf,
    /// Of the changes, no more than the first page is told; everything else works.
    OnePage,
}

/// The store in memory, behind a fault.
#[derive(Debug, Default)]
pub(crate) struct FlakyStore {
    inner: MemoryStore,
    fault: Mutex<Fault>,
    door: RwLock<()>,
    arrived: AtomicUsize,
}

impl FlakyStore {
    pub(crate) fn set(&self, fault: Fault) {
        *self.fault.lock().expect("nobody panics here") = fault;
    }

    /// The same, and returns what went wrong until now.
    pub(crate) fn replaced(&self, fault: Fault) -> Fault {
        std::mem::replace(&mut *self.fault.lock().expect("nobody panics here"), fault)
    }

    /// Holds back what the rule writes (rotate, replay, acknowledge) until the guard is dropped.
    pub(crate) async fn close_door(&self) -> RwLockWriteGuard<'_, ()> {
        let door = self.door.write().await;
        self.arrived.store(0, Ordering::SeqCst);
        door
    }

    /// Waits until `count` writes have arrived at the door since it was closed.
    pub(crate) async fn arrivals(&self, count: usize) {
        until("a write at the door", || async { (self.arrived() >= count).then_some(()) }).await;
    }

    /// Returns the number of writes that have arrived at the door since it was closed.
    pub(crate) fn arrived(&self) -> usize {
        self.arrived.load(Ordering::SeqCst)
    }

    fn fault(&self) -> Fault {
        *self.fault.lock().expect("nobody panics here")
    }

    fn unless_down(&self, call: &str) -> Result<(), StoreError> {
        if self.fault() == Fault::Down { Err(unavailable(call)) } else { Ok(()) }
    }

    fn within(&self) -> &MemoryStore {
        &self.inner
    }

    async fn pass<T>(
        &self,
        call: Call<'_>,
        asked: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        match call {
            Call::Rotate { .. } | Call::Acknowledge { .. } | Call::CountReplay { .. } => {
                self.arrived.fetch_add(1, Ordering::SeqCst);
                let _open = self.door.read().await;
                self.ask(call, asked).await
            }
            Call::SetPasswordHash { .. } if self.fault() == Fault::Hashes => {
                Err(unavailable(call.name()))
            }
            _ => self.ask(call, asked).await,
        }
    }

    async fn ask<T>(
        &self,
        call: Call<'_>,
        asked: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.unless_down(call.name())?;
        if self.fault() == Fault::Silent {
            std::future::pending::<()>().await;
        }
        let answer = asked.await;
        match self.fault() {
            Fault::AnswersLost if call.writes() => Err(unavailable(call.name())),
            _ => answer,
        }
    }
}

fn unavailable(call: &str) -> StoreError {
    StoreError::Unavailable(format!("a fault was injected into {call}").into())
}

#[async_trait]
impl ChangeLog for FlakyStore {
    async fn changes(&self, after: Option<&Cursor>, limit: u32) -> Result<Page, StoreError> {
        let answers = match self.fault() {
            Fault::Deaf => false,
            Fault::OnePage => after.is_none(),
            _ => true,
        };
        if !answers {
            return Err(unavailable("changes"));
        }
        self.unless_down("changes")?;
        self.inner.changes(after, limit).await
    }

    /// There is none: nodes that follow this store poll it, and can be cut off.
    async fn feed(&self) -> Result<Option<Feed>, StoreError> {
        Ok(None)
    }
}
