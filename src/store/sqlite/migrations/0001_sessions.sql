-- Times are unix milliseconds. Names begin with coatroom_, so that an application's own tables may stand beside.

-- One sign-in in one browser. Its owner is a subject: an id of the application's own, which no table here has to know.
create table coatroom_session (
    id                  blob    not null primary key check (length(id) = 16),
    subject             text    not null,
    -- What its owner might do when it last asked, the application's own claims as JSON or nothing, and their version.
    role                text    not null,
    claims              text    not null,
    authority_version   integer not null check (authority_version >= 0),
    -- The means of the last authentication, by the names of RFC 8176, with spaces between.
    means               text    not null,
    created_at          integer not null,
    authenticated_at    integer not null,
    -- With the server's pepper, all that its refresh tokens are derived from.
    nonce               blob    not null check (length(nonce) = 32),
    pepper_kid          text    not null,
    generation          integer not null check (generation >= 0),
    rotated_at          integer not null,
    -- Null until the current generation has been seen in the browser.
    acknowledged_at     integer,
    replays             integer not null check (replays >= 0),
    persistence         text    not null,
    idle_expires_at     integer not null,
    absolute_expires_at integer not null,
    revoked_at          integer,
    revoked_reason      text,
    client_label        text    not null,
    user_agent_hash     text    not null,
    ip_prefix           text    not null,
    last_seen_at        integer not null,
    -- The newest epoch when it began, or was last rotated.
    epoch               integer not null,
    check ((revoked_at is null) = (revoked_reason is null))
) strict;

create index coatroom_session_by_subject on coatroom_session (subject);
create index coatroom_session_by_revocation on coatroom_session (revoked_at) where revoked_at is not null;
-- Read by pruning: a column that no rotation writes, so that a rotation writes no index.
create index coatroom_session_by_end on coatroom_session (absolute_expires_at);

-- The version of what a subject may do; no row where it was never changed.
create table coatroom_authority (
    subject    text    not null primary key,
    version    integer not null check (version >= 0),
    changed_at integer not null
) strict, without rowid;

-- An epoch ends every session of an earlier one: all of them, or those that were refreshed since an instant. One row,
-- however many sessions there are.
create table coatroom_epoch (
    number integer not null primary key,
    at     integer not null,
    since  integer
) strict;

-- Events of a session, for its owner and for the audit log.
create table coatroom_session_event (
    id              integer not null primary key,
    session_id      blob    not null,
    at              integer not null,
    kind            text    not null,
    generation      integer not null,
    cause           text    not null,
    client_label    text    not null,
    user_agent_hash text    not null,
    ip_prefix       text    not null,
    -- How often it happened: one row for all replays of a generation by one client. Null if it is not counted.
    times           integer
) strict;

create index coatroom_session_event_by_session on coatroom_session_event (session_id, id);
create unique index coatroom_session_event_once
    on coatroom_session_event (session_id, generation, kind, user_agent_hash, ip_prefix) where times is not null;

-- The keys that access tokens are signed with. What a key may do follows from its times.
create table coatroom_signing_key (
    kid         text    not null primary key,
    algorithm   text    not null,
    -- The private half, encrypted under a key that is derived from the server's secret.
    sealed      blob    not null,
    staged_at   integer not null,
    active_at   integer not null,
    retiring_at integer,
    retired_at  integer,
    -- How often the keys were replaced: all are written together.
    version     integer not null
) strict;

-- What a change of signing keys has to wait for: the greatest figures that a server was started with. One row. It only
-- grows, because a server with the greater ones may still run; to have it smaller, delete the row, and start a server.
create table coatroom_key_schedule (
    id         integer not null primary key check (id = 1),
    -- For how long others may keep a copy of the public keys, how long an access token is good, and how far clocks may
    -- differ: milliseconds.
    cache      integer not null check (cache >= 0),
    access_ttl integer not null check (access_ttl >= 0),
    clock_skew integer not null check (clock_skew >= 0)
) strict;

-- What was used and may not be used again, until nothing would take it any more.
create table coatroom_used (
    purpose text    not null,
    id      text    not null,
    until   integer not null,
    primary key (purpose, id)
) strict, without rowid;

create index coatroom_used_until on coatroom_used (until);

-- Written to find out that the database can be written.
create table coatroom_heartbeat (
    one   integer not null primary key check (one = 1),
    beats integer not null
) strict;

insert into coatroom_heartbeat (one, beats) values (1, 0);

-- Every node answers from memory, and has to hear of what was taken back. It is logged by the tables themselves, so that
-- it is also heard of where a person at a console wrote it; and in the order of the commits, so that a node misses
-- nothing, whatever the clocks say. Rows are kept as long as a node may need them.
create table coatroom_change (
    -- One writer commits at a time: a reader that has read up to a number has read all before it. Never given twice.
    seq        integer not null primary key autoincrement,
    -- Kinds that a program does not know are passed over.
    kind       text    not null,
    session_id blob,
    subject    text,
    version    integer not null default 0,
    -- The latest instant that it is stamped with; any clock may have said it.
    at         integer not null,
    -- By this database's own clock. No function that the shells of old systems lack.
    logged_at  integer not null default (cast(round((julianday('now') - 2440587.5) * 86400000) as integer))
) strict;

create index coatroom_change_by_time on coatroom_change (logged_at);

-- A session's tokens may be dated by a clock that was ahead of the one that revoked it.
create trigger coatroom_log_revocation after update of revoked_at on coatroom_session
when old.revoked_at is null and new.revoked_at is not null
begin
    insert into coatroom_change (kind, session_id, at) values ('revoked', new.id,
        max(new.revoked_at, new.rotated_at, new.last_seen_at, coalesce(new.acknowledged_at, new.rotated_at)));
end;

create trigger coatroom_log_first_authority after insert on coatroom_authority
begin
    insert into coatroom_change (kind, subject, version, at) values ('authority', new.subject, new.version,
        max(new.changed_at, coalesce((
            select max(max(rotated_at, last_seen_at, coalesce(acknowledged_at, rotated_at)))
            from coatroom_session where subject = new.subject
        ), new.changed_at)));
end;

create trigger coatroom_log_authority after update of version on coatroom_authority
when old.version <> new.version
begin
    insert into coatroom_change (kind, subject, version, at) values ('authority', new.subject, new.version,
        max(new.changed_at, coalesce((
            select max(max(rotated_at, last_seen_at, coalesce(acknowledged_at, rotated_at)))
            from coatroom_session where subject = new.subject
        ), new.changed_at)));
end;

-- A row that is deleted while its session lives, or may live by a clock that is behind: by twice the greatest skew that
-- can be configured. The deletion of a row that is pruned long after its end is not logged.
create trigger coatroom_log_deletion after delete on coatroom_session
begin
    delete from coatroom_session_event where session_id = old.id;
    insert into coatroom_change (kind, session_id, at)
    select 'revoked', old.id,
        max(cast(round((julianday('now') - 2440587.5) * 86400000) as integer), old.rotated_at, old.last_seen_at,
            coalesce(old.acknowledged_at, old.rotated_at))
    where old.revoked_at is null
        and min(old.idle_expires_at, old.absolute_expires_at)
            > cast(round((julianday('now') - 2440587.5) * 86400000) as integer) - 600000
        and not exists (
            select 1 from coatroom_epoch
            where number > old.epoch and (since is null or old.last_seen_at >= since)
        );
end;
