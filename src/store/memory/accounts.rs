//! Accounts in memory.

use std::cmp::Reverse;

use async_trait::async_trait;

use super::{MemoryStore, tables::Account};
use crate::{
    password_hash::PasswordHash,
    principal::Role,
    store::{AccountEvent, AccountStore, MOST_OF_AN_ACCOUNT, StoreError},
    user::{Email, User, UserId},
};

#[async_trait]
impl AccountStore for MemoryStore {
    async fn add_user(&self, user: &User, password: &PasswordHash) -> Result<(), StoreError> {
        let mut tables = self.tables();
        if tables.users.values().any(|other| other.user.email == user.email) {
            return Err(StoreError::EmailTaken);
        }
        let (user, password) = (user.clone(), password.clone());
        tables.users.insert(user.id, Account { user, password, events: Vec::new() });
        Ok(())
    }

    async fn user_by_email(
        &self,
        email: &Email,
    ) -> Result<Option<(User, PasswordHash)>, StoreError> {
        let tables = self.tables();
        let found = tables.users.values().find(|account| account.user.email == *email);
        Ok(found.map(|account| (account.user.clone(), account.password.clone())))
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.tables().users.get(&id).map(|account| account.user.clone()))
    }

    async fn password_hash_near(&self, point: UserId) -> Result<Option<PasswordHash>, StoreError> {
        let tables = self.tables();
        let point = point.to_string();
        let place = |id: &UserId| (id.to_string() < point, id.to_string());
        let next = tables.users.iter().min_by_key(|(id, _)| place(id));
        Ok(next.map(|(_, account)| account.password.clone()))
    }

    async fn set_password_hash(
        &self,
        id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let account = tables.users.get_mut(&id).filter(|account| account.password == *old);
        Ok(account.map(|account| account.password = new.clone()).is_some())
    }

    async fn count_account_events(&self, events: &[AccountEvent]) -> Result<(), StoreError> {
        let mut tables = self.tables();
        for event in events {
            let Some(account) = tables.users.get_mut(&event.user) else { continue };
            let key = |event: &AccountEvent| (event.kind, event.network.clone(), event.period());
            match account.events.iter_mut().find(|row| key(row) == key(event)) {
                Some(row) => row.add(event),
                None => account.events.push(event.clone()),
            }
            account.events.sort_by_key(|row| (Reverse(row.last_at), row.network.clone()));
            let mut of_its_kind = 0;
            account.events.retain(|row| {
                of_its_kind += u32::from(row.kind == event.kind);
                row.kind != event.kind || of_its_kind <= MOST_OF_AN_ACCOUNT
            });
        }
        Ok(())
    }

    async fn account_events(
        &self,
        user: UserId,
        limit: u32,
    ) -> Result<Vec<AccountEvent>, StoreError> {
        let tables = self.tables();
        let events = tables.users.get(&user).map(|account| account.events.iter());
        Ok(events.into_iter().flatten().take(limit as usize).cloned().collect())
    }

    async fn set_role(&self, id: UserId, role: &Role) -> Result<Option<User>, StoreError> {
        let mut tables = self.tables();
        let Some(account) = tables.users.get_mut(&id) else { return Ok(None) };
        account.user.role = role.clone();
        Ok(Some(account.user.clone()))
    }
}
