-- name: ids
-- The ids of all tasks from `since` on, ascending, as one value of 8 bytes each: 8 MB for a million.
select coalesce(string_agg(int8send(t.id), ''::bytea order by t.id), ''::bytea)
from aque.task t where t.id >= %(since)s

-- name: latest
-- The highest ids, in the same form, so that a screen has something to show while it reads all of them.
select coalesce(string_agg(int8send(t.id), ''::bytea order by t.id), ''::bytea)
from (select id from aque.task order by id desc limit %(limit)s) t

-- name: rows
-- Tasks by id; of a long command only the beginning.
select t.id, p.name, t.state::text as state, p.pattern, p.func, left(p.args::text, 2000) as args, t.priority,
       s.username as "user", w.name as worker, t.blockers, t.created_at, t.started_at, t.finished_at,
       u.cpu, u.rss, t.memory > 0 and coalesce(u.peak, a.max_rss, 0) > t.memory as over_memory
from aque.task t
join aque.spec p on p.task_id = t.id
join aque.shape s on s.id = t.shape_id
left join aque.worker w on w.id = t.worker_id
left join aque.usage u on u.task_id = t.id and u.lease = t.lease
left join aque.attempt a on a.task_id = t.id and a.number = t.attempt and aque.is_complete(t.state)
where t.id = any(%(ids)s::bigint[])

-- name: counts
select t.state::text, count(*) from aque.task t group by t.state

-- name: farm
-- What the workers that live have in all, and what of it is in use.
select count(*)::int as workers, coalesce(sum(w.cpus), 0)::float8 as cpus,
       coalesce(sum(least(w.cpus_used, w.cpus)), 0)::float8 as cpus_used,
       coalesce(sum(w.memory), 0)::bigint as memory, coalesce(sum(w.memory_used), 0)::bigint as memory_used
from aque.worker w where w.ended_at is null

-- name: falls
-- How many tasks, of those that are still to run, cannot run any more when these are stopped.
with recursive falling as (
    select d.task_id from aque.dependency d where d.needs_id = any(%(ids)s::bigint[]) and d.condition = 'success'
      and d.otherwise <> 'wait'
    union
    select d.task_id from falling f join aque.dependency d on d.needs_id = f.task_id and d.condition = 'success'
      and d.otherwise <> 'wait'
)
select count(*) from falling f join aque.task t on t.id = f.task_id
where t.state in ('creating', 'pending', 'paused') and t.id <> all(%(ids)s::bigint[])

-- name: tail
-- The last pieces that a task's last attempt wrote.
select o.task_id as id, o.attempt, o.seq, o.stream, o.data from aque.output o
join aque.task t on t.id = o.task_id and t.attempt = o.attempt
where o.task_id = %(id)s and o.stream > 0
order by o.seq desc limit %(limit)s
