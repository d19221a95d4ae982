-- name: tasks
-- What tasks and their queues tell of themselves. The running tasks of a queue are counted where it is limited.
with asked as materialized (
    select t.*, s.queue, s.username, s.cpus, s.cpu_share, s.host, s.platform, s.tags, s.limits, s.volume
    from aque.task t join aque.shape s on s.id = t.shape_id
    where t.id = any(%(ids)s::bigint[])
), limited as materialized (
    select q.name, (select count(*) from aque.task r join aque.shape s on s.id = r.shape_id
                    where r.state = 'running' and s.queue = q.name) as running
    from aque.queue q where q.max_running is not null and q.name in (select a.queue from asked a)
)
select t.id, p.name, t.state::text as state, t.shape_id, t.queue, t.username as "user", t.cpus, t.cpu_share, t.memory,
       t.host, t.platform, t.tags, t.limits, t.volume, t.run_at, t.blockers, t.attempt, clock_timestamp() as now,
       t.priority, t.duration, t.guessed, t.paused_by, t.paused_at, t.owner, t.created_at,
       coalesce(q.paused, false) as is_queue_paused, q.paused_by as queue_paused_by,
       q.paused_at as queue_paused_at, q.max_running, l.running,
       t.worker_id, w.name as worker, t.started_at, t.finished_at,
       case when t.state = 'running' then g.done end as progress_done,
       case when t.state = 'running' then g.total end as progress_total,
       case when t.state = 'running' then g.message end as progress_message
from asked t
join aque.spec p on p.task_id = t.id
left join aque.queue q on q.name = t.queue
left join limited l on l.name = t.queue
left join aque.worker w on w.id = t.worker_id
left join aque.progress g on g.task_id = t.id

-- name: workers
-- The workers that live, with what their runs take, and for how many seconds yet; null where that is not known.
select w.id, w.name, w.draining, w.tags, w.volumes, w.cpus, w.memory, r.memory_taken, r.takes, r.ends
from aque.alive() w
cross join lateral (
    select coalesce(sum(t.memory), 0)::bigint as memory_taken,
           coalesce(array_agg(aque.cpus_on(w.cpus, s.cpus, s.cpu_share) order by t.id), '{}') as takes,
           coalesce(array_agg(case when left_over > 0 then left_over end order by t.id), '{}') as ends
    from aque.task t
    join aque.shape s on s.id = t.shape_id
    cross join lateral (
        select t.duration - extract(epoch from clock_timestamp() - t.started_at)::float8 as left_over) o
    where t.state = 'running' and t.worker_id = w.id
) r
order by w.id

-- name: demands
-- For each demand: which workers could run it were they empty, what none of them has, and the one that lacks least.
select x.shape_id, x.memory, coalesce(array_agg(w.id order by w.id) filter (where m.lacks = 0), '{}') as able,
       bit_and(m.lacks) as lacking, (array_agg(w.id order by m.many, w.id))[1] as closest,
       (array_agg(m.lacks order by m.many, w.id))[1] as closest_lacks
from unnest(%(shapes)s::int[], %(memories)s::bigint[]) x (shape_id, memory)
join aque.shape s on s.id = x.shape_id
cross join aque.alive() w
cross join lateral (
    select b.lacks, length(replace(b.lacks::bit(7)::text, '0', '')) as many
    from (select aque.misfits(w, s, x.memory) as lacks offset 0) b) m
group by x.shape_id, x.memory

-- name: line
select id, ahead, work, unknown from aque.in_line(%(ids)s::bigint[], %(most)s::int)

-- name: ends
-- How complete tasks ended; and where one did so because of another, that one too, and so on to the first that failed:
-- the one that it ended for, or where that was retried since (`stands`: it was not) and is no hindrance, another that is.
-- Row by row, by their keys (offset 0): the planner thinks of chains as long, and would rather read all attempts.
with recursive chain as (
    select i.id as dependent, i.id, 0 as step, true as stands from unnest(%(ids)s::bigint[]) i (id)
    union all
    select c.dependent, now.because, c.step + 1, now.stands
    from chain c
    cross join lateral (
        select (z.error ->> 'task')::bigint as because
        from aque.task t join aque.attempt z on z.task_id = t.id and z.number = 0 and z.finished_at = t.finished_at
        where t.id = c.id offset 0) fell
    cross join lateral (
        select d.needs_id as because, aque.breaks(p.state, d) as stands
        from aque.dependency d cross join lateral (select k.state from aque.task k where k.id = d.needs_id offset 0) p
        where d.task_id = c.id and d.needs_id = fell.because offset 0) blamed
    cross join lateral (
        select blamed.because, blamed.stands where blamed.stands
        union all
        select d.needs_id, true
        from aque.dependency d cross join lateral (select k.state from aque.task k where k.id = d.needs_id offset 0) p
        where not blamed.stands and d.task_id = c.id and aque.breaks(p.state, d)
        union all
        select blamed.because, blamed.stands limit 1) now
    where c.step < 100
)
select c.dependent, c.id, c.stands, ended.*
from chain c
cross join lateral (
    select p.name, t.state::text as state, coalesce(z.error, a.error) ->> 'message' as message,
           case when z.task_id is null then a.exit_code end as exit_code,
           case when z.task_id is null then a.signal end as signal
    from aque.task t
    join aque.spec p on p.task_id = t.id
    left join aque.attempt a on a.task_id = t.id and a.number = t.attempt
    left join aque.attempt z on z.task_id = t.id and z.number = 0 and z.finished_at = t.finished_at
    where t.id = c.id offset 0) ended
order by c.dependent, c.step
