-- The keys that access tokens are signed with. What a key may do follows from its times.
create table signing_key (
    kid         text   not null primary key,
    algorithm   text   not null,
    -- The private half, encrypted under a key that is derived from the server's secret.
    sealed      bytea  not null,
    staged_at   bigint not null,
    active_at   bigint not null,
    retiring_at bigint,
    retired_at  bigint,
    -- How often the keys were replaced: all are written together.
    version     bigint not null
);

create function tell_of_keys() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform pg_notify('coatroom', 'keys ' || new.version);
    return null;
end
$$;

-- For each row, because a key that was written by hand has to be heard of, too; what is told twice is sent once.
create trigger tell_of_keys after insert or update on signing_key
    for each row execute function tell_of_keys();
