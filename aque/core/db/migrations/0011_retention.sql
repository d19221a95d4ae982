-- How long what is complete is kept.

-- One row. Tasks are removed `keep` after their end; null: never. They are gone through in the order of their ends, as far
-- as `swept_to` in this round: so those that must stay, because others need them, are not in the way.
create table aque.retention (
    is_only  boolean     primary key default true check (is_only),
    keep     interval,
    swept_to timestamptz not null default '-infinity'
);
insert into aque.retention default values;

-- An environment that no task has any more goes, unless it was asked for lately: a task that has it may be on its way.
alter table aque.environ add column asked_at timestamptz not null default clock_timestamp();
create index spec_environ on aque.spec (environ_id);
