//! The scripts, each behind what all of them have in common.

use std::sync::LazyLock;

use redis::Script;

macro_rules! scripts {
    ($($name:ident = $script:expr;)+) => {
        $(pub(super) static $name: LazyLock<Script> =
            LazyLock::new(|| Script::new(concat!(include_str!("common.lua"), $script)));)+
    };
}

scripts! {
    ACKNOWLEDGE = include_str!("acknowledge.lua");
    ADD_EPOCH = include_str!("add_epoch.lua");
    ADD_SESSION = include_str!("add_session.lua");
    AUTHORITY_VERSION = "return redis.call('HGET', name('authority'), ARGV[1])";
    CHANGES = include_str!("changes.lua");
    CLOCK = "return server_now()";
    CONSUME = include_str!("consume.lua");
    COUNT_REPLAY = include_str!("count_replay.lua");
    DENY = include_str!("deny.lua");
    EVENTS = include_str!("events.lua");
    KEYS = include_str!("keys.lua");
    OUTDATE = include_str!("outdate.lua");
    PING = "return redis.call('HINCRBY', name('meta'), 'beats', 1)";
    PRUNE = include_str!("prune.lua");
    RAISE_SCHEDULE = include_str!("raise_schedule.lua");
    RECORD = include_str!("record.lua");
    RENEW_AUTHORITY = include_str!("renew_authority.lua");
    REPLACE_KEYS = include_str!("replace_keys.lua");
    REVOKE = include_str!("revoke.lua");
    ROTATE = include_str!("rotate.lua");
    SCHEDULE = "return redis.call('HMGET', name('schedule'), 'cache', 'access_ttl', 'clock_skew')";
    SESSION = include_str!("session.lua");
    SESSIONS_OF = include_str!("sessions_of.lua");
    TOUCH = include_str!("touch.lua");
}
