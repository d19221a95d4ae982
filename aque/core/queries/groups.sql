-- name: latest
-- The latest tasks that have children: a loose scan, which reads the index of children once for each.
with recursive parent as (
    (select t.parent_id as id, 1 as nth from aque.task t where t.parent_id is not null order by t.parent_id desc limit 1)
    union all
    select n.id, p.nth + 1 from parent p
    cross join lateral (
        select t.parent_id as id from aque.task t where t.parent_id < p.id order by t.parent_id desc limit 1
    ) n
    where p.nth < %(limit)s
)
select id from parent limit %(limit)s

-- name: rows
select i.id, p.name, s.username as "user", t.state::text as state, t.finished_at
from unnest(%(ids)s::bigint[]) i (id)
left join aque.task t on t.id = i.id
left join aque.spec p on p.task_id = i.id
left join aque.shape s on s.id = t.shape_id

-- name: progress
-- How far groups are, by one index scan over the children of each.
select i.id, c.* from unnest(%(ids)s::bigint[]) i (id)
cross join lateral (
    select count(*) as total, count(*) filter (where t.state in ('creating', 'pending')) as waiting,
           count(*) filter (where t.state = 'paused') as paused, count(*) filter (where t.state = 'running') as running,
           count(*) filter (where t.state = 'success') as success,
           count(*) filter (where t.state in ('error', 'killed')) as failed,
           count(*) filter (where t.state = 'cancelled') as cancelled,
           count(*) filter (where t.finished_at > %(now)s::timestamptz - interval '1 minute'
                              and t.state in ('success', 'error', 'killed')) as recent,
           min(t.started_at) as started_at, max(t.finished_at) as ended_at
    from aque.task t where t.parent_id = i.id
) c
