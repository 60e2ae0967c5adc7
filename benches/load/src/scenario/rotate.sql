-- As `ACKNOWLEDGE` and `ROTATE` of the PostgreSQL store, without the trimming of old events.
update coatroom_session set acknowledged_at = 2
where id = decode(lpad(:client_id::text, 32, '0'), 'hex') and acknowledged_at is null and revoked_at is null
    and (select min(e.at) from coatroom_epoch e where e.number > coatroom_session.epoch
        and (e.since is null or coatroom_session.last_seen_at >= e.since)) is null;
with s as (
    update coatroom_session set generation = generation + 1, rotated_at = 3, acknowledged_at = null, replays = 0,
        last_seen_at = greatest(last_seen_at, 3), idle_expires_at = least(4000000000000, absolute_expires_at),
        role = 'user', claims = '', authority_version = 0,
        epoch = (select coalesce(max(number), 0) from coatroom_epoch)
    where id = decode(lpad(:client_id::text, 32, '0'), 'hex') and acknowledged_at <= 3 and idle_expires_at > 3
        and absolute_expires_at > 3 and revoked_at is null
        and (select min(e.at) from coatroom_epoch e where e.number > coatroom_session.epoch
            and (e.since is null or coatroom_session.last_seen_at >= e.since)) is null
    returning *
), told as (
    insert into coatroom_session_event
        (session_id, at, kind, generation, cause, client_label, user_agent_hash, ip_prefix)
    select id, 3, 'rotated', generation, 'endpoint', 'curl', 'hash', '127.0.0.0/24' from s
)
select s.id, s.subject, s.generation, s.idle_expires_at, s.epoch from s;
