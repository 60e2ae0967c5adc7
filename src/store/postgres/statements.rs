//! Statements that change a session and write its event, in one.

use super::wire::Asked;
use crate::store::{Event, overview::row::overview, rows::number, sql};

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

/// The ids of a statement for several calls. The subquery hides their number from the planner, which would plan the
/// statement anew for each: that takes longer than all the rest.
macro_rules! ids {
    () => {
        "(select $1)::bytea[]"
    };
}

/// The calls of a statement for several, as the relation `i`: arrays of their parameters but the ids, and the names of
/// the columns. Leaves out those whose session another transaction has locked.
///
/// Each row is looked up by itself, here and below, and then changed at its place: planned as one join, it might stay a
/// scan of the whole table that was short when it was planned.
macro_rules! several {
    ($arrays:literal, $columns:literal) => {
        concat!(
            "with i as materialized (select given.*, free.ctid as place from unnest(",
            ids!(),
            ", ",
            $arrays,
            ") as given (i_id, ",
            $columns,
            ") join lateral (select ctid from coatroom_session where id = i_id for update skip locked) as free on true)"
        )
    };
}

pub(super) const SESSIONS: &str = concat!(sql::session_from!(concat!(
    "unnest(",
    ids!(),
    ") as q (asked) join lateral (select * from coatroom_session where id = asked limit 1) as s on true"
)));
pub(super) const OVERVIEWS: &str = overview!(
    "json_agg",
    "json_build_array",
    "q.asked, ",
    concat!(
        "unnest(",
        ids!(),
        ", $2::text[], $3::bigint[], $4::bigint[]) as q (asked, asker, events, account_events) \
         join lateral (select * from coatroom_account where id = asker limit 1) as u on true \
         left join lateral (select * from coatroom_session where id = asked limit 1) as s on true"
    ),
    ["q.asker", "q.asked", "q.events", "q.account_events"]
);
pub(super) const ACKNOWLEDGE_SEVERAL: &str = concat!(
    several!("$2::bigint[], $3::bigint[]", "i_generation, i_now"),
    sql::acknowledge!(" from i", "coatroom_session.ctid = place", "i_generation", "i_now"),
    " returning id"
);
pub(super) const ROTATE_SEVERAL: &str = concat!(
    several!(
        "$2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::bigint[], \
         $9::bigint[], $10::text[], $11::bigint[], $12::text[], $13::text[], $14::text[], $15::text[]",
        "i_generation, i_now, i_proven_by, i_idle, i_role, i_claims, i_version, \
         e_at, e_kind, e_generation, e_cause, e_label, e_agent, e_prefix"
    ),
    ", s as (",
    sql::rotate!(
        "least",
        "greatest",
        " from i",
        "coatroom_session.ctid = place",
        "i_generation",
        "i_now",
        "i_proven_by",
        "i_idle",
        "i_role",
        "i_claims",
        "i_version"
    ),
    " returning coatroom_session.*), told as (",
    sql::into_event!(),
    "select id, e_at, e_kind, e_generation, e_cause, e_label, e_agent, e_prefix from s join i on i_id = id), trimmed as (\
     delete from coatroom_session_event e using s, \
     lateral (select id from coatroom_session_event where session_id = s.id order by id desc limit 1 offset 49) as kept \
     where s.generation % 16 = 0 and e.session_id = s.id and e.id < kept.id) ",
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
