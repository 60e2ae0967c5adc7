//! Accounts.

use async_trait::async_trait;
use futures::FutureExt as _;
use sqlx::SqliteConnection;

use super::{SqliteStore, account_events};
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
impl AccountStore for SqliteStore {
    async fn add_user(&self, user: &User, password: &PasswordHash) -> Result<(), StoreError> {
        let add = sqlx::query(sql::ADD_USER)
            .bind(user.id.to_string())
            .bind(user.email.as_str().to_owned())
            .bind(password.as_str().to_owned())
            .bind(user.role.as_str().to_owned())
            .bind(user.created_at.millis());
        let add = async move |connection: &mut SqliteConnection| {
            add.execute(connection).await.map_err(|error| match &error {
                sqlx::Error::Database(cause)
                    if cause.is_unique_violation()
                        && cause.message().contains("coatroom_account.email") =>
                {
                    StoreError::EmailTaken
                }
                _ => store_error(error),
            })?;
            Ok(())
        };
        self.writer.write(|connection| add(connection).boxed()).await
    }

    async fn user_by_email(
        &self,
        email: &Email,
    ) -> Result<Option<(User, PasswordHash)>, StoreError> {
        let asked = sqlx::query(sql::USER_BY_EMAIL).bind(email.as_str());
        self.readers.row::<UserRow>(asked).await?.map(TryInto::try_into).transpose()
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let asked = sqlx::query(sql::USER).bind(id.to_string());
        let row = self.readers.row::<UserRow>(asked).await?;
        row.map(|row| row.try_into().map(|(user, _)| user)).transpose()
    }

    async fn password_hash_near(&self, point: UserId) -> Result<Option<PasswordHash>, StoreError> {
        let asked = sqlx::query(PASSWORD_HASH_NEAR).bind(point.to_string());
        let (hash,): (Option<String>,) = self.readers.one(asked).await?;
        Ok(hash.map(PasswordHash::from_phc))
    }

    async fn set_password_hash(
        &self,
        id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<bool, StoreError> {
        let set = sqlx::query(sql::SET_PASSWORD_HASH)
            .bind(id.to_string())
            .bind(old.as_str().to_owned())
            .bind(new.as_str().to_owned());
        Ok(self.writer.changed(set).await? == 1)
    }

    async fn count_account_events(&self, events: &[AccountEvent]) -> Result<(), StoreError> {
        let events = events.to_vec();
        self.writer.write(|connection| account_events::count(connection, events).boxed()).await
    }

    async fn account_events(
        &self,
        user: UserId,
        limit: u32,
    ) -> Result<Vec<AccountEvent>, StoreError> {
        account_events::newest(&self.readers, user, limit).await
    }

    async fn set_role(&self, id: UserId, role: &Role) -> Result<Option<User>, StoreError> {
        let set = sqlx::query(sql::SET_ROLE).bind(id.to_string()).bind(role.as_str().to_owned());
        self.writer.changed(set).await?;
        self.user(id).await
    }
}
