-- name: inheritance
-- What a child takes over from a parent that is there.
select t.priority, s.queue, s.username as "user", s.cpus, s.cpu_share, t.memory, s.host, s.platform, s.tags, s.limits,
       p.cwd, p.groupname as "group", p.interpreter, p.isolation, p.timeout, p.retry_delay, p.retries, e.vars as environ
from aque.task t
join aque.shape s on s.id = t.shape_id
join aque.spec p on p.task_id = t.id
left join aque.environ e on e.id = p.environ_id
where t.id = %(id)s

-- name: announce
-- All who listen hear, and idle workers are woken that could run some of these tasks (null: any): in one turn, for what it
-- costs is the turn.
select aque.tell(%(payloads)s::text[], %(news)s::bigint[])

-- name: request
-- Asks workers by id to look at what is asked of their tasks.
select set_config('synchronous_commit', 'off', true), pg_notify('aque_work', payload)
from unnest(%(payloads)s::text[]) payload
