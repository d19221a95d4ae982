-- name: backlog
-- What is not complete, by queue and state: the one question of metrics that goes through the whole backlog.
with open as materialized (
    select t.shape_id, t.state, count(*) as tasks, count(*) filter (where t.state = 'pending' and t.blockers = 0) as ready,
           min(t.created_at) as oldest
    from aque.task t where t.state in ('creating', 'pending', 'paused', 'running') group by t.shape_id, t.state
)
select s.queue, o.state::text as state, sum(o.tasks)::bigint as tasks, sum(o.ready)::bigint as ready,
       min(o.oldest) as oldest
from open o join aque.shape s on s.id = o.shape_id
group by s.queue, o.state

-- name: ends
-- What ended since a moment, by the step of time in which it did: a range of the index of ends. Each task is counted by
-- its state, by the class of its wait and by that of its run; values are compared with bounds a little lower, for a class
-- holds its upper bound, and times are whole microseconds. `key`: the state, or how many bounds lie below.
with class as materialized (
    select floor(date_part('epoch', t.finished_at) / %(step)s::float8)::bigint as step, t.shape_id, t.state,
           width_bucket(e.wait - 5e-7, %(bounds)s::float8[]) as waited, width_bucket(e.run - 5e-7, %(bounds)s::float8[]) as ran,
           count(*) as tasks, sum(e.wait) as wait, sum(e.run) as run
    from aque.task t
    cross join lateral (
        select date_part('epoch', t.started_at - t.created_at) as wait,
               case when t.state <> 'cancelled' then date_part('epoch', t.finished_at - t.started_at) end as run) e
    where t.state in ('success', 'error', 'killed', 'cancelled') and t.finished_at >= %(since)s
    group by 1, 2, 3, 4, 5
)
select c.step, s.queue,
       case when grouping(c.state) = 0 then 'state' when grouping(c.waited) = 0 then 'wait' else 'run' end as kind,
       coalesce(c.state::text, c.waited::text, c.ran::text) as key, sum(c.tasks)::bigint as tasks,
       coalesce(case when grouping(c.waited) = 0 then sum(c.wait) when grouping(c.ran) = 0 then sum(c.run) end, 0) as seconds
from class c join aque.shape s on s.id = c.shape_id
group by grouping sets ((c.step, s.queue, c.state), (c.step, s.queue, c.waited), (c.step, s.queue, c.ran))
having coalesce(c.state::text, c.waited::text, c.ran::text) is not null

-- name: standing
-- The server's time, how many ids and leases it has given out, all queues that tasks were ever in or that anything was
-- said of, and what that was.
select clock_timestamp() as at, coalesce(pg_sequence_last_value('aque.task_id'), 0) as submitted,
       coalesce(pg_sequence_last_value('aque.lease_id'), 0) as captured,
       array(select s.queue from aque.shape s union select q.name from aque.queue q order by 1) as queues,
       array(select q.name from aque.queue q where q.paused) as paused,
       coalesce((select jsonb_object_agg(q.name, q.max_running) from aque.queue q where q.max_running is not null), '{}') as most
