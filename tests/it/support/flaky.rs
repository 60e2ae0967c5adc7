//! A fault injector around the store in memory: it can be down, lose answers, or hold writes back.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use coatroom::{
    Role, Session, SessionId, Store, Subject, Timestamp, User, UserId,
    keyring::KeyRecord,
    password::PasswordHash,
    principal::Authority,
    session::EndReason,
    store::{
        AccountEvent, AccountStore, ChangeLog, Cursor, Event, Feed, KeyStore, OnceStore, Page,
        Rotation, SessionStore, StoreError, memory::MemoryStore,
    },
    user::Email,
};
use tokio::sync::{RwLock, RwLockWriteGuard};

use super::until;

/// The fault to inject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    #[default]
    None,
    /// No call reaches the store.
    Down,
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
        until("a write at the door", || async {
            (self.arrived.load(Ordering::SeqCst) >= count).then_some(())
        })
        .await;
    }

    fn fault(&self) -> Fault {
        *self.fault.lock().expect("nobody panics here")
    }

    fn unless_down(&self) -> Result<(), StoreError> {
        if self.fault() == Fault::Down { Err(unavailable()) } else { Ok(()) }
    }

    async fn read<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.unless_down()?;
        call.await
    }

    async fn write<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.unless_down()?;
        let result = call.await;
        if self.fault() == Fault::AnswersLost { Err(unavailable()) } else { result }
    }

    async fn write_behind_door<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.arrived.fetch_add(1, Ordering::SeqCst);
        let _open = self.door.read().await;
        self.write(call).await
    }
}

fn unavailable() -> StoreError {
    StoreError::Unavailable("a fault was injected".into())
}

#[async_trait]
impl AccountStore for FlakyStore {
    async fn add_user(&self, user: &User, password: &PasswordHash) -> Result<(), StoreError> {
        self.write(self.inner.add_user(user, password)).await
    }

    async fn user_by_email(
        &self,
        email: &Email,
    ) -> Result<Option<(User, PasswordHash)>, StoreError> {
        self.read(self.inner.user_by_email(email)).await
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.read(self.inner.user(id)).await
    }

    async fn password_hash_near(&self, point: UserId) -> Result<Option<PasswordHash>, StoreError> {
        self.read(self.inner.password_hash_near(point)).await
    }

    async fn set_password_hash(
        &self,
        id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<bool, StoreError> {
        if self.fault() == Fault::Hashes {
            return Err(unavailable());
        }
        self.write(self.inner.set_password_hash(id, old, new)).await
    }

    async fn count_account_events(&self, events: &[AccountEvent]) -> Result<(), StoreError> {
        self.write(self.inner.count_account_events(events)).await
    }

    async fn account_events(
        &self,
        user: UserId,
        limit: u32,
    ) -> Result<Vec<AccountEvent>, StoreError> {
        self.read(self.inner.account_events(user, limit)).await
    }

    async fn set_role(&self, id: UserId, role: &Role) -> Result<Option<User>, StoreError> {
        self.write(self.inner.set_role(id, role)).await
    }
}

#[async_trait]
impl SessionStore for FlakyStore {
    async fn add_session(&self, session: &Session, event: &Event) -> Result<(), StoreError> {
        self.write(self.inner.add_session(session, event)).await
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.read(self.inner.session(id)).await
    }

    async fn sessions_of(&self, subject: &Subject) -> Result<Vec<Session>, StoreError> {
        self.read(self.inner.sessions_of(subject)).await
    }

    async fn rotate(
        &self,
        rotation: &Rotation,
        event: &Event,
    ) -> Result<Option<Session>, StoreError> {
        self.write_behind_door(self.inner.rotate(rotation, event)).await
    }

    async fn acknowledge(
        &self,
        id: SessionId,
        generation: u64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write_behind_door(self.inner.acknowledge(id, generation, now)).await
    }

    async fn count_replay(
        &self,
        id: SessionId,
        generation: u64,
        event: &Event,
    ) -> Result<bool, StoreError> {
        self.write_behind_door(self.inner.count_replay(id, generation, event)).await
    }

    async fn revoke(
        &self,
        id: SessionId,
        reason: EndReason,
        event: &Event,
    ) -> Result<bool, StoreError> {
        self.write(self.inner.revoke(id, reason, event)).await
    }

    async fn record(&self, id: SessionId, event: &Event) -> Result<(), StoreError> {
        self.write(self.inner.record(id, event)).await
    }

    async fn events(&self, id: SessionId, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.read(self.inner.events(id, limit)).await
    }

    async fn renew_authority(
        &self,
        id: SessionId,
        authority: &Authority,
    ) -> Result<bool, StoreError> {
        self.write(self.inner.renew_authority(id, authority)).await
    }

    async fn authority_version(&self, subject: &Subject) -> Result<u64, StoreError> {
        self.read(self.inner.authority_version(subject)).await
    }

    async fn outdate(&self, subject: &Subject, now: Timestamp) -> Result<u64, StoreError> {
        self.write(self.inner.outdate(subject, now)).await
    }

    async fn add_epoch(&self, since: Option<Timestamp>, now: Timestamp) -> Result<u64, StoreError> {
        self.write(self.inner.add_epoch(since, now)).await
    }
}

#[async_trait]
impl KeyStore for FlakyStore {
    async fn keys(&self) -> Result<Vec<KeyRecord>, StoreError> {
        self.read(self.inner.keys()).await
    }

    async fn replace_keys(
        &self,
        seen: &[KeyRecord],
        keys: &[KeyRecord],
    ) -> Result<bool, StoreError> {
        self.write(self.inner.replace_keys(seen, keys)).await
    }
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
            return Err(unavailable());
        }
        self.read(self.inner.changes(after, limit)).await
    }

    /// There is none: nodes that follow this store poll it, and can be cut off.
    async fn feed(&self) -> Result<Option<Feed>, StoreError> {
        Ok(None)
    }
}

#[async_trait]
impl OnceStore for FlakyStore {
    async fn consume(&self, purpose: &str, id: &str, until: Timestamp) -> Result<bool, StoreError> {
        self.write(self.inner.consume(purpose, id, until)).await
    }
}

#[async_trait]
impl Store for FlakyStore {
    async fn prune(
        &self,
        now: Timestamp,
        retention: Duration,
        limit: u32,
    ) -> Result<bool, StoreError> {
        self.write(self.inner.prune(now, retention, limit)).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.read(self.inner.ping()).await
    }
}
