-- What was used and may not be used again, until nothing would take it any more.
create table used (
    purpose text not null,
    id text not null,
    until bigint not null,
    primary key (purpose, id)
);

create index used_until on used (until);
