-- Named limits across the farm: licences and the like.

-- How many units of each may be in use at once. A limit that is named by tasks and stands not here is not set: they wait.
create table aque.named_limit (
    name text primary key,
    size int  not null check (size >= 0)
);

-- What a task of the shape holds while it runs: units by the name of the limit.
alter table aque.shape add column limits jsonb not null default '{}';
alter table aque.shape drop constraint shape_demand;
alter table aque.shape add constraint shape_demand
    unique (queue, username, cpus, cpu_share, host, platform, tags, limits, memory, memory_least);
create index shape_limited on aque.shape (id) where limits <> '{}';
alter type aque.demand add attribute limits jsonb;

-- Whether its shape names limits. The runs of these have an index of their own, so that they are counted quickly, and
-- nobody else pays for it.
alter table aque.task add column limited boolean not null default false;
create index task_limited on aque.task (shape_id) where state = 'running' and limited;

-- What a shape takes of a pool (a named limit, or a queue that is limited or paused) for each of its runs, and what is
-- left there.
create type aque.draw as (shape_id int, pool text, amount int, size int, room bigint);
