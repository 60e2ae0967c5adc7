-- What a change of authority is stamped with: tokens of the account may be dated by a clock that was ahead of the one
-- that changed it.
drop trigger log_authority;
create trigger log_authority after update of authz_version on account
when old.authz_version <> new.authz_version
begin
    insert into change (kind, id, version, at) values ('authz', new.id, new.authz_version,
        max(
            coalesce(new.authz_changed_at, cast(round((julianday('now') - 2440587.5) * 86400000) as integer)),
            coalesce((
                select max(max(rotated_at, last_seen_at, coalesce(acknowledged_at, rotated_at)))
                from session where user_id = new.id
            ), 0)
        ));
end;

-- The same where foreign keys are off, and the account's sessions stay behind.
drop trigger log_end_of_account;
create trigger log_end_of_account after delete on account
begin
    insert into change (kind, id, at) values ('deleted', old.id,
        max(
            cast(round((julianday('now') - 2440587.5) * 86400000) as integer),
            coalesce((
                select max(max(rotated_at, last_seen_at, coalesce(acknowledged_at, rotated_at)))
                from session where user_id = old.id
            ), 0)
        ));
end;

-- A session that expired may live by a clock that is behind: by twice the greatest skew that can be configured.
drop trigger log_deletion;
create trigger log_deletion after delete on session
when old.revoked_at is null
    and min(old.idle_expires_at, old.absolute_expires_at)
        > cast(round((julianday('now') - 2440587.5) * 86400000) as integer) - 600000
    and not exists (
        select 1 from epoch where number > old.epoch and (since is null or old.last_seen_at >= since)
    )
begin
    insert into change (kind, id, at) values ('revoked', old.id,
        max(cast(round((julianday('now') - 2440587.5) * 86400000) as integer), old.rotated_at, old.last_seen_at,
            coalesce(old.acknowledged_at, old.rotated_at)));
end;
