//! Accounts with a session, in one statement.

use async_trait::async_trait;

use super::SqliteStore;
use crate::store::{
    FullStore, Overview, OverviewQuery, StoreError,
    failure::store_error,
    overview::row::{OverviewRow, overview},
};

#[async_trait]
impl FullStore for SqliteStore {
    async fn overview(&self, query: &OverviewQuery) -> Result<Option<Overview>, StoreError> {
        let row = sqlx::query_as::<_, OverviewRow>(overview!("json_group_array", "json_array"))
            .bind(query.user.to_string())
            .bind(&query.session.as_bytes()[..])
            .bind(query.events)
            .bind(query.account_events)
            .fetch_optional(&self.readers)
            .await
            .map_err(store_error)?;
        row.map(TryInto::try_into).transpose()
    }
}
