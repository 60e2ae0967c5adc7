-- What an account may do is the account's: its version moves there, beside the role.
alter table account add column authz_version integer not null default 0 check (authz_version >= 0);
-- When it was last changed; null where it never was.
alter table account add column authz_changed_at integer;
alter table session drop column authz_version;

create index account_by_authz_change on account (authz_changed_at) where authz_changed_at is not null;
