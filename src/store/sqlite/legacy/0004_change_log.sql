-- Every node answers from memory, and has to hear of what was taken back. It is logged by the tables themselves, so that
-- it is also heard of where an older program or a person at a console wrote it; and in the order of the commits, so
-- that a node misses nothing, whatever the clocks say. Rows are kept as long as a node may need them.
create table change (
    -- One writer commits at a time: a reader that has read up to a number has read all before it. Never given twice.
    seq       integer not null primary key autoincrement,
    -- Kinds that a program does not know are passed over.
    kind      text    not null,
    id        blob    not null,
    version   integer not null default 0,
    -- The latest instant that it is stamped with; any clock may have said it.
    at        integer not null,
    -- By this database's own clock. No function that the shells of old systems lack.
    logged_at integer not null default (cast(round((julianday('now') - 2440587.5) * 86400000) as integer))
) strict;

create index change_by_time on change (logged_at);

-- An epoch ends every session of an earlier one: all of them, or those that were refreshed since an instant. One row,
-- however many sessions there are.
create table epoch (
    number integer not null primary key,
    at     integer not null,
    since  integer
) strict;

-- The newest epoch when the session began, or was last rotated.
alter table session add column epoch integer not null default 0;

-- A session's tokens may be dated by a clock that was ahead of the one that revoked it.
create trigger log_revocation after update of revoked_at on session
when old.revoked_at is null and new.revoked_at is not null
begin
    insert into change (kind, id, at) values ('revoked', new.id,
        max(new.revoked_at, new.rotated_at, new.last_seen_at, coalesce(new.acknowledged_at, new.rotated_at)));
end;

create trigger log_authority after update of authz_version on account
when old.authz_version <> new.authz_version
begin
    insert into change (kind, id, version, at) values ('authz', new.id, new.authz_version,
        coalesce(new.authz_changed_at, cast(round((julianday('now') - 2440587.5) * 86400000) as integer)));
end;

-- A row that is deleted while its session lives, or may live by a clock that is a little behind. What is pruned long
-- after its end is no news.
create trigger log_deletion after delete on session
when old.revoked_at is null
    and min(old.idle_expires_at, old.absolute_expires_at)
        > cast(round((julianday('now') - 2440587.5) * 86400000) as integer) - 60000
    and not exists (
        select 1 from epoch where number > old.epoch and (since is null or old.last_seen_at >= since)
    )
begin
    insert into change (kind, id, at) values ('revoked', old.id,
        max(cast(round((julianday('now') - 2440587.5) * 86400000) as integer), old.rotated_at, old.last_seen_at));
end;

-- Also where foreign keys are off, as they are in the shell, and its sessions stay behind.
create trigger log_end_of_account after delete on account
begin
    insert into change (kind, id, at) values ('deleted', old.id,
        cast(round((julianday('now') - 2440587.5) * 86400000) as integer));
end;

-- How often it happened: one row for all replays of a generation by one client. Null in rows from before.
alter table session_event add column times integer;

create unique index session_event_once
    on session_event (session_id, generation, kind, user_agent_hash, ip_prefix) where times is not null;

-- What is pruned: by a column that no rotation writes, so that a rotation writes no index.
create index session_by_end on session (absolute_expires_at);

-- Written to find out that the database can be written.
create table heartbeat (
    one   integer not null primary key check (one = 1),
    beats integer not null
) strict;

insert into heartbeat (one, beats) values (1, 0);
