-- The built-in people, of whom sessions know no more than the text of an id.
create table coatroom_account (
    id            text    not null primary key,
    email         text    not null constraint coatroom_account_email unique,
    password_hash text    not null,
    role          text    not null,
    created_at    integer not null
) strict;

-- Events of an account rather than of one of its sessions, counted for each network and hour.
create table coatroom_account_event (
    account_id text    not null,
    kind       text    not null,
    ip_prefix  text    not null,
    -- The hours since the epoch in which it began.
    period     integer not null,
    first_at   integer not null,
    last_at    integer not null,
    times      integer not null,
    primary key (account_id, kind, ip_prefix, period)
) strict;

-- An account takes its sessions with it, also in a shell, where foreign keys are off.
create trigger coatroom_log_end_of_account after delete on coatroom_account
begin
    insert into coatroom_change (kind, subject, at) values ('deleted', old.id,
        max(
            cast(round((julianday('now') - 2440587.5) * 86400000) as integer),
            coalesce((
                select max(max(rotated_at, last_seen_at, coalesce(acknowledged_at, rotated_at)))
                from coatroom_session where subject = old.id
            ), 0)
        ));
    delete from coatroom_session where subject = old.id;
    delete from coatroom_account_event where account_id = old.id;
end;
