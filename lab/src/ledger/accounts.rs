//! The accounts of a ledger: a world has one.

use async_trait::async_trait;
use coatroom::{
    Role,
    password::PasswordHash,
    store::{AccountEvent, AccountStore, StoreError},
    user::{Email, User, UserId},
};

use super::{Ledger, Statement};

#[async_trait]
impl AccountStore for Ledger {
    async fn add_user(&self, user: &User, password: &PasswordHash) -> Result<(), StoreError> {
        let statement = Statement::write("add_user", "a new account");
        self.ask(statement, self.within.add_user(user, password)).await
    }

    async fn user_by_email(
        &self,
        email: &Email,
    ) -> Result<Option<(User, PasswordHash)>, StoreError> {
        let statement =
            Statement::read("user_by_email", format!("the account of {}", email.as_str()));
        self.ask(statement, self.within.user_by_email(email)).await
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let statement = Statement::read("user", "the account");
        self.ask(statement, self.within.user(id)).await
    }

    async fn password_hash_near(&self, point: UserId) -> Result<Option<PasswordHash>, StoreError> {
        let statement = Statement::read(
            "password_hash_near",
            "the hash for who has no account, to take as long",
        );
        self.ask(statement, self.within.password_hash_near(point)).await
    }

    async fn set_password_hash(
        &self,
        id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<bool, StoreError> {
        let statement = Statement::write("set_password_hash", "the same password, hashed anew");
        self.ask(statement, self.within.set_password_hash(id, old, new)).await
    }

    /// Worlds play no guessing.
    async fn count_account_events(&self, _: &[AccountEvent]) -> Result<(), StoreError> {
        self.answer()
    }

    async fn account_events(&self, _: UserId, _: u32) -> Result<Vec<AccountEvent>, StoreError> {
        self.answer().map(|()| Vec::new())
    }

    async fn set_role(&self, id: UserId, role: &Role) -> Result<Option<User>, StoreError> {
        let statement = Statement::write("set_role", format!("role = {role}"));
        self.ask(statement, self.within.set_role(id, role)).await
    }
}
