//! Accounts with what belongs to them, in one statement.

use async_trait::async_trait;

use super::SqliteStore;
use crate::{
    store::{
        Candidate, CandidateQuery, FullStore, Overview, OverviewQuery, StoreError,
        candidate::row::{CANDIDATE, CandidateRow},
        overview::row::{OverviewRow, overview},
    },
    user::Email,
};

#[async_trait]
impl FullStore for SqliteStore {
    async fn overview(&self, query: &OverviewQuery) -> Result<Option<Overview>, StoreError> {
        let asked = sqlx::query(overview!("json_group_array", "json_array"))
            .bind(query.user.to_string())
            .bind(&query.session.as_bytes()[..])
            .bind(query.events)
            .bind(query.account_events);
        self.readers.row::<OverviewRow>(asked).await?.map(TryInto::try_into).transpose()
    }

    async fn candidate(&self, query: &CandidateQuery) -> Result<Candidate, StoreError> {
        let asked = sqlx::query(CANDIDATE)
            .bind(query.email.as_str())
            .bind(query.spelled.as_ref().map(Email::as_str))
            .bind(query.point.to_string());
        self.readers.one::<CandidateRow>(asked).await?.try_into()
    }
}
