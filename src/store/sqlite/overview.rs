//! Accounts with what belongs to them, in one statement.

use async_trait::async_trait;

use super::SqliteStore;
use crate::{
    store::{
        Candidate, CandidateQuery, FullStore, Overview, OverviewQuery, StoreError,
        candidate::row::{CANDIDATE, CandidateRow},
        failure::store_error,
        overview::row::{OverviewRow, overview},
    },
    user::Email,
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

    async fn candidate(&self, query: &CandidateQuery) -> Result<Candidate, StoreError> {
        let row = sqlx::query_as::<_, CandidateRow>(CANDIDATE)
            .bind(query.email.as_str())
            .bind(query.spelled.as_ref().map(Email::as_str))
            .bind(query.point.to_string())
            .fetch_one(&self.readers)
            .await
            .map_err(store_error)?;
        row.try_into()
    }
}
