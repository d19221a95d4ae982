-- name: reach
select aque.reach(%(ids)s::bigint[], %(dependencies)s, %(dependents)s) order by 1

-- name: waiting
select aque.waiting(%(ids)s::bigint[])

-- name: kill
select id, before::text, state::text, worker_id
from aque.kill(%(ids)s::bigint[], %(signal)s::smallint, %(grace)s::real, %(ends)s)

-- name: targets
-- What a kill would hit, and the reserved cpu time that would be lost: how long runs have had their cpus, used or not.
select t.id, p.name, t.state::text as state, w.name as worker,
       case when t.state = 'running' then
           extract(epoch from clock_timestamp() - t.started_at) * aque.cpus_on(w.cpus, s.cpus, s.cpu_share)
       else 0 end::float8 as cpu_seconds
from aque.task t
join aque.spec p on p.task_id = t.id
join aque.shape s on s.id = t.shape_id
left join aque.worker w on w.id = t.worker_id
where t.id = any(%(ids)s)
order by t.id

-- name: fallout
select count(*) from aque.fallout(%(ids)s::bigint[])
