//! The accounts that people sign in to with a password, and what happened to them.

use std::fmt;

use async_trait::async_trait;

use super::{AccountEvent, CandidateQuery, StoreError, account};
use crate::{
    password_hash::PasswordHash,
    principal::Role,
    user::{Email, User, UserId},
};

/// Keeps accounts and their passwords. The [module](super) says what it promises.
#[async_trait]
pub trait AccountStore: fmt::Debug + Send + Sync {
    /// Adds an account.
    ///
    /// # Errors
    /// [`StoreError::EmailTaken`] if its address has one already.
    async fn add_user(&self, user: &User, password: &PasswordHash) -> Result<(), StoreError>;

    /// The account of that address, with its password hash. For an address that a person typed, ask [`account_at`].
    async fn user_by_email(
        &self,
        email: &Email,
    ) -> Result<Option<(User, PasswordHash)>, StoreError>;

    /// The account of that id.
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError>;

    /// The password hash of the account whose id is `point`, or else comes next after it by the bytes of its text, and
    /// round at the end; `None` if there is no account at all.
    async fn password_hash_near(&self, point: UserId) -> Result<Option<PasswordHash>, StoreError>;

    /// Replaces a password hash by another one of the same password, if it is still `old`. Returns whether it was: of
    /// any number of callers that saw the same exactly one succeeds.
    async fn set_password_hash(
        &self,
        id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<bool, StoreError>;

    /// Counts what happened to accounts: each event is added to the row of its account, kind, network and
    /// [period](AccountEvent::period), or makes that row. Of an account the newest
    /// [`MOST_OF_AN_ACCOUNT`](super::MOST_OF_AN_ACCOUNT) of each kind stay. What happened to an account that is not
    /// there is left out. All at once, or some and an error.
    async fn count_account_events(&self, events: &[AccountEvent]) -> Result<(), StoreError>;

    /// The newest of what happened to an account, by when it happened last, newest first.
    async fn account_events(
        &self,
        user: UserId,
        limit: u32,
    ) -> Result<Vec<AccountEvent>, StoreError>;

    /// Gives an account another role, and returns the account as it is then; `None` if there is none. The authority of its
    /// sessions is outdated by [`SessionStore::outdate`](super::SessionStore::outdate), which the caller calls.
    async fn set_role(&self, id: UserId, role: &Role) -> Result<Option<User>, StoreError>;
}

/// Finds the account that a typed address belongs to, with its password hash. An account that kept an older spelling,
/// because its mailbox has another one, is found by just that spelling.
///
/// # Errors
/// [`StoreError`] if the store does not answer.
pub async fn account_at(
    store: &dyn AccountStore,
    typed: &str,
) -> Result<Option<(User, PasswordHash)>, StoreError> {
    let anywhere = UserId::from_bytes([0; 16]);
    account(store, &CandidateQuery::new(typed, anywhere)).await
}
