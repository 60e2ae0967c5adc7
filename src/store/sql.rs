//! The statements that every SQL store has in common: names of columns, guards, and the order of parameters.
//!
//! Written once, so that a guard cannot differ from one database to the next. Macros where a store adds to a
//! statement, constants where not; no statement is put together at run time.

pub(super) const ADD_USER: &str = "insert into account (id, email, password_hash, role, authz_version, created_at) \
     values ($1, $2, $3, $4, $5, $6)";

pub(super) const USER_BY_EMAIL: &str = "select id, email, password_hash, role, authz_version, created_at \
     from account where email = $1";

pub(super) const USER: &str =
    "select id, email, password_hash, role, authz_version, created_at from account where id = $1";

pub(super) const SET_PASSWORD_HASH: &str =
    "update account set password_hash = $3 where id = $1 and password_hash = $2";

pub(super) const COUNT_ACCOUNT_EVENT: &str = "insert into account_event \
     (user_id, kind, ip_prefix, period, first_at, last_at, times) \
     select $1, $2, $3, $4, $5, $6, $7 from account where id = $1 \
     on conflict (user_id, kind, ip_prefix, period) do update \
     set times = account_event.times + excluded.times, last_at = excluded.last_at";

/// Keeps the newest rows of an account.
pub(super) const FORGET_ACCOUNT_EVENTS: &str = "delete from account_event \
     where user_id = $1 and last_at < (select min(last_at) from \
     (select last_at from account_event where user_id = $1 order by last_at desc limit $2) as newest)";

pub(super) const ACCOUNT_EVENTS: &str = "select kind, ip_prefix, first_at, last_at, times \
     from account_event where user_id = $1 order by last_at desc, ip_prefix limit $2";

pub(super) const SET_ROLE: &str = "update account \
     set role = $2, authz_version = authz_version + 1, authz_changed_at = $3 \
     where id = $1 and role <> $2";

pub(super) const ACKNOWLEDGE: &str = "update session set acknowledged_at = $3 \
     where id = $1 and generation = $2 and acknowledged_at is null and revoked_at is null";

pub(super) const EVENTS: &str = "select at, kind, generation, cause, client_label, user_agent_hash, ip_prefix \
     from session_event where session_id = $1 order by id desc limit $2";

pub(super) const CHANGES: &str = "select 'revoked' as what, id, revoked_at as at, 0 as version \
     from session where revoked_at >= $1 \
     union all \
     select 'authz', id, authz_changed_at, authz_version \
     from account where authz_changed_at >= $1 \
     union all \
     select 'keys', null, 0, max(version) from signing_key having count(*) > 0";

pub(super) const KEYS: &str =
    "select kid, algorithm, sealed, staged_at, active_at, retiring_at, retired_at from signing_key";

pub(super) const NEXT_KEYS_VERSION: &str = "select coalesce(max(version), 0) + 1 from signing_key";

pub(super) const FORGET_KEY: &str = "delete from signing_key where kid = $1";

pub(super) const ADD_KEY: &str = "insert into signing_key \
     (kid, algorithm, sealed, staged_at, active_at, retiring_at, retired_at, version) \
     values ($1, $2, $3, $4, $5, $6, $7, $8)";

/// The insertion of a key, with its parameters in the order of the statement.
macro_rules! add_key {
    ($key:expr, $version:expr) => {
        sqlx::query($crate::store::sql::ADD_KEY)
            .bind($key.kid.as_str())
            .bind($key.algorithm.as_str())
            .bind(&$key.sealed)
            .bind($key.staged_at.millis())
            .bind($key.active_at.millis())
            .bind($key.retiring_at.map($crate::clock::Timestamp::millis))
            .bind($key.retired_at.map($crate::clock::Timestamp::millis))
            .bind($version)
    };
}
pub(super) use add_key;

pub(super) const PING: &str = "select 1";

/// A session with what its account says, from the relation `s`.
macro_rules! session_from {
    ($s:literal) => {
        concat!(
            "select s.id, s.user_id, a.role, s.created_at, s.authenticated_at, s.nonce, s.pepper_kid, \
             s.generation, s.rotated_at, s.acknowledged_at, s.replays, s.persistence, s.idle_expires_at, \
             s.absolute_expires_at, s.revoked_at, s.revoked_reason, a.authz_version, s.client_label, \
             s.user_agent_hash, s.ip_prefix, s.last_seen_at from ",
            $s,
            " join account a on a.id = s.user_id"
        )
    };
}
#[cfg(feature = "postgres")]
pub(super) use session_from;

pub(super) const SESSION: &str = concat!(session_from!("session s"), " where s.id = $1");

/// The newest first; those of one instant by their ids, so that a list does not jump about.
pub(super) const SESSIONS_OF: &str = concat!(
    session_from!("session s"),
    " where s.user_id = $1 and s.revoked_at is null order by s.created_at desc, s.id desc"
);

/// Ends before `returning`. Parameters 1 to 17.
macro_rules! add_session {
    () => {
        "insert into session (id, user_id, created_at, authenticated_at, nonce, pepper_kid, generation, \
         rotated_at, acknowledged_at, replays, persistence, idle_expires_at, absolute_expires_at, \
         client_label, user_agent_hash, ip_prefix, last_seen_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
    };
}
pub(super) use add_session;

/// The guarded step of the rule, with the database's word for the lesser of two. Parameters: id, generation, now, the
/// latest proof that is old enough, the next idle deadline.
macro_rules! rotate {
    ($least:literal) => {
        concat!(
            "update session set generation = generation + 1, rotated_at = $3, acknowledged_at = null, \
             replays = 0, last_seen_at = $3, idle_expires_at = ",
            $least,
            "($5, absolute_expires_at) \
             where id = $1 and generation = $2 and acknowledged_at <= $4 and revoked_at is null \
             and idle_expires_at > $3 and absolute_expires_at > $3"
        )
    };
}
pub(super) use rotate;

/// Parameters: id, generation.
macro_rules! count_replay {
    () => {
        "update session set replays = replays + 1 \
         where id = $1 and generation = $2 and revoked_at is null"
    };
}
pub(super) use count_replay;

/// Parameters: id, when, why.
macro_rules! revoke {
    () => {
        "update session set revoked_at = $2, revoked_reason = $3 where id = $1 and revoked_at is null"
    };
}
pub(super) use revoke;

/// Ends before what is inserted.
macro_rules! into_event {
    () => {
        "insert into session_event \
         (session_id, at, kind, generation, cause, client_label, user_agent_hash, ip_prefix) "
    };
}
#[cfg(feature = "postgres")]
pub(super) use into_event;

pub(super) const ADD_EVENT: &str =
    concat!(into_event!(), "values ($1, $2, $3, $4, $5, $6, $7, $8)");
