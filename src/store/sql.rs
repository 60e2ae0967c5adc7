//! The statements that every SQL store has in common: names of columns, guards, and the order of parameters.
//!
//! Written once, so that a guard cannot differ from one database to the next. Macros if a store adds to a statement,
//! constants if not; no statement is put together at run time.

pub(super) const ADD_USER: &str = "insert into account (id, email, password_hash, role, authz_version, created_at) \
     values ($1, $2, $3, $4, $5, $6)";

pub(super) const USER_BY_EMAIL: &str = "select id, email, password_hash, role, authz_version, created_at \
     from account where email = $1";

/// The addresses that may have another spelling. The oldest account comes first.
pub(super) const IN_OTHER_SCRIPTS: &str = "select id, email from account \
     where octet_length(email) <> length(email) order by created_at, id";

/// Changes nothing if another account has that address.
pub(super) const RESPELL: &str = "update account set email = $2 where id = $1 \
     and not exists (select 1 from account other where other.email = $2)";

pub(super) const USER: &str =
    "select id, email, password_hash, role, authz_version, created_at from account where id = $1";

/// One row: a null if there is no account.
pub(super) const PASSWORD_HASH_NEAR: &str = "select coalesce( \
     (select password_hash from account where id >= $1 order by id limit 1), \
     (select password_hash from account order by id limit 1)) as password_hash";

pub(super) const SET_PASSWORD_HASH: &str =
    "update account set password_hash = $3 where id = $1 and password_hash = $2";

pub(super) const COUNT_ACCOUNT_EVENT: &str = "insert into account_event \
     (user_id, kind, ip_prefix, period, first_at, last_at, times) \
     select $1, $2, $3, $4, $5, $6, $7 from account where id = $1 \
     on conflict (user_id, kind, ip_prefix, period) do update \
     set times = account_event.times + excluded.times, last_at = excluded.last_at";

/// Keeps the newest rows of an account that are of one kind: many of another kind do not displace them.
pub(super) const FORGET_ACCOUNT_EVENTS: &str = "delete from account_event \
     where user_id = $1 and kind = $2 and last_at < (select min(last_at) from (select last_at from account_event \
     where user_id = $1 and kind = $2 order by last_at desc limit $3) as newest)";

pub(super) const ACCOUNT_EVENTS: &str = "select kind, ip_prefix, first_at, last_at, times \
     from account_event where user_id = $1 order by last_at desc, ip_prefix limit $2";

pub(super) const SET_ROLE: &str = "update account \
     set role = $2, authz_version = authz_version + 1, authz_changed_at = $3 \
     where id = $1 and role <> $2";

/// The earliest instant of an epoch that ended the session of the relation `$s`; null if none did.
macro_rules! epoch_of {
    ($s:literal) => {
        concat!(
            "(select min(e.at) from epoch e where e.number > ",
            $s,
            ".epoch and (e.since is null or ",
            $s,
            ".last_seen_at >= e.since))"
        )
    };
}
pub(super) use epoch_of;

/// The condition that a session is neither revoked nor ended by an epoch: part of every guard.
macro_rules! stands {
    ($s:literal) => {
        concat!($s, ".revoked_at is null and ", $crate::store::sql::epoch_of!($s), " is null")
    };
}
pub(super) use stands;

pub(super) const ACKNOWLEDGE: &str = concat!(
    "update session set acknowledged_at = $3 \
     where id = $1 and generation = $2 and acknowledged_at is null and ",
    stands!("session")
);

/// The newest epoch; 0 if there is none.
macro_rules! newest_epoch {
    () => {
        "(select coalesce(max(number), 0) from epoch)"
    };
}
pub(super) use newest_epoch;

/// Begins with the time, so that a database that went back to an earlier state gives no number twice.
/// Parameters: when, since when, and the least number.
pub(super) const ADD_EPOCH: &str = "insert into epoch (number, at, since) \
     select case when coalesce(max(number), 0) < $3 then $3 else max(number) + 1 end, $1, $2 from epoch \
     returning number";

pub(super) const EVENTS: &str = "select at, kind, generation, cause, client_label, user_agent_hash, ip_prefix, times \
     from session_event where session_id = $1 order by id desc limit $2";

pub(super) const KEYS: &str =
    "select kid, algorithm, sealed, staged_at, active_at, retiring_at, retired_at from signing_key";

pub(super) const NEXT_KEYS_VERSION: &str = "select coalesce(max(version), 0) + 1 from signing_key";

pub(super) const FORGET_KEY: &str = "delete from signing_key where kid = $1";

pub(super) const ADD_KEY: &str = "insert into signing_key \
     (kid, algorithm, sealed, staged_at, active_at, retiring_at, retired_at, version) \
     values ($1, $2, $3, $4, $5, $6, $7, $8)";

pub(super) const SCHEDULE: &str = "select cache, access_ttl, clock_skew from key_schedule";

/// With the database's word for the greater of two. Parameters: the figures.
macro_rules! raise_schedule {
    ($greatest:literal) => {
        concat!(
            "insert into key_schedule (id, cache, access_ttl, clock_skew) values (1, $1, $2, $3) \
             on conflict (id) do update set cache = ",
            $greatest,
            "(key_schedule.cache, excluded.cache), access_ttl = ",
            $greatest,
            "(key_schedule.access_ttl, excluded.access_ttl), clock_skew = ",
            $greatest,
            "(key_schedule.clock_skew, excluded.clock_skew)"
        )
    };
}
pub(super) use raise_schedule;

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

#[cfg(feature = "postgres")]
pub(super) const PING: &str = "select 1";

/// A write that reaches the disk: anything less would succeed on a full disk.
pub(super) const BEAT: &str = "update heartbeat set beats = beats + 1 where one = 1";

/// A session with what its account says, from the relation `s`.
macro_rules! session_from {
    ($s:literal) => {
        concat!(
            "select s.id, s.user_id, a.role, s.created_at, s.authenticated_at, s.nonce, s.pepper_kid, \
             s.generation, s.rotated_at, s.acknowledged_at, s.replays, s.persistence, s.idle_expires_at, \
             s.absolute_expires_at, s.revoked_at, s.revoked_reason, a.authz_version, s.client_label, \
             s.user_agent_hash, s.ip_prefix, s.last_seen_at, s.epoch, ",
            $crate::store::sql::epoch_of!("s"),
            " as ended_at from ",
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
    " where s.user_id = $1 and ",
    stands!("s"),
    " order by s.created_at desc, s.id desc"
);

/// Ends before `returning`. Parameters 1 to 17.
macro_rules! add_session {
    () => {
        concat!(
            "insert into session (id, user_id, created_at, authenticated_at, nonce, pepper_kid, generation, \
             rotated_at, acknowledged_at, replays, persistence, idle_expires_at, absolute_expires_at, \
             client_label, user_agent_hash, ip_prefix, last_seen_at, epoch) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, ",
            $crate::store::sql::newest_epoch!(),
            ")"
        )
    };
}
pub(super) use add_session;

/// The guarded step of the rule, with the database's words for the lesser and the greater of two. Parameters: id,
/// generation, now, the latest proof that is old enough, the next idle deadline.
macro_rules! rotate {
    ($least:literal, $greatest:literal) => {
        concat!(
            "update session set generation = generation + 1, rotated_at = $3, acknowledged_at = null, \
             replays = 0, last_seen_at = ",
            $greatest,
            "(last_seen_at, $3), idle_expires_at = ",
            $least,
            "($5, absolute_expires_at), epoch = ",
            $crate::store::sql::newest_epoch!(),
            " where id = $1 and generation = $2 and acknowledged_at <= $4 \
             and idle_expires_at > $3 and absolute_expires_at > $3 and ",
            $crate::store::sql::stands!("session")
        )
    };
}
pub(super) use rotate;

/// With the database's word for the greater of two. Parameters: id, generation, now.
macro_rules! count_replay {
    ($greatest:literal) => {
        concat!(
            "update session set replays = replays + 1, last_seen_at = ",
            $greatest,
            "(last_seen_at, $3) where id = $1 and generation = $2 and ",
            $crate::store::sql::stands!("session")
        )
    };
}
pub(super) use count_replay;

/// Parameters: id, when, why.
macro_rules! revoke {
    () => {
        concat!(
            "update session set revoked_at = $2, revoked_reason = $3 where id = $1 and ",
            $crate::store::sql::stands!("session")
        )
    };
}
pub(super) use revoke;

/// Ends before what is inserted, whose last column is 1.
macro_rules! into_counted {
    () => {
        "insert into session_event \
         (session_id, at, kind, generation, cause, client_label, user_agent_hash, ip_prefix, times) "
    };
}
#[cfg(feature = "postgres")]
pub(super) use into_counted;

/// Follows what is inserted: a burst of replays by one client is one row.
macro_rules! or_count {
    () => {
        " on conflict (session_id, generation, kind, user_agent_hash, ip_prefix) where times is not null \
         do update set times = session_event.times + 1, at = excluded.at"
    };
}
#[cfg(feature = "postgres")]
pub(super) use or_count;

/// Ends before what is inserted.
macro_rules! into_event {
    () => {
        "insert into session_event \
         (session_id, at, kind, generation, cause, client_label, user_agent_hash, ip_prefix) "
    };
}
#[cfg(feature = "postgres")]
pub(super) use into_event;

#[cfg(feature = "sqlite")]
pub(super) const ADD_EVENT: &str =
    concat!(into_event!(), "values ($1, $2, $3, $4, $5, $6, $7, $8)");

pub(super) const ADD_OR_COUNT: &str =
    concat!(into_counted!(), "values ($1, $2, $3, $4, $5, $6, $7, $8, 1)", or_count!());

/// Deletes some of the sessions that ended before an instant by this column, which an index serves, with this lock.
/// Parameters: the instant, how many.
macro_rules! prune_sessions {
    ($ended:literal, $lock:literal) => {
        concat!(
            "delete from session where id in (select id from session where ",
            $ended,
            " < $1 order by ",
            $ended,
            " limit $2 ",
            $lock,
            ")"
        )
    };
}
pub(super) use prune_sessions;

/// Parameters: the purpose, the id, the instant from which the mark may be forgotten.
pub(super) const CONSUME: &str =
    "insert into used (purpose, id, until) values ($1, $2, $3) on conflict do nothing";

/// Deletes some of the marks whose time was over before an instant, with this lock. Parameters: the instant, how many.
macro_rules! prune_marks {
    ($lock:literal) => {
        concat!(
            "delete from used where (purpose, id) in \
             (select purpose, id from used where until < $1 order by until limit $2 ",
            $lock,
            ")"
        )
    };
}
pub(super) use prune_marks;

/// Deletes all events of a session but the newest [`EVENTS_KEPT`](crate::store::EVENTS_KEPT). Its events tell of a
/// sign-in, and not of each of its rotations for ever: the generation says how many there were.
macro_rules! trim_events {
    ($session:literal) => {
        concat!(
            "delete from session_event where session_id = ",
            $session,
            " and id < (select id from session_event where session_id = $1 \
             order by id desc limit 1 offset 49)"
        )
    };
}
#[cfg(feature = "postgres")]
pub(super) use trim_events;

#[cfg(feature = "sqlite")]
pub(super) const TRIM_EVENTS: &str = trim_events!("$1");
