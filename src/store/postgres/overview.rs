//! Accounts with a session, in one statement.

use async_trait::async_trait;

use super::PostgresStore;
use crate::store::{
    FullStore, Overview, OverviewQuery, StoreError,
    overview::row::{OverviewRow, overview},
};

#[async_trait]
impl FullStore for PostgresStore {
    async fn overview(&self, query: &OverviewQuery) -> Result<Option<Overview>, StoreError> {
        let asked = sqlx::query(overview!("json_agg", "json_build_array"))
            .bind(query.user.to_string())
            .bind(query.session.as_bytes().to_vec())
            .bind(i64::from(query.events))
            .bind(i64::from(query.account_events));
        self.wire.row::<OverviewRow, _>(asked).await
    }
}
