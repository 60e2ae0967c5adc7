//! Accounts with what belongs to them, in one statement.

use async_trait::async_trait;

use super::{PostgresStore, together::calls::ReadOverview};
use crate::store::{
    Candidate, CandidateQuery, FullStore, Overview, OverviewQuery, StoreError,
    candidate::row::{CANDIDATE, CandidateRow},
};

#[async_trait]
impl FullStore for PostgresStore {
    async fn overview(&self, query: &OverviewQuery) -> Result<Option<Overview>, StoreError> {
        self.overviews.ask(ReadOverview(*query)).await
    }

    async fn candidate(&self, query: &CandidateQuery) -> Result<Candidate, StoreError> {
        let asked = sqlx::query(CANDIDATE)
            .bind(query.email.as_str().to_owned())
            .bind(query.spelled.as_ref().map(|spelled| spelled.as_str().to_owned()))
            .bind(query.point.to_string());
        let row = self.wire.row::<CandidateRow, _>(asked).await?;
        row.ok_or(StoreError::Corrupt("account"))
    }
}
