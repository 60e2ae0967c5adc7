-- Times are unix milliseconds. Ids are 16 random bytes.
create table account (
    id            bytea  not null primary key check (octet_length(id) = 16),
    -- Named, because the program tells this refusal from every other.
    email         text   not null constraint account_email_key unique,
    password_hash text   not null,
    role          text   not null,
    created_at    bigint not null
);

create table session (
    id                  bytea  not null primary key check (octet_length(id) = 16),
    user_id             bytea  not null references account (id) on delete cascade,
    created_at          bigint not null,
    authenticated_at    bigint not null,
    -- With the server's pepper, all that its refresh tokens are derived from.
    nonce               bytea  not null check (octet_length(nonce) = 32),
    pepper_kid          text   not null,
    generation          bigint not null check (generation >= 0),
    rotated_at          bigint not null,
    -- Null until the current generation has been seen in the browser.
    acknowledged_at     bigint,
    replays             bigint not null check (replays >= 0),
    persistence         text   not null,
    idle_expires_at     bigint not null,
    absolute_expires_at bigint not null,
    revoked_at          bigint,
    revoked_reason      text,
    client_label        text   not null,
    user_agent_hash     text   not null,
    ip_prefix           text   not null,
    last_seen_at        bigint not null,
    check ((revoked_at is null) = (revoked_reason is null))
-- Room for a rotated row beside its predecessor: no indexed column changes, so that no index is written.
) with (fillfactor = 80);

create index session_by_user on session (user_id);
-- What a node reads when it starts: the sessions revoked within the life of an access token.
create index session_by_revocation on session (revoked_at) where revoked_at is not null;

-- Append-only: what happened to a session, for its owner and for the audit log.
create table session_event (
    id              bigint generated always as identity primary key,
    session_id      bytea  not null references session (id) on delete cascade,
    at              bigint not null,
    kind            text   not null,
    generation      bigint not null,
    cause           text   not null,
    client_label    text   not null,
    user_agent_hash text   not null,
    ip_prefix       text   not null
);

create index session_event_by_session on session_event (session_id, id);
