//! Events of accounts: counted, a few rows for each.

use super::wire::Wire;
use crate::{
    store::{
        AccountEvent, StoreError,
        account_event::{MOST_OF_AN_ACCOUNT, Row, count_account_event, of_row},
        failure::store_error,
        sql,
    },
    user::UserId,
};

/// Counts all of them, one after the other, and keeps the newest rows of each account and kind.
pub(super) async fn count(wire: &Wire, events: &[AccountEvent]) -> Result<(), StoreError> {
    for event in events {
        wire.changed(count_account_event!(event)).await.map_err(store_error)?;
        let forget = sqlx::query(sql::FORGET_ACCOUNT_EVENTS)
            .bind(event.user.to_string())
            .bind(event.kind.as_str())
            .bind(i64::from(MOST_OF_AN_ACCOUNT));
        wire.changed(forget).await.map_err(store_error)?;
    }
    Ok(())
}

/// The newest events of an account.
pub(super) async fn newest(
    wire: &Wire,
    user: UserId,
    limit: u32,
) -> Result<Vec<AccountEvent>, StoreError> {
    let asked = sqlx::query(sql::ACCOUNT_EVENTS).bind(user.to_string()).bind(i64::from(limit));
    let rows: Vec<Found> = wire.rows::<Row, _>(asked).await?;
    Ok(rows.into_iter().map(|Found(row)| of_row(user, row)).collect())
}

/// A row as it was found.
struct Found(Row);

impl TryFrom<Row> for Found {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self(row))
    }
}
