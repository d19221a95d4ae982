-- What runs use, and used.

-- What each running task uses now, one row at most, written over every two seconds. A row counts under the lease of its
-- run alone, so that the end of the run needs no statement here; its worker, or who buries that, removes it later. What a
-- crash of the server takes along is measured again.
create unlogged table aque.usage (
    task_id   bigint primary key,
    lease     bigint not null,
    worker_id bigint not null,
    rss       bigint not null,             -- bytes, of all its processes
    peak      bigint not null,             -- the most that was seen
    cpu       real   not null              -- percent of one core
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000);
create index usage_worker on aque.usage (worker_id);

-- Bytes that went from and to storage.
alter table aque.attempt add column read_bytes bigint, add column written_bytes bigint;
