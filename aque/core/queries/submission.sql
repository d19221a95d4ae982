-- name: next_ids
select nextval('aque.task_id') from generate_series(1, %(count)s)

-- name: submit
select id, state::text from aque.submit(%(rows)s::json, %(edges)s::json)

-- name: keep_environ
insert into aque.environ (digest, vars) values (%(digest)s, %(vars)s::json)
on conflict (digest) do update set digest = excluded.digest
returning id

-- name: inheritance
-- What a child takes over from a parent that is there.
select t.priority, s.queue, s.username as "user", s.cpus, s.cpu_share, s.memory, s.host, s.platform, s.tags,
       p.cwd, p.groupname as "group", p.interpreter, p.timeout, p.retry_delay, t.retries, e.vars as environ
from aque.task t
join aque.shape s on s.id = t.shape_id
join aque.spec p on p.task_id = t.id
left join aque.environ e on e.id = p.environ_id
where t.id = %(id)s

-- name: wake
-- Only when someone sleeps: a notification takes a lock that all commits queue for.
select pg_notify('aque_work', '') where exists (select from aque.worker w where w.idle and w.ended_at is null)

-- name: announce
select pg_notify('aque_task', payload) from unnest(%(payloads)s::text[]) payload

-- name: request
-- Asks workers by id to look at what is asked of their tasks.
select pg_notify('aque_work', payload) from unnest(%(payloads)s::text[]) payload
