-- Times are unix milliseconds. Ids are 16 random bytes.
create table account (
    id            blob    not null primary key check (length(id) = 16),
    email         text    not null unique,
    password_hash text    not null,
    role          text    not null,
    created_at    integer not null
) strict;

create table session (
    id                  blob    not null primary key check (length(id) = 16),
    user_id             blob    not null references account (id) on delete cascade,
    created_at          integer not null,
    authenticated_at    integer not null,
    -- With the server's pepper, all that its refresh tokens are derived from.
    nonce               blob    not null check (length(nonce) = 32),
    pepper_kid          text    not null,
    generation          integer not null check (generation >= 0),
    rotated_at          integer not null,
    -- Null until the current generation has been seen in the browser.
    acknowledged_at     integer,
    replays             integer not null check (replays >= 0),
    persistence         text    not null,
    idle_expires_at     integer not null,
    absolute_expires_at integer not null,
    revoked_at          integer,
    revoked_reason      text,
    authz_version       integer not null,
    client_label        text    not null,
    user_agent_hash     text    not null,
    ip_prefix           text    not null,
    last_seen_at        integer not null,
    check ((revoked_at is null) = (revoked_reason is null))
) strict;

create index session_by_user on session (user_id);
-- What a node reads when it starts: the sessions revoked within the life of an access token.
create index session_by_revocation on session (revoked_at) where revoked_at is not null;

-- Append-only: what happened to a session, for its owner and for the audit log.
create table session_event (
    id              integer not null primary key,
    session_id      blob    not null references session (id) on delete cascade,
    at              integer not null,
    kind            text    not null,
    generation      integer not null,
    cause           text    not null,
    client_label    text    not null,
    user_agent_hash text    not null,
    ip_prefix       text    not null
) strict;

create index session_event_by_session on session_event (session_id, id);
