-- Workers behind a pooler have no session, so no lock that dies with them.
alter table aque.worker add column beats_only boolean not null default false;
