//! Events of accounts: counted, a few rows for each.

use sqlx::{Sqlite, SqliteConnection};

use crate::{
    store::{
        AccountEvent, StoreError,
        account_event::{MOST_OF_AN_ACCOUNT, Row, count_account_event, of_row},
        failure::store_error,
        lend::Lender,
        sql,
    },
    user::UserId,
};

/// Counts all of them, and keeps the newest rows of each account and kind.
pub(super) async fn count(
    connection: &mut SqliteConnection,
    events: Vec<AccountEvent>,
) -> Result<(), StoreError> {
    for event in events {
        count_account_event!(event).execute(&mut *connection).await.map_err(store_error)?;
        sqlx::query(sql::FORGET_ACCOUNT_EVENTS)
            .bind(event.user.to_string())
            .bind(event.kind.as_str())
            .bind(i64::from(MOST_OF_AN_ACCOUNT))
            .execute(&mut *connection)
            .await
            .map_err(store_error)?;
    }
    Ok(())
}

/// The newest events of an account.
pub(super) async fn newest(
    readers: &Lender<Sqlite>,
    user: UserId,
    limit: u32,
) -> Result<Vec<AccountEvent>, StoreError> {
    let asked = sqlx::query(sql::ACCOUNT_EVENTS).bind(user.to_string()).bind(i64::from(limit));
    let rows = readers.rows::<Row>(asked).await?;
    Ok(rows.into_iter().map(|row| of_row(user, row)).collect())
}
