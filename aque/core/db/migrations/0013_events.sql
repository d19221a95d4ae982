-- What undo needs.

-- How a task stood that ended without a run (number 0): pending, or paused.
alter table aque.attempt add column was aque.state;

-- How many tasks an act changed, and the act that took it back.
alter table aque.event add column tasks bigint not null default 0, add column undone_by bigint;

-- The tasks that an act changed, all of them: `event` itself has a bounded number. Those of a row had the same values
-- before, and have the same since; a row has some thousand ids at most.
create table aque.event_part (
    id       bigint   generated always as identity,
    event_id bigint   not null references aque.event on delete cascade,
    before   json     not null,            -- values by field
    after    json     not null,
    ids      bigint[] not null,
    primary key (event_id, id)
);
