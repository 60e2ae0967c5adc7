//! Overviews as the databases answer them: one row, in one statement.

use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};

use super::Overview;
use crate::{
    clock::Timestamp,
    principal::Role,
    store::{
        StoreError,
        account_event::{self, of_row},
        rows::{EventRow, SessionRow},
    },
    user::{Email, User, UserId},
};

/// The statement. Events are lists of JSON in the one row: joined, each would repeat the account and the session. With
/// the database's words for a list of rows, and for a row. Parameters: account, session, how many events of the session,
/// and how many of each kind of the account.
///
/// The sum hides the limit from SQLite's planner, which would plan the statement anew for each value that is bound: that
/// takes three times as long as all the rest.
macro_rules! overview {
    ($list:literal, $row:literal) => {
        concat!(
            $crate::store::overview::row::overview!(
                $list,
                $row,
                "",
                "coatroom_account u left join coatroom_session s on s.id = $2",
                ["$1", "$2", "$3", "$4"]
            ),
            " where u.id = $1"
        )
    };
    (
        $list:literal, $row:literal, $others:literal, $from:expr,
        [$account:literal, $session:literal, $events:literal, $account_events:literal]
    ) => {
        $crate::store::sql::session_from!(
            concat!(
                $others,
                "u.id as account_id, u.email, u.role as account_role, u.created_at as account_created_at, (select cast(",
                $list,
                "(",
                $row,
                "(at, kind, generation, cause, client_label, user_agent_hash, ip_prefix, times) order by id desc) as text) \
                 from (select * from coatroom_session_event where session_id = ",
                $session,
                " order by id desc limit ",
                $events,
                " + 0) newest) as events, (select cast(",
                $list,
                "(",
                $row,
                "(kind, ip_prefix, first_at, last_at, times) order by last_at desc, ip_prefix) as text) \
                 from (select *, row_number() over (partition by kind order by last_at desc, ip_prefix) as place \
                 from coatroom_account_event where account_id = ",
                $account,
                " and ",
                $account_events,
                " > 0) ranked where place <= ",
                $account_events,
                ") as account_events, "
            ),
            $from
        )
    };
}
pub(in crate::store) use overview;

/// An account with a session, if there is one. A list is null if it is empty.
#[derive(FromRow)]
pub(in crate::store) struct OverviewRow {
    account_id: String,
    email: String,
    account_role: String,
    account_created_at: i64,
    #[sqlx(flatten)]
    session: FoundSession,
    events: Option<String>,
    account_events: Option<String>,
}

/// The columns of a session, which are all null if there is none.
struct FoundSession(Option<SessionRow>);

impl<'r, R: Row> FromRow<'r, R> for FoundSession
where
    SessionRow: FromRow<'r, R>,
    &'static str: ColumnIndex<R>,
    Option<Vec<u8>>: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        let id: Option<Vec<u8>> = row.try_get("id")?;
        id.map(|_| SessionRow::from_row(row)).transpose().map(Self)
    }
}

impl TryFrom<OverviewRow> for Overview {
    type Error = StoreError;

    fn try_from(row: OverviewRow) -> Result<Self, StoreError> {
        let id = UserId::parse(&row.account_id).ok_or(StoreError::Corrupt("account.id"))?;
        let user = User {
            id,
            email: Email::as_spelled(&row.email)
                .map_err(|_| StoreError::Corrupt("account.email"))?,
            role: Role::new(row.account_role).map_err(|_| StoreError::Corrupt("account.role"))?,
            created_at: Timestamp::from_millis(row.account_created_at),
        };
        let events: Vec<EventRow> = list(row.events, "session_event")?;
        let of_account: Vec<account_event::Row> = list(row.account_events, "account_event")?;
        Ok(Self {
            user,
            session: row.session.0.map(TryInto::try_into).transpose()?,
            events: events.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            account_events: of_account.into_iter().map(|row| of_row(id, row)).collect(),
        })
    }
}

fn list<T: serde::de::DeserializeOwned>(
    json: Option<String>,
    table: &'static str,
) -> Result<Vec<T>, StoreError> {
    let rows = json.map(|json| serde_json::from_str(&json)).transpose();
    rows.map(Option::unwrap_or_default).map_err(|_| StoreError::Corrupt(table))
}
