-- What a change of signing keys has to wait for: the greatest figures that a server was started with. One row. It only
-- grows, because a server with the greater ones may still run; to have it smaller, delete the row, and start a server.
create table key_schedule (
    id         integer not null primary key check (id = 1),
    -- For how long others may keep a copy of the public keys, how long an access token is good, and how far clocks may
    -- differ: milliseconds.
    cache      integer not null check (cache >= 0),
    access_ttl integer not null check (access_ttl >= 0),
    clock_skew integer not null check (clock_skew >= 0)
) strict;
