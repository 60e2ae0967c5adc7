-- The keys that access tokens are signed with. What a key may do follows from its times.
create table signing_key (
    kid         text    not null primary key,
    algorithm   text    not null,
    -- The private half, encrypted under a key that is derived from the server's secret.
    sealed      blob    not null,
    staged_at   integer not null,
    active_at   integer not null,
    retiring_at integer,
    retired_at  integer,
    -- How often the keys were replaced: all are written together.
    version     integer not null
) strict;
