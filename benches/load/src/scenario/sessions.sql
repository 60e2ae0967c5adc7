insert into coatroom_session (id, subject, role, claims, authority_version, means, created_at, authenticated_at, nonce,
    pepper_kid, generation, rotated_at, acknowledged_at, replays, persistence, idle_expires_at, absolute_expires_at,
    client_label, user_agent_hash, ip_prefix, last_seen_at, epoch)
select decode(lpad((n - 1)::text, 32, '0'), 'hex'), 'bench', 'user', '', 0, 'pwd', 1, 1, decode(repeat('00', 32), 'hex'),
    'k', 0, 1, null, 0, 'persistent', 4000000000000, 4000000000000, 'curl', 'hash', '127.0.0.0/24', 1, 0
from generate_series(1, :count) n
