-- Room for a million tasks of ten thousand sizes.

-- The memory that a task asked for. A shape may stand for a range of sizes, so that there are never many of them.
alter table aque.task add column memory bigint not null default 0;
update aque.task t set memory = s.memory from aque.shape s where s.id = t.shape_id and s.memory > 0;

-- Tasks of a shape ask for `memory_least` to `memory` bytes; both are the same until there are too many sizes.
alter table aque.shape add column memory_least bigint;
update aque.shape set memory_least = memory;
alter table aque.shape alter column memory_least set not null;
alter table aque.shape drop constraint shape_queue_username_cpus_cpu_share_memory_host_platform_ta_key;
alter table aque.shape add constraint shape_demand
    unique (queue, username, cpus, cpu_share, host, platform, tags, memory, memory_least);

-- Shapes are never deleted; the check would lock one row of theirs for each task that is stored.
alter table aque.task drop constraint task_shape_id_fkey;

-- All columns descend, so that a claim can begin behind a given place by one comparison of rows.
drop index aque.task_ready;
create index task_ready on aque.task (shape_id, priority desc, duration desc, (-id) desc)
    where state = 'pending' and blockers = 0;

-- What submission takes in. `demand` and `environ`: places, from 1, in the lists that come with the tasks.
create type aque.incoming as (
    id bigint, parent_id bigint, memory bigint, run_at timestamptz, demand int, environ int, priority int, duration real,
    timeout real, retry_delay real, retries smallint, hold boolean, key text, name text, pattern text, func text,
    args json, kwargs json, cwd text, groupname text, interpreter text, stdin text, stdout text, stderr text,
    stdin_value bytea, io_paths text[], extra json
);
create type aque.demand as (
    queue text, username text, cpus real, cpu_share int, memory bigint, host text[], platform text, tags text[]
);
create type aque.edge as (task_id bigint, needs_id bigint, condition aque.condition, place int, is_child boolean);

-- A place in the order of the ready tasks of a shape, as a claim goes through them. `place` is -id; `memory` is what the
-- task there asks for, `least` what any of its shape does.
create type aque.head as (
    shape_id int, cpus real, least bigint, queue text, priority int, duration real, place bigint, memory bigint
);
-- Where a session goes on.
create type aque.marks as (worker_id bigint, until timestamptz, heads aque.head[]);
