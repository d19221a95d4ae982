-- name: counts
select t.state::text, count(*) from aque.task t group by t.state

-- name: farm
-- What the workers that live have in all, and what of it is in use.
select count(*)::int as workers, coalesce(sum(w.cpus), 0)::float8 as cpus,
       coalesce(sum(least(w.cpus_used, w.cpus)), 0)::float8 as cpus_used,
       coalesce(sum(w.memory), 0)::bigint as memory, coalesce(sum(w.memory_used), 0)::bigint as memory_used
from aque.worker w where w.ended_at is null

-- name: needs
-- What some tasks depend on.
select d.task_id as "from", d.needs_id as "to", d.condition, d.otherwise, d.is_child from aque.dependency d
where d.task_id = any(%(ids)s::bigint[]) order by d.task_id, d.needs_id

-- name: needed_by
-- What depends on some tasks.
select d.needs_id as "from", d.task_id as "to", d.condition, d.otherwise, d.is_child from aque.dependency d
where d.needs_id = any(%(ids)s::bigint[]) order by d.needs_id, d.task_id

-- name: with_needs
-- Those of some tasks that depend on any.
select i.id from unnest(%(ids)s::bigint[]) i(id)
where exists (select from aque.dependency d where d.task_id = i.id)

-- name: with_dependents
-- Those of some tasks that any depends on.
select i.id from unnest(%(ids)s::bigint[]) i(id)
where exists (select from aque.dependency d where d.needs_id = i.id)

-- name: vocabulary
-- Values that occur, with their fields: those of the tables that are short.
select distinct v.field, v.value from aque.shape s
cross join lateral (values ('user', s.username), ('queue', s.queue), ('platform', s.platform)) v (field, value)
where v.value <> ''
union
select v.field, v.value from aque.worker w
cross join lateral (values ('worker', w.name), ('hostname', w.hostname)) v (field, value)
where w.ended_at is null
order by 1, 2
