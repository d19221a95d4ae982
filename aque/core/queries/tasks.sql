-- name: outcomes
-- How complete tasks ended; those that are not complete, or not there, are left out. A task that ended without a run of
-- its own did so by the row of number 0; else it did by its last run, whatever the clocks of its workers said.
select t.id, t.state::text as state, p.pattern, a.exit_code, a.signal, a.error, r.value as result
from aque.task t
join aque.spec p on p.task_id = t.id
left join lateral (
    select b.exit_code, b.signal, b.error from aque.attempt b
    where b.task_id = t.id and (b.number = t.attempt or b.number = 0 and b.finished_at = t.finished_at)
    order by b.number limit 1
) a on true
left join aque.result r on r.task_id = t.id
where t.id = any(%(ids)s) and t.state in ('success', 'error', 'killed', 'cancelled')

-- name: missing
select n from unnest(%(ids)s::bigint[]) n where not exists (select from aque.task t where t.id = n) order by n

-- name: workers
select w.id, w.name, w.hostname, w.ip, w.pid, w.platform, w.username, w.cpus, w.cpus_used, w.memory, w.memory_used, w.load,
       w.queues, w.tags, w.volumes, w.version, w.started_at, w.last_active, w.idle, w.draining,
       (select count(*) from aque.task t where t.state = 'running' and t.worker_id = w.id) as running,
       extract(epoch from clock_timestamp() - w.last_active)::float8 as silent_for
from aque.worker w where w.ended_at is null order by w.id

-- name: now
select clock_timestamp()
