insert into coatroom_account (id, email, password_hash, role, created_at)
select 'grown' || n, 'grown' || n || '@example.com', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$', 'user', 1
from generate_series(0, :count / 5) n;
insert into coatroom_session (id, subject, role, claims, authority_version, means, created_at, authenticated_at, nonce,
    pepper_kid, generation, rotated_at, acknowledged_at, replays, persistence, idle_expires_at, absolute_expires_at,
    client_label, user_agent_hash, ip_prefix, last_seen_at, epoch)
select decode(md5(n::text), 'hex'), 'grown' || (n / 5), 'user', '', 0, 'pwd', now, now, decode(repeat('00', 32), 'hex'),
    'k', 3, now, now, 0, 'persistent', now + 1209600000, now + 2592000000, 'Firefox', 'hash', '127.0.0.0/24', now, 0
from generate_series(1, :count) n, (select (extract(epoch from now()) * 1000)::bigint as now) clock;
