//! The statements that every SQL store has in common: names of columns, guards, and the order of parameters.
//!
//! Written once, so that a guard cannot differ from one database to the next. Macros if a store adds to a statement,
//! constants if not; no statement is put together at run time.

mod steps;

pub(super) use steps::*;

pub(super) const ADD_USER: &str = "insert into coatroom_account (id, email, password_hash, role, created_at) \
     values ($1, $2, $3, $4, $5)";

pub(super) const USER_BY_EMAIL: &str = "select id, email, password_hash, role, created_at \
     from coatroom_account where email = $1";

/// The addresses that may have another spelling. The oldest account comes first.
pub(super) const IN_OTHER_SCRIPTS: &str = "select id, email from account \
     where octet_length(email) <> length(email) order by created_at, id";

/// Changes nothing if another account has that address.
pub(super) const RESPELL: &str = "update account set email = $2 where id = $1 \
     and not exists (select 1 from account other where other.email = $2)";

pub(super) const USER: &str =
    "select id, email, password_hash, role, created_at from coatroom_account where id = $1";

pub(super) const SET_PASSWORD_HASH: &str =
    "update coatroom_account set password_hash = $3 where id = $1 and password_hash = $2";

pub(super) const COUNT_ACCOUNT_EVENT: &str = "insert into coatroom_account_event \
     (account_id, kind, ip_prefix, period, first_at, last_at, times) \
     select $1, $2, $3, $4, $5, $6, $7 from coatroom_account where id = $1 \
     on conflict (account_id, kind, ip_prefix, period) do update \
     set times = coatroom_account_event.times + excluded.times, last_at = excluded.last_at";

/// Keeps the newest rows of an account that are of one kind: many of another kind do not displace them.
pub(super) const FORGET_ACCOUNT_EVENTS: &str = "delete from coatroom_account_event \
     where account_id = $1 and kind = $2 and last_at < (select min(last_at) from (select last_at from coatroom_account_event \
     where account_id = $1 and kind = $2 order by last_at desc limit $3) as newest)";

pub(super) const ACCOUNT_EVENTS: &str = "select kind, ip_prefix, first_at, last_at, times \
     from coatroom_account_event where account_id = $1 order by last_at desc, ip_prefix limit $2";

pub(super) const SET_ROLE: &str =
    "update coatroom_account set role = $2 where id = $1 and role <> $2";

pub(super) const AUTHORITY_VERSION: &str =
    "select version from coatroom_authority where subject = $1";

/// With the database's word for the greater of two. Begins with the time, so that a database that went back to an
/// earlier state gives no version twice. Parameters: the subject, the least version, when.
macro_rules! outdate {
    ($greatest:literal) => {
        concat!(
            "insert into coatroom_authority (subject, version, changed_at) values ($1, $2, $3) \
             on conflict (subject) do update set version = ",
            $greatest,
            "(coatroom_authority.version + 1, excluded.version), changed_at = excluded.changed_at returning version"
        )
    };
}
pub(super) use outdate;

/// The earliest instant of an epoch that ended the session of the relation `$s`; null if none did.
macro_rules! epoch_of {
    ($s:literal) => {
        concat!(
            "(select min(e.at) from coatroom_epoch e where e.number > ",
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

/// Parameters: id, role, claims, version.
pub(super) const RENEW_AUTHORITY: &str = concat!(
    "update coatroom_session set role = $2, claims = $3, authority_version = $4 \
     where id = $1 and authority_version < $4 and ",
    stands!("coatroom_session")
);

/// The newest epoch; 0 if there is none.
macro_rules! newest_epoch {
    () => {
        "(select coalesce(max(number), 0) from coatroom_epoch)"
    };
}
pub(super) use newest_epoch;

/// Begins with the time, so that a database that went back to an earlier state gives no number twice.
/// Parameters: when, since when, and the least number.
pub(super) const ADD_EPOCH: &str = "insert into coatroom_epoch (number, at, since) \
     select case when coalesce(max(number), 0) < $3 then $3 else max(number) + 1 end, $1, $2 from coatroom_epoch \
     returning number";

pub(super) const EVENTS: &str = "select at, kind, generation, cause, client_label, user_agent_hash, ip_prefix, times \
     from coatroom_session_event where session_id = $1 order by id desc limit $2";

pub(super) const KEYS: &str = "select kid, algorithm, sealed, staged_at, active_at, retiring_at, retired_at from coatroom_signing_key";

pub(super) const NEXT_KEYS_VERSION: &str =
    "select coalesce(max(version), 0) + 1 from coatroom_signing_key";

pub(super) const FORGET_KEY: &str = "delete from coatroom_signing_key where kid = $1";

pub(super) const ADD_KEY: &str = "insert into coatroom_signing_key \
     (kid, algorithm, sealed, staged_at, active_at, retiring_at, retired_at, version) \
     values ($1, $2, $3, $4, $5, $6, $7, $8)";

pub(super) const SCHEDULE: &str = "select cache, access_ttl, clock_skew from coatroom_key_schedule";

/// With the database's word for the greater of two. Parameters: the figures.
macro_rules! raise_schedule {
    ($greatest:literal) => {
        concat!(
            "insert into coatroom_key_schedule (id, cache, access_ttl, clock_skew) values (1, $1, $2, $3) \
             on conflict (id) do update set cache = ",
            $greatest,
            "(coatroom_key_schedule.cache, excluded.cache), access_ttl = ",
            $greatest,
            "(coatroom_key_schedule.access_ttl, excluded.access_ttl), clock_skew = ",
            $greatest,
            "(coatroom_key_schedule.clock_skew, excluded.clock_skew)"
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
pub(super) const BEAT: &str = "update coatroom_heartbeat set beats = beats + 1 where one = 1";

/// A session with the newest version of its owner's authority, from the relation `s`, after columns of others.
macro_rules! session_from {
    ($s:expr) => {
        $crate::store::sql::session_from!("", $s)
    };
    ($others:expr, $s:expr) => {
        concat!(
            "select ",
            $others,
            "s.id, s.subject, s.role, s.claims, s.authority_version, coalesce(a.version, 0) as newest_authority, \
             s.means, s.created_at, s.authenticated_at, s.nonce, s.pepper_kid, s.generation, s.rotated_at, s.acknowledged_at, s.replays, s.persistence, s.idle_expires_at, \
             s.absolute_expires_at, s.revoked_at, s.revoked_reason, s.client_label, \
             s.user_agent_hash, s.ip_prefix, s.last_seen_at, s.epoch, ",
            $crate::store::sql::epoch_of!("s"),
            " as ended_at from ",
            $s,
            " left join coatroom_authority a on a.subject = s.subject"
        )
    };
}
pub(super) use session_from;

#[cfg(feature = "sqlite")]
pub(super) const SESSION: &str = concat!(session_from!("coatroom_session s"), " where s.id = $1");

/// The newest first; those of one instant by their ids, so that a list does not jump about.
pub(super) const SESSIONS_OF: &str = concat!(
    session_from!("coatroom_session s"),
    " where s.subject = $1 and ",
    stands!("s"),
    " order by s.created_at desc, s.id desc"
);

/// Ends before `returning`. Parameters 1 to 21.
macro_rules! add_session {
    () => {
        concat!(
            "insert into coatroom_session (id, subject, role, claims, authority_version, means, created_at, \
             authenticated_at, nonce, pepper_kid, generation, rotated_at, acknowledged_at, replays, persistence, \
             idle_expires_at, absolute_expires_at, client_label, user_agent_hash, ip_prefix, last_seen_at, epoch) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, ",
            $crate::store::sql::newest_epoch!(),
            ")"
        )
    };
}
pub(super) use add_session;

/// Binds the columns of a session, in the order of [`add_session`].
macro_rules! bind_session {
    ($query:expr, $session:expr) => {{
        let session: &$crate::session::Session = $session;
        $query
            .bind(session.id.as_bytes().to_vec())
            .bind(session.subject.as_str().to_owned())
            .bind(session.authority.role.as_str().to_owned())
            .bind(session.authority.claims.to_text())
            .bind($crate::store::rows::number(session.authority.version))
            .bind(session.means.as_str().to_owned())
            .bind(session.created_at.millis())
            .bind(session.authenticated_at.millis())
            .bind(session.nonce.as_bytes().to_vec())
            .bind(session.pepper_kid.clone())
            .bind($crate::store::rows::number(session.generation))
            .bind(session.rotated_at.millis())
            .bind(session.acknowledged_at.map($crate::clock::Timestamp::millis))
            .bind(i64::from(session.replays))
            .bind(session.persistence.as_str())
            .bind(session.idle_expires_at.millis())
            .bind(session.absolute_expires_at.millis())
            .bind(session.client.label.clone())
            .bind(session.client.user_agent_hash.clone())
            .bind(session.client.ip_prefix.clone())
            .bind(session.last_seen_at.millis())
    }};
}
pub(super) use bind_session;

/// A sign of life, with the database's word for the lesser of two. Parameters: id, now, the latest sign of life that is
/// old enough, the next idle deadline.
macro_rules! touch {
    ($least:literal) => {
        concat!(
            "update coatroom_session set last_seen_at = $2, idle_expires_at = ",
            $least,
            "($4, absolute_expires_at) where id = $1 and last_seen_at <= $3 \
             and idle_expires_at > $2 and absolute_expires_at > $2 and ",
            $crate::store::sql::stands!("coatroom_session")
        )
    };
}
pub(super) use touch;

/// Parameters: the kind, the id, the instant.
macro_rules! log_denied {
    () => {
        "insert into coatroom_change (kind, session_id, at) values ($1, $2, $3)"
    };
}
pub(super) use log_denied;

/// With the database's word for the greater of two. Parameters: id, generation, now.
macro_rules! count_replay {
    ($greatest:literal) => {
        concat!(
            "update coatroom_session set replays = replays + 1, last_seen_at = ",
            $greatest,
            "(last_seen_at, $3) where id = $1 and generation = $2 and ",
            $crate::store::sql::stands!("coatroom_session")
        )
    };
}
pub(super) use count_replay;

/// Parameters: id, when, why.
macro_rules! revoke {
    () => {
        concat!(
            "update coatroom_session set revoked_at = $2, revoked_reason = $3 where id = $1 and ",
            $crate::store::sql::stands!("coatroom_session")
        )
    };
}
pub(super) use revoke;

/// Ends before what is inserted, whose last column is 1.
macro_rules! into_counted {
    () => {
        "insert into coatroom_session_event \
         (session_id, at, kind, generation, cause, client_label, user_agent_hash, ip_prefix, times) "
    };
}
#[cfg(feature = "postgres")]
pub(super) use into_counted;

/// Follows what is inserted: a burst of replays by one client is one row.
macro_rules! or_count {
    () => {
        " on conflict (session_id, generation, kind, user_agent_hash, ip_prefix) where times is not null \
         do update set times = coatroom_session_event.times + 1, at = excluded.at"
    };
}
#[cfg(feature = "postgres")]
pub(super) use or_count;

/// Ends before what is inserted.
macro_rules! into_event {
    () => {
        "insert into coatroom_session_event \
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
            "delete from coatroom_session where id in (select id from coatroom_session where ",
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
    "insert into coatroom_used (purpose, id, until) values ($1, $2, $3) on conflict do nothing";

/// Deletes some of the marks whose time was over before an instant, with this lock. Parameters: the instant, how many.
macro_rules! prune_marks {
    ($lock:literal) => {
        concat!(
            "delete from coatroom_used where (purpose, id) in \
             (select purpose, id from coatroom_used where until < $1 order by until limit $2 ",
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
            "delete from coatroom_session_event where session_id = ",
            $session,
            " and id < (select id from coatroom_session_event where session_id = $1 \
             order by id desc limit 1 offset 49)"
        )
    };
}
#[cfg(feature = "postgres")]
pub(super) use trim_events;

#[cfg(feature = "sqlite")]
pub(super) const TRIM_EVENTS: &str = trim_events!("$1");
