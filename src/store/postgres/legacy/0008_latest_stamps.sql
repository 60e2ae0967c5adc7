-- What a change of authority is stamped with: tokens of the account may be dated by a clock that was ahead of the one
-- that changed it.
create or replace function tell_of_authority() returns trigger language plpgsql as $$
declare
    -- A person who changed it by hand may have set no time.
    changed_at bigint := coalesce(new.authz_changed_at, (extract(epoch from clock_timestamp()) * 1000)::bigint);
begin
    insert into change (kind, id, version, at) values ('authz', new.id, new.authz_version, greatest(changed_at, (
        select max(greatest(rotated_at, last_seen_at, acknowledged_at)) from session where user_id = new.id
    )));
    perform pg_notify('coatroom', 'authz ' || encode(new.id, 'hex') || ' ' || new.authz_version || ' ' || changed_at);
    return null;
end
$$;

-- A session that expired may live by a clock that is behind: by twice the greatest skew that can be configured.
create or replace function tell_of_deletion() returns trigger language plpgsql as $$
declare
    now_at bigint := (extract(epoch from clock_timestamp()) * 1000)::bigint;
begin
    if least(old.idle_expires_at, old.absolute_expires_at) > now_at - 600000 and not exists (
        select 1 from epoch e where e.number > old.epoch and (e.since is null or old.last_seen_at >= e.since)
    ) then
        insert into change (kind, id, at)
            values ('revoked', old.id, greatest(now_at, old.rotated_at, old.last_seen_at, old.acknowledged_at));
        perform pg_notify('coatroom', 'revoked ' || encode(old.id, 'hex') || ' ' || now_at);
    end if;
    return null;
end
$$;

-- Replacing a function forgets its path.
do $$
declare
    name text;
begin
    foreach name in array array['tell_of_authority', 'tell_of_deletion']
    loop
        execute format('alter function %I() set search_path = pg_catalog, %I, pg_temp', name, current_schema());
    end loop;
end
$$;
