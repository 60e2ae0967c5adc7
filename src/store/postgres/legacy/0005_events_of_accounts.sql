-- What happened to an account rather than to one of its sessions, counted for each network and hour.
create table account_event (
    user_id   bytea not null references account (id) on delete cascade,
    kind      text not null,
    ip_prefix text not null,
    -- The hours since the epoch in which it began.
    period    bigint not null,
    first_at  bigint not null,
    last_at   bigint not null,
    times     bigint not null,
    primary key (user_id, kind, ip_prefix, period)
);
