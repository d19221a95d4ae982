-- name: queues
-- All queues that anything is known of; `pending` counts what is still to run, paused tasks too.
with open as materialized (
    select t.shape_id, count(*) filter (where t.state <> 'running') as pending,
           count(*) filter (where t.state = 'running') as running
    from aque.task t where t.state in ('creating', 'pending', 'paused', 'running') group by t.shape_id
), used as materialized (
    select s.queue, coalesce(sum(o.pending), 0)::bigint as pending, coalesce(sum(o.running), 0)::bigint as running
    from aque.shape s left join open o on o.shape_id = s.id group by s.queue
)
select coalesce(q.name, u.queue) as name, coalesce(u.pending, 0) as pending, coalesce(u.running, 0) as running,
       q.max_running, coalesce(q.paused, false) as paused, q.paused_by, q.paused_at
from aque.queue q full join used u on u.queue = q.name
order by 1

-- name: hold
-- Pauses queues, or resumes them; a queue that nothing was known of is known from then on. In the order of their names,
-- as claims lock them. Returns those that were not so before.
insert into aque.queue as q (name, paused, paused_by, paused_at)
select n, %(paused)s::bool, case when %(paused)s::bool then session_user::text end,
       case when %(paused)s::bool then clock_timestamp() end
from unnest(%(names)s::text[]) n order by n
on conflict (name) do update
set paused = excluded.paused, paused_by = excluded.paused_by, paused_at = excluded.paused_at
where q.paused <> excluded.paused
returning name

-- name: limit
-- How many tasks of some queues may run at once; null: as many as there is room for.
insert into aque.queue as q (name, max_running)
select n, %(limit)s::int from unnest(%(names)s::text[]) n order by n
on conflict (name) do update set max_running = excluded.max_running
returning name

-- name: called
-- The living workers of an id or a name, for each of `words`; without words all that live.
select w.id, w.name, w.draining, x.word
from aque.worker w
left join unnest(%(words)s::text[]) x (word) on x.word in (w.id::text, w.name)
where w.ended_at is null and (x.word is not null or %(words)s::text[] is null)
order by w.id

-- name: drain
-- Workers that are to take no more tasks: they hear of it at their next beat. Returns those that were not told before.
with told as materialized (
    select w.id from aque.worker w
    where w.id = any(%(ids)s::bigint[]) and w.ended_at is null and not w.draining order by w.id for no key update
)
update aque.worker w set draining = true from told where w.id = told.id returning w.id
