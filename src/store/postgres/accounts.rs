//! Accounts.

use async_trait::async_trait;
use futures::FutureExt as _;

use super::{PostgresStore, account_events};
use crate::{
    password_hash::PasswordHash,
    principal::Role,
    store::{
        AccountEvent, AccountStore, StoreError, candidate::row::PASSWORD_HASH_NEAR,
        failure::store_error, rows::UserRow, sql,
    },
    user::{Email, User, UserId},
};

#[async_trait]
impl AccountStore for PostgresStore {
    async fn add_user(&self, user: &User, password: &PasswordHash) -> Result<(), StoreError> {
        let query = sqlx::query(sql::ADD_USER)
            .bind(user.id.to_string())
            .bind(user.email.as_str())
            .bind(password.as_str())
            .bind(user.role.as_str())
            .bind(user.created_at.millis());
        self.wire.changed(query).await.map_err(|error| match &error {
            sqlx::Error::Database(cause)
                if cause.constraint() == Some("coatroom_account_email") =>
            {
                StoreError::EmailTaken
            }
            _ => store_error(error),
        })?;
        Ok(())
    }

    async fn user_by_email(
        &self,
        email: &Email,
    ) -> Result<Option<(User, PasswordHash)>, StoreError> {
        self.wire.row::<UserRow, _>(sqlx::query(sql::USER_BY_EMAIL).bind(email.as_str())).await
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let query = sqlx::query(sql::USER).bind(id.to_string());
        let found: Option<(User, PasswordHash)> = self.wire.row::<UserRow, _>(query).await?;
        Ok(found.map(|(user, _)| user))
    }

    async fn password_hash_near(&self, point: UserId) -> Result<Option<PasswordHash>, StoreError> {
        let query = sqlx::query_scalar(PASSWORD_HASH_NEAR).bind(point.to_string());
        let hash: Option<String> = self
            .wire
            .ask(|connection| query.fetch_one(connection).boxed())
            .await
            .map_err(store_error)?;
        Ok(hash.map(PasswordHash::from_phc))
    }

    async fn set_password_hash(
        &self,
        id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query(sql::SET_PASSWORD_HASH)
            .bind(id.to_string())
            .bind(old.as_str())
            .bind(new.as_str());
        Ok(self.wire.changed(query).await.map_err(store_error)? == 1)
    }

    async fn count_account_events(&self, events: &[AccountEvent]) -> Result<(), StoreError> {
        account_events::count(&self.wire, events).await
    }

    async fn account_events(
        &self,
        user: UserId,
        limit: u32,
    ) -> Result<Vec<AccountEvent>, StoreError> {
        account_events::newest(&self.wire, user, limit).await
    }

    async fn set_role(&self, id: UserId, role: &Role) -> Result<Option<User>, StoreError> {
        let query = sqlx::query(sql::SET_ROLE).bind(id.to_string()).bind(role.as_str().to_owned());
        self.wire.changed(query).await.map_err(store_error)?;
        // A statement of its own: the first one's view of the account is from before it waited for another writer.
        self.user(id).await
    }
}
