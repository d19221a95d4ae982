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

-- name: alone
-- Held by whoever changes what is the whole farm's, until the end of the transaction: a row that is not there yet cannot
-- be locked.
select pg_advisory_xact_lock(1634825588, 1)

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
-- How many tasks of some queues may run at once; null: as many as there is room for. Returns the limits before.
with old as materialized (
    select q.name, q.max_running from aque.queue q where q.name = any(%(names)s::text[]) order by q.name for no key update
), made as (
    insert into aque.queue as q (name, max_running)
    select n, %(limit)s::int
    from unnest(%(names)s::text[]) n left join old o on o.name = n order by n  -- so that the old are read first
    on conflict (name) do update set max_running = excluded.max_running
    returning q.name
)
select m.name, o.max_running from made m left join old o on o.name = m.name order by m.name

-- name: unknown_queues
-- Those of some queues that nothing is known of: no task, no worker that serves them, and no word about them as a whole.
select n from unnest(%(names)s::text[]) n
where n <> 'default'
  and not exists (select from aque.queue q where q.name = n)
  and not exists (select from aque.shape s where s.queue = n)
  and not exists (select from aque.worker w where w.ended_at is null and n = any(w.queues))

-- name: queue_stands
select from aque.queue q where q.name = %(name)s and to_jsonb(q) @> %(after)s::jsonb

-- name: restore_queue
-- Gives a queue values of before, where it still has those `after`.
with held as materialized (
    select q.name, n.paused, n.max_running
    from aque.queue q cross join lateral jsonb_populate_record(q, %(before)s::jsonb) n
    where q.name = %(name)s and to_jsonb(q) @> %(after)s::jsonb for no key update of q
)
update aque.queue q
set paused = h.paused, max_running = h.max_running,
    paused_by = case when h.paused = q.paused then q.paused_by when h.paused then session_user::text end,
    paused_at = case when h.paused = q.paused then q.paused_at when h.paused then clock_timestamp() end
from held h where h.name = q.name
returning q.name

-- name: worker_stands
select from aque.worker w where w.id = %(id)s and w.ended_at is null and w.draining = %(draining)s

-- name: restore_worker
-- It drains, or takes tasks again, unless it has ended; it hears of it at its next beat.
update aque.worker w set draining = not %(draining)s where w.id = %(id)s and w.ended_at is null and w.draining = %(draining)s
returning w.id

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
