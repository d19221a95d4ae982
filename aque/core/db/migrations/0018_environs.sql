-- Environments of no task are found by going through all tasks now and then: an index of them was a tenth of what storing a
-- task costs.
drop index aque.spec_environ;
create index environ_asked on aque.environ (asked_at);

-- The round that is going on: when it began (null: none is), and the last task that was looked at.
alter table aque.retention add column environs_since timestamptz, add column environs_to bigint not null default 0;
