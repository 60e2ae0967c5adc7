-- Every node answers from memory, and has to hear of what was taken back. It is logged by the tables themselves, so that
-- it is also heard of where an older program or a person at a console wrote it; and with the transaction that wrote
-- it, so that a node misses nothing, whatever the clocks say. Rows are kept as long as a node may need them.
create table change (
    -- A sequence has gaps while transactions are open; which of them a snapshot holds, the server says exactly.
    xid       xid8   not null default pg_current_xact_id(),
    seq       bigint not null generated always as identity,
    -- Kinds that a program does not know are passed over.
    kind      text   not null,
    id        bytea  not null,
    version   bigint not null default 0,
    -- The latest instant that it is stamped with; any clock may have said it.
    at        bigint not null,
    -- By this database's own clock.
    logged_at bigint not null default (extract(epoch from clock_timestamp()) * 1000)::bigint,
    primary key (xid, seq)
);

create index change_by_time on change (logged_at);

-- An epoch ends every session of an earlier one: all of them, or those that were refreshed since an instant. One row,
-- however many sessions there are.
create table epoch (
    number bigint not null primary key,
    at     bigint not null,
    since  bigint
);

-- The newest epoch when the session began, or was last rotated.
alter table session add column epoch bigint not null default 0;

-- A session's tokens may be dated by a clock that was ahead of the one that revoked it.
create or replace function tell_of_revocation() returns trigger language plpgsql as $$
begin
    insert into change (kind, id, at) values ('revoked', new.id,
        greatest(new.revoked_at, new.rotated_at, new.last_seen_at, new.acknowledged_at));
    perform pg_notify('coatroom', 'revoked ' || encode(new.id, 'hex') || ' ' || new.revoked_at);
    return null;
end
$$;

create or replace function tell_of_authority() returns trigger language plpgsql as $$
declare
    -- A person who changed it by hand may have set no time.
    changed_at bigint := coalesce(new.authz_changed_at, (extract(epoch from clock_timestamp()) * 1000)::bigint);
begin
    insert into change (kind, id, version, at) values ('authz', new.id, new.authz_version, changed_at);
    perform pg_notify('coatroom', 'authz ' || encode(new.id, 'hex') || ' ' || new.authz_version || ' ' || changed_at);
    return null;
end
$$;

-- A row that is deleted while its session lives, or may live by a clock that is a little behind. What is pruned long
-- after its end is no news.
create function tell_of_deletion() returns trigger language plpgsql as $$
declare
    now_at bigint := (extract(epoch from clock_timestamp()) * 1000)::bigint;
begin
    if least(old.idle_expires_at, old.absolute_expires_at) > now_at - 60000 and not exists (
        select 1 from epoch e where e.number > old.epoch and (e.since is null or old.last_seen_at >= e.since)
    ) then
        insert into change (kind, id, at)
            values ('revoked', old.id, greatest(now_at, old.rotated_at, old.last_seen_at));
        perform pg_notify('coatroom', 'revoked ' || encode(old.id, 'hex') || ' ' || now_at);
    end if;
    return null;
end
$$;

create trigger tell_of_deletion after delete on session
    for each row when (old.revoked_at is null)
    execute function tell_of_deletion();

create function tell_of_end_of_account() returns trigger language plpgsql as $$
declare
    now_at bigint := (extract(epoch from clock_timestamp()) * 1000)::bigint;
begin
    insert into change (kind, id, at) values ('deleted', old.id, now_at);
    perform pg_notify('coatroom', 'deleted ' || encode(old.id, 'hex') || ' ' || now_at);
    return null;
end
$$;

create trigger tell_of_end_of_account after delete on account
    for each row execute function tell_of_end_of_account();

create function tell_of_epoch() returns trigger language plpgsql as $$
begin
    perform pg_notify('coatroom', 'epoch ' || new.number);
    return null;
end
$$;

create trigger tell_of_epoch after insert on epoch
    for each row execute function tell_of_epoch();

-- All rows gone at once, without a trigger for each.
create function tell_of_truncation() returns trigger language plpgsql as $$
declare
    now_at bigint := (extract(epoch from clock_timestamp()) * 1000)::bigint;
begin
    insert into epoch (number, at)
        select greatest(coalesce(max(number), 0) + 1, now_at), now_at from epoch;
    return null;
end
$$;

create trigger tell_of_truncation after truncate on session
    for each statement execute function tell_of_truncation();

-- The path is fixed, so that no other function or table of the same name is used instead: the system's functions
-- first, then the schema of these tables.
do $$
declare
    name text;
begin
    foreach name in array array['tell_of_revocation', 'tell_of_authority', 'tell_of_deletion',
        'tell_of_end_of_account', 'tell_of_epoch', 'tell_of_truncation']
    loop
        execute format('alter function %I() set search_path = pg_catalog, %I, pg_temp', name, current_schema());
    end loop;
end
$$;

-- How often it happened: one row for all replays of a generation by one client. Null in rows from before.
alter table session_event add column times bigint;

create unique index session_event_once
    on session_event (session_id, generation, kind, user_agent_hash, ip_prefix) where times is not null;

-- What is pruned: by a column that no rotation writes, so that a rotation writes no index.
create index session_by_end on session (absolute_expires_at);

-- Written to find out that the database can be written.
create table heartbeat (
    one   bigint not null primary key check (one = 1),
    beats bigint not null
);

insert into heartbeat (one, beats) values (1, 0);
