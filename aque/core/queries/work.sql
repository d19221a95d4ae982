-- name: claim
select * from aque.capture(%(worker)s::bigint, %(cpus)s::real, %(memory)s::bigint, %(limit)s::int)

-- name: complete
select id, state::text from aque.complete(
    %(ids)s::bigint[], %(leases)s::bigint[], %(states)s::aque.state[], %(starts)s::float8[],
    %(ends)s::float8[], %(exit_codes)s::int[], %(signals)s::smallint[], %(user_times)s::real[],
    %(system_times)s::real[], %(max_rsses)s::bigint[], %(reads)s::bigint[], %(writes)s::bigint[],
    %(errors)s::json[], %(results)s::json[])

-- name: complete_and_tell
call aque.complete_and_tell(
    %(ids)s::bigint[], %(leases)s::bigint[], %(states)s::aque.state[], %(starts)s::float8[],
    %(ends)s::float8[], %(exit_codes)s::int[], %(signals)s::smallint[], %(user_times)s::real[],
    %(system_times)s::real[], %(max_rsses)s::bigint[], %(reads)s::bigint[], %(writes)s::bigint[],
    %(errors)s::json[], %(results)s::json[], %(payloads)s::text[], null)

-- name: complete_and_claim
-- Both in one statement, which is a transaction by itself: what was told of the ended runs comes with the first row. The
-- claim takes its limit from what completes, so it comes after, and finds what that made ready.
with done as materialized (
    select array_agg(e.id) as ids, array_agg(e.state::text) as states, %(limit)s::int as wanted
    from aque.complete(
        %(ids)s::bigint[], %(leases)s::bigint[], %(states)s::aque.state[], %(starts)s::float8[],
        %(ends)s::float8[], %(exit_codes)s::int[], %(signals)s::smallint[], %(user_times)s::real[],
        %(system_times)s::real[], %(max_rsses)s::bigint[], %(reads)s::bigint[], %(writes)s::bigint[],
        %(errors)s::json[], %(results)s::json[]) e
)
select case when coalesce(c.ordinality, 1) = 1 then d.ids end, case when coalesce(c.ordinality, 1) = 1 then d.states end,
       c.*
from done d
left join lateral aque.capture(%(worker)s::bigint, %(cpus)s::real, %(memory)s::bigint, d.wanted) with ordinality c on true

-- name: release
select id, state::text from aque.release(%(ids)s::bigint[], %(leases)s::bigint[])

-- name: interrupt
select id, state::text from aque.interrupt(%(ids)s::bigint[], %(leases)s::bigint[], %(is_loss)s, %(reason)s)

-- name: strays
-- Runs that a worker was given in a transaction whose end it did not hear of.
select id, lease from aque.task
where state = 'running' and worker_id = %(worker)s and lease <> all(%(leases)s::bigint[])

-- name: stops
-- The runs of a worker that someone asks to be stopped, and the signals to pass on to others, each of them once.
with passed as (
    delete from aque.signal where worker_id = %(worker)s returning id, lease, signal
), asked as (
    select 0 as id, lease, kill_signal, kill_grace from aque.task
    where state = 'running' and worker_id = %(worker)s and kill_signal is not null
    union all
    select id, lease, signal, null from passed
)
select lease, kill_signal, kill_grace, id = 0 as is_standing from asked order by id

-- name: next_due
select extract(epoch from min(run_at) - clock_timestamp())::float8 from aque.task where run_at is not null

-- name: is_more_to_come
-- Whether a worker that has nothing to do now will have, with no one's help: a task that it may run waits for its time
-- alone, or for one that runs elsewhere, be it only for the units that this holds of a limit, or its place in a queue.
with full_up as (
    select f.shape_id from aque.short_shapes() f where f.is_full and not (f.is_unset or f.is_small)
    union
    select s.id from aque.closed_queues() c join aque.queue q on q.name = c.name join aque.shape s on s.queue = c.name
    where c.is_limited and q.max_running > 0
)
select exists (
    select from aque.task t join aque.shape s on s.id = t.shape_id
    where t.run_at is not null and t.state = 'pending' and t.blockers = 1
      and aque.fits((select w from aque.worker w where w.id = %(worker)s), s)
) or exists (
    select from aque.task r
    where r.state = 'running' and exists (
        select from aque.dependency d join aque.task t on t.id = d.task_id join aque.shape s on s.id = t.shape_id
        where d.needs_id = r.id and t.state = 'pending'
          and aque.fits((select w from aque.worker w where w.id = %(worker)s), s))
) or exists (
    select from full_up f join aque.shape s on s.id = f.shape_id
    where aque.fits((select w from aque.worker w where w.id = %(worker)s), s)
      and s.queue not in (select q.name from aque.queue q where q.paused)
      and exists (select from aque.task t where t.state = 'pending' and t.blockers = 0 and t.shape_id = s.id)
)

-- name: orphans
-- Runs of a worker that the broker knows nothing of: a standby was promoted that had not heard of their capture. They are
-- to end at once, for others may be given their tasks.
select x.lease, 9 as kill_signal, 0::float8 as kill_grace, true as is_standing from unnest(%(leases)s::bigint[]) x (lease)
where x.lease <> all(array(
    select t.lease from aque.task t where t.state = 'running' and t.worker_id = %(worker)s::bigint))

-- name: environs
select id, vars from aque.environ where id = any(%(ids)s::bigint[])
