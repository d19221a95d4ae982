-- name: outcomes
select id, state::text, pattern, exit_code, signal, error, result from aque.outcomes(%(ids)s::bigint[])

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
