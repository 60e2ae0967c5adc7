-- What an account may do is the account's: its version stands there, beside the role.
alter table account add column authz_version bigint not null default 0 check (authz_version >= 0);
-- When it was last changed; null where it never was.
alter table account add column authz_changed_at bigint;

create index account_by_authz_change on account (authz_changed_at) where authz_changed_at is not null;

-- Every node hears of what another one, or an administrator at a console, took back: it is told with the commit, and
-- by the tables themselves. The search path is fixed, so that nobody's function of the same name is called instead.
create function tell_of_revocation() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform pg_notify('coatroom', 'revoked ' || encode(new.id, 'hex') || ' ' || new.revoked_at);
    return null;
end
$$;

create trigger tell_of_revocation after update of revoked_at on session
    for each row when (old.revoked_at is null and new.revoked_at is not null)
    execute function tell_of_revocation();

create function tell_of_authority() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform pg_notify('coatroom', 'authz ' || encode(new.id, 'hex') || ' ' || new.authz_version || ' '
        -- Whoever changed it by hand may have set no time.
        || coalesce(new.authz_changed_at, (extract(epoch from clock_timestamp()) * 1000)::bigint));
    return null;
end
$$;

create trigger tell_of_authority after update of authz_version on account
    for each row when (old.authz_version <> new.authz_version)
    execute function tell_of_authority();
