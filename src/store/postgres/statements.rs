//! Statements that change a session and write its event, in one.

use super::wire::Asked;
use crate::store::{Event, rows::number, sql};

/// A change that returns the session as `s`, and its event with these parameters.
macro_rules! with_event {
    ($change:expr, $event:literal) => {
        concat!(
            "with s as (",
            $change,
            " returning *) ",
            sql::into_event!(),
            "select id, ",
            $event,
            " from s"
        )
    };
}

pub(super) const ADD_SESSION: &str =
    with_event!(sql::add_session!(), "$22, $23, $24, $25, $26, $27, $28");
pub(super) const COUNT_REPLAY: &str = concat!(
    "with s as (",
    sql::count_replay!("greatest"),
    " returning *) ",
    sql::into_counted!(),
    "select id, $3, $4, $5, $6, $7, $8, $9, 1 from s",
    sql::or_count!()
);
/// Tells the feed as well, as the triggers do for what rows tell.
pub(super) const DENY: &str = concat!(
    "with logged as (",
    sql::log_denied!(),
    " returning kind, session_id, at) \
     select pg_notify('coatroom', kind || ' ' || encode(session_id, 'hex') || ' ' || at) from logged"
);
pub(super) const REVOKE: &str = with_event!(sql::revoke!(), "$4, $5, $6, $7, $8, $9, $10");
pub(super) const ROTATE: &str = concat!(
    "with s as (",
    sql::rotate!("least", "greatest"),
    " returning *), told as (",
    sql::into_event!(),
    "select id, $9, $10, $11, $12, $13, $14, $15 from s), trimmed as (",
    sql::trim_events!("(select id from s where generation % 16 = 0)"),
    ") ",
    sql::session_from!("s")
);

/// Binds the seven parameters of an event, after those that are bound already.
pub(super) fn bind_event(query: Asked, event: &Event) -> Asked {
    query
        .bind(event.at.millis())
        .bind(event.kind.as_str())
        .bind(number(event.generation))
        .bind(event.trigger.as_str())
        .bind(&event.client.label)
        .bind(&event.client.user_agent_hash)
        .bind(&event.client.ip_prefix)
}
