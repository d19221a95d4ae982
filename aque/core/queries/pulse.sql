-- name: rates
-- How many runs ended in each step of a time: a range of the index of ends, and nothing besides.
select floor(extract(epoch from t.finished_at) / %(step)s)::bigint as step, count(*)
from aque.task t
where t.state in ('success', 'error', 'killed', 'cancelled') and t.finished_at >= %(since)s and t.finished_at < %(until)s
  and t.started_at is not null
group by 1

-- name: ends
-- What ended in a time, by the steps in which it ended and began (`first` stands for all that are earlier); waits in
-- seconds. `at_end` and `at_begin`: seconds of running in these two steps, in which a run is not all the time; `cpu_`:
-- times the cpus that it took.
select r.ended, r.began, count(*) filter (where r.state = 'success') as success,
       count(*) filter (where r.state in ('error', 'killed')) as failed,
       coalesce(sum(r.wait), 0) as wait, count(*) as runs, sum(r.cpus) as cpus,
       sum(r.at_end) as at_end, sum(r.at_begin) as at_begin,
       sum(r.at_end * r.cpus) as cpu_at_end, sum(r.at_begin * r.cpus) as cpu_at_begin
from (
    select b.ended, b.began, t.state, s.cpus::float8 as cpus,
           extract(epoch from t.started_at - t.created_at)::float8 as wait,
           b.finish - greatest(b.start, b.ended * %(step)s) as at_end,
           case when b.began < b.ended then least(%(step)s, (b.began + 1) * %(step)s - b.start) else 0 end as at_begin
    from aque.task t join aque.shape s on s.id = t.shape_id
    cross join lateral (select extract(epoch from t.started_at)::float8 as start,
                               extract(epoch from t.finished_at)::float8 as finish) e
    cross join lateral (select e.start, e.finish, floor(e.finish / %(step)s)::bigint as ended,
                               greatest(floor(e.start / %(step)s)::bigint, %(first)s::bigint) as began) b
    where t.state in ('success', 'error', 'killed', 'cancelled') and t.started_at is not null
      and t.finished_at >= %(since)s and t.finished_at < %(until)s
) r
group by r.ended, r.began

-- name: runs
-- The same of what runs, as if it ended now.
select r.ended, r.began, 0::bigint as success, 0::bigint as failed, 0::float8 as wait, count(*) as runs,
       sum(r.cpus) as cpus, sum(r.at_end) as at_end, sum(r.at_begin) as at_begin,
       sum(r.at_end * r.cpus) as cpu_at_end, sum(r.at_begin * r.cpus) as cpu_at_begin
from (
    select b.ended, b.began, s.cpus::float8 as cpus,
           b.finish - greatest(b.start, b.ended * %(step)s) as at_end,
           case when b.began < b.ended then least(%(step)s, (b.began + 1) * %(step)s - b.start) else 0 end as at_begin
    from aque.task t join aque.shape s on s.id = t.shape_id
    cross join lateral (select extract(epoch from t.started_at)::float8 as start,
                               extract(epoch from %(until)s::timestamptz)::float8 as finish) e
    cross join lateral (select e.start, e.finish, floor(e.finish / %(step)s)::bigint as ended,
                               greatest(floor(e.start / %(step)s)::bigint, %(first)s::bigint) as began) b
    where t.state = 'running' and t.started_at < %(until)s
) r
group by r.ended, r.began

-- name: limits
-- How much of each limit that is set is in use.
select l.name, l.size, coalesce(u.used, 0) as used from aque.named_limit l
left join aque.limits_used(array(select name from aque.named_limit)) u on u.name = l.name order by l.name
