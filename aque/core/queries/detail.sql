-- name: asked
-- What tasks ask for, and what came out. Of the environment the names alone, unless its values are wanted.
select t.id, p.kwargs::text, p.cwd, p.groupname as "group", p.interpreter, p.isolation, p.stdin,
       aque.stdin_size(p.task_id) as stdin_size, p.stdout, p.stderr, p.retry_delay::text::float8 as retry_delay,
       p.run_at as not_before, p.io_paths, t.owner, p.extra::text,
       array(select k from json_object_keys(e.vars) k order by k) as variables,
       case when %(environ)s then e.vars::text end as environ, r.value::text as result
from aque.task t
join aque.spec p on p.task_id = t.id
left join aque.environ e on e.id = p.environ_id
left join aque.result r on r.task_id = t.id
where t.id = any(%(ids)s::bigint[])

-- name: dependencies
-- What tasks need, in the order in which they name it.
select d.task_id, p.id, s.name, p.state::text as state, d.condition::text as condition,
       d.otherwise::text as otherwise, d.is_child, d.waived
from aque.dependency d
join aque.task p on p.id = d.needs_id
join aque.spec s on s.task_id = d.needs_id
where d.task_id = any(%(ids)s::bigint[])
order by d.task_id, d.place, d.needs_id

-- name: dependents
-- What needs tasks.
select d.needs_id as task_id, t.id, s.name, t.state::text as state, d.condition::text as condition,
       d.otherwise::text as otherwise, d.is_child, d.waived
from aque.dependency d
join aque.task t on t.id = d.task_id
join aque.spec s on s.task_id = d.task_id
where d.needs_id = any(%(ids)s::bigint[])
order by d.needs_id, d.task_id

-- name: attempts
-- How their runs ended, the first first.
select a.task_id, a.number, a.state::text as state, w.name as worker, w.hostname, a.started_at, a.finished_at,
       a.exit_code, a.signal, a.user_time::text::float8 as user_time, a.system_time::text::float8 as system_time,
       a.max_rss, a.read_bytes, a.written_bytes, a.error::text
from aque.attempt a left join aque.worker w on w.id = a.worker_id
where a.task_id = any(%(ids)s::bigint[])
order by a.task_id, a.finished_at, a.number
