-- The built-in people, of whom sessions know no more than the text of an id.
create table coatroom_account (
    -- In the order of its bytes, whatever the database's language.
    id            text    collate "C" not null primary key,
    -- Named, because the program tells this refusal from every other.
    email         text    not null constraint coatroom_account_email unique,
    password_hash text    not null,
    role          text    not null,
    created_at    bigint not null
);

-- Events of an account rather than of one of its sessions, counted for each network and hour.
create table coatroom_account_event (
    account_id text    not null,
    kind       text    not null,
    ip_prefix  text    not null,
    -- The hours since the epoch in which it began.
    period     bigint not null,
    first_at   bigint not null,
    last_at    bigint not null,
    times      bigint not null,
    primary key (account_id, kind, ip_prefix, period)
);

-- An account takes its sessions with it.
create function coatroom_tell_of_end_of_account() returns trigger language plpgsql as $$
declare
    now_at bigint := (extract(epoch from clock_timestamp()) * 1000)::bigint;
begin
    insert into coatroom_change (kind, subject, at) values ('deleted', old.id,
        greatest(now_at, (
            select max(greatest(rotated_at, last_seen_at, acknowledged_at))
            from coatroom_session where subject = old.id
        )));
    perform pg_notify('coatroom', 'deleted ' || now_at || ' ' || old.id);
    delete from coatroom_session where subject = old.id;
    delete from coatroom_account_event where account_id = old.id;
    return null;
end
$$;

create trigger coatroom_tell_of_end_of_account after delete on coatroom_account
    for each row execute function coatroom_tell_of_end_of_account();

-- The path is fixed, as that of the other functions is.
do $$
begin
    execute format('alter function coatroom_tell_of_end_of_account() set search_path = pg_catalog, %I, pg_temp',
        current_schema());
end
$$;
