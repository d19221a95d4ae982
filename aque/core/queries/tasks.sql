-- name: outcomes
-- How complete tasks ended; those that are not complete, or not there, are left out.
select t.id, t.state::text as state, p.pattern, a.exit_code, a.signal, a.error, r.value as result
from aque.task t
join aque.spec p on p.task_id = t.id
left join aque.attempt a on a.task_id = t.id
     and a.number = (select b.number from aque.attempt b where b.task_id = t.id order by b.finished_at desc limit 1)
left join aque.result r on r.task_id = t.id
where t.id = any(%(ids)s) and t.state in ('success', 'error', 'killed', 'cancelled')

-- name: missing
select n from unnest(%(ids)s::bigint[]) n where not exists (select from aque.task t where t.id = n) order by n


-- name: workers
select w.id, w.name, w.hostname, w.ip, w.pid, w.platform, w.username, w.cpus, w.cpus_used, w.memory, w.memory_used,
       w.queues, w.tags, w.version, w.started_at, w.last_active, w.idle, w.draining,
       (select count(*) from aque.task t where t.state = 'running' and t.worker_id = w.id) as running,
       extract(epoch from clock_timestamp() - w.last_active)::float8 as silent_for
from aque.worker w where w.ended_at is null order by w.id

-- name: now
select clock_timestamp()
