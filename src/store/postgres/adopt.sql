-- Takes over the tables of releases whose names had no prefix, and drops them. Their ids of accounts were bytes; a
-- subject is their text, which tokens had all along: 22 characters of base64url.
create temporary table coatroom_subject on commit drop as
select id, translate(rtrim(encode(id, 'base64'), '='), '+/', '-_') as subject
from (select id from account union select id from change where kind in ('authz', 'deleted')) known;

insert into coatroom_account (id, email, password_hash, role, created_at)
select subject, email, password_hash, role, created_at from account join coatroom_subject using (id);

-- Logs each of them; the log is replaced below.
insert into coatroom_authority (subject, version, changed_at)
select subject, authz_version, coalesce(authz_changed_at, created_at)
from account join coatroom_subject using (id) where authz_version > 0;

insert into coatroom_session (id, subject, role, claims, authority_version, means, created_at, authenticated_at, nonce,
    pepper_kid, generation, rotated_at, acknowledged_at, replays, persistence, idle_expires_at, absolute_expires_at,
    revoked_at, revoked_reason, client_label, user_agent_hash, ip_prefix, last_seen_at, epoch)
select s.id, c.subject, a.role, '', a.authz_version, 'pwd', s.created_at, s.authenticated_at, s.nonce, s.pepper_kid,
    s.generation, s.rotated_at, s.acknowledged_at, s.replays, s.persistence, s.idle_expires_at, s.absolute_expires_at,
    s.revoked_at, s.revoked_reason, s.client_label, s.user_agent_hash, s.ip_prefix, s.last_seen_at, s.epoch
from session s join account a on a.id = s.user_id join coatroom_subject c on c.id = s.user_id;

insert into coatroom_session_event
    (session_id, at, kind, generation, cause, client_label, user_agent_hash, ip_prefix, times)
select session_id, at, kind, generation, cause, client_label, user_agent_hash, ip_prefix, times
from session_event order by id;

insert into coatroom_account_event (account_id, kind, ip_prefix, period, first_at, last_at, times)
select subject, kind, ip_prefix, period, first_at, last_at, times
from account_event join coatroom_subject on id = user_id;

insert into coatroom_signing_key
    (kid, algorithm, sealed, staged_at, active_at, retiring_at, retired_at, version)
select kid, algorithm, sealed, staged_at, active_at, retiring_at, retired_at, version from signing_key;

insert into coatroom_key_schedule (id, cache, access_ttl, clock_skew)
select id, cache, access_ttl, clock_skew from key_schedule;

insert into coatroom_epoch (number, at, since) select number, at, since from epoch;
insert into coatroom_used (purpose, id, until) select purpose, id, until from used;

delete from coatroom_change;
insert into coatroom_change (kind, session_id, at, logged_at)
select kind, id, at, logged_at from change where kind = 'revoked' order by xid, seq;
insert into coatroom_change (kind, subject, version, at, logged_at)
select case kind when 'authz' then 'authority' else kind end, subject, version, at, logged_at
from change join coatroom_subject using (id) where kind in ('authz', 'deleted')
order by xid, seq;

drop table session_event;
drop table account_event;
drop table session;
drop table account;
drop table signing_key;
drop table key_schedule;
drop table epoch;
drop table used;
drop table change;
drop table heartbeat;
drop function tell_of_revocation, tell_of_authority, tell_of_deletion, tell_of_end_of_account, tell_of_epoch,
    tell_of_truncation, tell_of_keys;

-- A former release that is started by mistake is told that the database is newer.
insert into _sqlx_migrations (version, description, success, checksum, execution_time)
values (10, 'tables with a prefix', true, '', 0);
