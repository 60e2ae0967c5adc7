-- Times are unix milliseconds. Names begin with coatroom_, so that an application's own tables may stand beside.

-- One sign-in in one browser. Its owner is a subject: an id of the application's own, which no table here has to know.
create table coatroom_session (
    id                  bytea   not null primary key check (octet_length(id) = 16),
    subject             text    not null,
    -- What its owner might do when it last asked, the application's own claims as JSON or nothing, and their version.
    role                text    not null,
    claims              text    not null,
    authority_version   bigint not null check (authority_version >= 0),
    -- The means of the last authentication, by the names of RFC 8176, with spaces between.
    means               text    not null,
    created_at          bigint not null,
    authenticated_at    bigint not null,
    -- With the server's pepper, all that its refresh tokens are derived from.
    nonce               bytea   not null check (octet_length(nonce) = 32),
    pepper_kid          text    not null,
    generation          bigint not null check (generation >= 0),
    rotated_at          bigint not null,
    -- Null until the current generation has been seen in the browser.
    acknowledged_at     bigint,
    replays             bigint not null check (replays >= 0),
    persistence         text    not null,
    idle_expires_at     bigint not null,
    absolute_expires_at bigint not null,
    revoked_at          bigint,
    revoked_reason      text,
    client_label        text    not null,
    user_agent_hash     text    not null,
    ip_prefix           text    not null,
    last_seen_at        bigint not null,
    -- The newest epoch when it began, or was last rotated.
    epoch               bigint not null,
    check ((revoked_at is null) = (revoked_reason is null))
-- Room for a rotated row beside its predecessor: no indexed column changes, so that no index is written.
) with (fillfactor = 80);

create index coatroom_session_by_subject on coatroom_session (subject);
create index coatroom_session_by_revocation on coatroom_session (revoked_at) where revoked_at is not null;
-- Read by pruning: a column that no rotation writes, so that a rotation writes no index.
create index coatroom_session_by_end on coatroom_session (absolute_expires_at);

-- The version of what a subject may do; no row where it was never changed.
create table coatroom_authority (
    subject    text    not null primary key,
    version    bigint not null check (version >= 0),
    changed_at bigint not null
);

-- An epoch ends every session of an earlier one: all of them, or those that were refreshed since an instant. One row,
-- however many sessions there are.
create table coatroom_epoch (
    number bigint not null primary key,
    at     bigint not null,
    since  bigint
);

-- Events of a session, for its owner and for the audit log.
create table coatroom_session_event (
    id              bigint  generated always as identity primary key,
    session_id      bytea   not null,
    at              bigint not null,
    kind            text    not null,
    generation      bigint not null,
    cause           text    not null,
    client_label    text    not null,
    user_agent_hash text    not null,
    ip_prefix       text    not null,
    -- How often it happened: one row for all replays of a generation by one client. Null if it is not counted.
    times           bigint
);

create index coatroom_session_event_by_session on coatroom_session_event (session_id, id);
create unique index coatroom_session_event_once
    on coatroom_session_event (session_id, generation, kind, user_agent_hash, ip_prefix) where times is not null;

-- The keys that access tokens are signed with. What a key may do follows from its times.
create table coatroom_signing_key (
    kid         text    not null primary key,
    algorithm   text    not null,
    -- The private half, encrypted under a key that is derived from the server's secret.
    sealed      bytea   not null,
    staged_at   bigint not null,
    active_at   bigint not null,
    retiring_at bigint,
    retired_at  bigint,
    -- How often the keys were replaced: all are written together.
    version     bigint not null
);

-- What a change of signing keys has to wait for: the greatest figures that a server was started with. One row. It only
-- grows, because a server with the greater ones may still run; to have it smaller, delete the row, and start a server.
create table coatroom_key_schedule (
    id         int     not null primary key check (id = 1),
    -- For how long others may keep a copy of the public keys, how long an access token is good, and how far clocks may
    -- differ: milliseconds.
    cache      bigint not null check (cache >= 0),
    access_ttl bigint not null check (access_ttl >= 0),
    clock_skew bigint not null check (clock_skew >= 0)
);

-- What was used and may not be used again, until nothing would take it any more.
create table coatroom_used (
    purpose text    not null,
    id      text    not null,
    until   bigint not null,
    primary key (purpose, id)
);

create index coatroom_used_until on coatroom_used (until);

-- Written to find out that the database can be written.
create table coatroom_heartbeat (
    one   bigint not null primary key check (one = 1),
    beats bigint not null
);

insert into coatroom_heartbeat (one, beats) values (1, 0);

-- Every node answers from memory, and has to hear of what was taken back. It is logged by the tables themselves, so that
-- it is also heard of where a person at a console wrote it; and with the transaction that wrote it, so that a node
-- misses nothing, whatever the clocks say. Rows are kept as long as a node may need them.
create table coatroom_change (
    -- A sequence has gaps while transactions are open; which of them a snapshot holds, the server says exactly.
    xid        xid8   not null default pg_current_xact_id(),
    seq        bigint not null generated always as identity,
    -- Kinds that a program does not know are passed over.
    kind       text   not null,
    session_id bytea,
    subject    text,
    version    bigint not null default 0,
    -- The latest instant that it is stamped with; any clock may have said it.
    at         bigint not null,
    -- By this database's own clock.
    logged_at  bigint not null default (extract(epoch from clock_timestamp()) * 1000)::bigint,
    primary key (xid, seq)
);

create index coatroom_change_by_time on coatroom_change (logged_at);

-- A session's tokens may be dated by a clock that was ahead of the one that revoked it.
create function coatroom_tell_of_revocation() returns trigger language plpgsql as $$
begin
    insert into coatroom_change (kind, session_id, at) values ('revoked', new.id,
        greatest(new.revoked_at, new.rotated_at, new.last_seen_at, new.acknowledged_at));
    perform pg_notify('coatroom', 'revoked ' || encode(new.id, 'hex') || ' ' || new.revoked_at);
    return null;
end
$$;

create trigger coatroom_tell_of_revocation after update of revoked_at on coatroom_session
    for each row when (old.revoked_at is null and new.revoked_at is not null)
    execute function coatroom_tell_of_revocation();

create function coatroom_tell_of_authority() returns trigger language plpgsql as $$
begin
    insert into coatroom_change (kind, subject, version, at) values ('authority', new.subject, new.version,
        greatest(new.changed_at, (
            select max(greatest(rotated_at, last_seen_at, acknowledged_at))
            from coatroom_session where subject = new.subject
        )));
    perform pg_notify('coatroom', 'authority ' || new.version || ' ' || new.changed_at || ' ' || new.subject);
    return null;
end
$$;

create trigger coatroom_tell_of_first_authority after insert on coatroom_authority
    for each row execute function coatroom_tell_of_authority();

create trigger coatroom_tell_of_authority after update of version on coatroom_authority
    for each row when (old.version <> new.version)
    execute function coatroom_tell_of_authority();

-- A row that is deleted while its session lives, or may live by a clock that is behind: by twice the greatest skew that
-- can be configured. The deletion of a row that is pruned long after its end is not logged.
create function coatroom_tell_of_deletion() returns trigger language plpgsql as $$
declare
    now_at bigint := (extract(epoch from clock_timestamp()) * 1000)::bigint;
begin
    delete from coatroom_session_event where session_id = old.id;
    if old.revoked_at is null and least(old.idle_expires_at, old.absolute_expires_at) > now_at - 600000
        and not exists (
            select 1 from coatroom_epoch e
            where e.number > old.epoch and (e.since is null or old.last_seen_at >= e.since)
        )
    then
        insert into coatroom_change (kind, session_id, at) values ('revoked', old.id,
            greatest(now_at, old.rotated_at, old.last_seen_at, old.acknowledged_at));
        perform pg_notify('coatroom', 'revoked ' || encode(old.id, 'hex') || ' ' || now_at);
    end if;
    return null;
end
$$;

create trigger coatroom_tell_of_deletion after delete on coatroom_session
    for each row execute function coatroom_tell_of_deletion();

create function coatroom_tell_of_epoch() returns trigger language plpgsql as $$
begin
    perform pg_notify('coatroom', 'epoch ' || new.number);
    return null;
end
$$;

create trigger coatroom_tell_of_epoch after insert on coatroom_epoch
    for each row execute function coatroom_tell_of_epoch();

-- All rows gone at once, without a trigger for each.
create function coatroom_tell_of_truncation() returns trigger language plpgsql as $$
declare
    now_at bigint := (extract(epoch from clock_timestamp()) * 1000)::bigint;
begin
    insert into coatroom_epoch (number, at)
        select greatest(coalesce(max(number), 0) + 1, now_at), now_at from coatroom_epoch;
    return null;
end
$$;

create trigger coatroom_tell_of_truncation after truncate on coatroom_session
    for each statement execute function coatroom_tell_of_truncation();

create function coatroom_tell_of_keys() returns trigger language plpgsql as $$
begin
    perform pg_notify('coatroom', 'keys ' || new.version);
    return null;
end
$$;

-- For each row, because a key that was written by hand has to be heard of, too; what is told twice is sent once.
create trigger coatroom_tell_of_keys after insert or update on coatroom_signing_key
    for each row execute function coatroom_tell_of_keys();

-- The path is fixed, so that no other function or table of the same name is used instead: the system's functions
-- first, then the schema of these tables.
do $$
declare
    name text;
begin
    foreach name in array array['revocation', 'authority', 'deletion', 'epoch', 'truncation', 'keys']
    loop
        execute format('alter function %I() set search_path = pg_catalog, %I, pg_temp',
            'coatroom_tell_of_' || name, current_schema());
    end loop;
end
$$;
