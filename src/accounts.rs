//! The built-in people: accounts with an address and a password.
//!
//! They are one user of the engine, and an application may have people of its own instead. What stands here knows of
//! sessions only that [`Auth::begin`] begins one.

mod buckets;
mod credentials;
mod error;
mod failures;
mod guard;
mod members;
mod passwords;
mod spans;

use std::sync::Arc;

pub use self::{
    credentials::Credentials,
    error::{SignInError, SignUpError},
    members::AccountPeople,
};
use self::{failures::Failures, guard::Guard};
use crate::{
    auth::{Auth, StartError},
    background::{self, BackgroundTasks},
    clock::{Clock, SystemClock},
    config::AuthConfig,
    password::{HashError, Hasher},
    principal::Role,
    store::{
        self, AccountEvent, AccountEventKind, AccountStore, FullStore, Overview, OverviewQuery,
        Store, StoreError,
    },
    user::{User, UserId},
};

/// The accounts of one application, and the engine of their sessions. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub struct Accounts(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    auth: Auth,
    store: Arc<dyn AccountStore>,
    /// The same store, if the engine's sessions are in it, too.
    full: Option<Arc<dyn FullStore>>,
    hasher: Hasher,
    guard: Guard,
    failures: Failures,
    background: BackgroundTasks,
}

impl Accounts {
    /// Makes accounts and their engine on one store.
    ///
    /// # Errors
    /// [`StartError`] if the configuration does not fit together, or the store does not answer.
    pub async fn new(config: AuthConfig, store: Arc<dyn FullStore>) -> Result<Self, StartError> {
        Self::with_clock(config, store, Arc::new(SystemClock)).await
    }

    /// Makes accounts and their engine on one store, with a clock of the caller's own.
    ///
    /// # Errors
    /// As those of [`new`](Self::new).
    pub async fn with_clock(
        config: AuthConfig,
        store: Arc<dyn FullStore>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StartError> {
        let members = Arc::new(AccountPeople::new(Arc::<dyn FullStore>::clone(&store)));
        let sessions: Arc<dyn Store> = Arc::<dyn FullStore>::clone(&store);
        let auth = Auth::with_clock(config, sessions, members, clock).await?;
        Self::with_stores(auth, Arc::<dyn FullStore>::clone(&store), Some(store))
    }

    /// Makes accounts in one store for an engine that keeps its sessions in another; the engine asks
    /// [`AccountPeople`] of the same accounts.
    ///
    /// # Errors
    /// [`StartError`] if the hasher cannot be made.
    pub fn with_auth(auth: Auth, store: Arc<dyn AccountStore>) -> Result<Self, StartError> {
        Self::with_stores(auth, store, None)
    }

    fn with_stores(
        auth: Auth,
        store: Arc<dyn AccountStore>,
        full: Option<Arc<dyn FullStore>>,
    ) -> Result<Self, StartError> {
        let config = auth.config();
        let (hashing, at_once) = (config.hashing, config.guessing.at_once);
        let hasher = Hasher::new(hashing, at_once)
            .map_err(|error| match error {
                HashError::NoMemory => StartError::Memory { kib: hashing.memory_kib },
                _ => StartError::Hashing,
            })?
            .with_foreign(config.foreign_hashes.clone());
        let guard = Guard::new(&config.guessing, auth.clock());
        let (failures, background) = (Failures::default(), BackgroundTasks::new());
        Ok(Self(Arc::new(Inner { auth, store, full, hasher, guard, failures, background })))
    }

    /// Returns the engine of their sessions.
    pub fn auth(&self) -> &Auth {
        &self.0.auth
    }

    /// Drains the background tasks of earlier requests: the proofs of delivery are noted, and failed sign-ins. Call it
    /// before the store is closed or inspected.
    pub async fn drain(&self) {
        self.0.background.drain().await;
        self.0.write_failures().await;
        self.0.auth.drain().await;
    }

    /// Gives an account another role. Its access tokens are out of date on every node as soon as it hears of the
    /// change, and a refresh gives the client the new role; it stays signed in. Returns the account; `None` if there is
    /// none.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer. Whether the account has the role is not known then; try again.
    pub async fn set_role(&self, id: UserId, role: Role) -> Result<Option<User>, StoreError> {
        let inner = Arc::clone(&self.0);
        // In a background task: the account and its sessions must agree, even if the caller is dropped.
        background::run_to_completion(async move {
            let user = inner.store.set_role(id, &role).await?;
            if user.is_some() {
                inner.auth.invalidate_authority(&id.into()).await?;
            }
            Ok(user)
        })
        .await
    }

    /// Returns an account; `None` if there is none.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer.
    pub async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.0.store.user(id).await
    }

    /// Returns an account with a session of it, and the newest events of both; `None` if there is no such account. One
    /// statement, if one database keeps accounts and sessions.
    ///
    /// # Errors
    /// [`StoreError`] if a store does not answer.
    pub async fn overview(&self, query: &OverviewQuery) -> Result<Option<Overview>, StoreError> {
        match &self.0.full {
            Some(store) => store.overview(query).await,
            None => store::gather(&*self.0.store, self.0.auth.store(), query).await,
        }
    }

    /// Returns the newest events of an account, such as failed sign-ins, newest first. Failed sign-ins appear some
    /// seconds late.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer.
    pub async fn account_events(
        &self,
        user: UserId,
        limit: u32,
    ) -> Result<Vec<AccountEvent>, StoreError> {
        self.0.store.account_events(user, limit).await
    }

    /// Notes that the owner of an account has seen its events until now.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer.
    pub async fn mark_account_events_seen(&self, user: UserId) -> Result<(), StoreError> {
        let now = self.0.auth.now();
        let seen = AccountEvent::once(user, AccountEventKind::Seen, String::new(), now);
        self.0.store.count_account_events(&[seen]).await
    }
}
