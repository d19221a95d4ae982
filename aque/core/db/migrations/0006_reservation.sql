-- Nobody is overtaken for ever.

-- The task that a worker makes room for. It holds while the worker lives and does not drain, and the task is ready and
-- has not been run since: rows that hold no longer are harmless, and overwritten by the worker's next.
create table aque.reservation (
    worker_id bigint      primary key,
    task_id   bigint      not null,
    attempt   smallint    not null,        -- of the task, when it was made
    lease     bigint      not null,        -- runs under later leases were claimed since
    made_at   timestamptz not null default clock_timestamp()
);
create index reservation_task on aque.reservation (task_id);

-- Whether nobody gave the duration: good for the order, and for no promise.
alter table aque.task add column guessed boolean not null default false;
alter type aque.incoming add attribute guessed boolean;

-- What tasks may take that go before a reserved one, which starts at `until` at the earliest: all that is free, where they
-- end by then, and else so many cpus and so much memory.
create type aque.gap as (until timestamptz, cpus real, memory bigint);
-- Guesses were in bytes until now. Those that were given along with a guess of the paths cannot be told from them.
update aque.task t set guessed = true from aque.spec s
where s.task_id = t.id and t.duration > 0 and s.io_paths is not null
  and t.state in ('creating', 'pending', 'paused', 'running');
