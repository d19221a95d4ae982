-- name: register
insert into aque.worker (name, hostname, ip, pid, platform, username, any_user, cpus, memory, queues, tags, version,
                         mark)
values (%(name)s, %(hostname)s, %(ip)s, %(pid)s, %(platform)s, %(username)s, %(any_user)s, %(cpus)s, %(memory)s,
        %(queues)s, %(tags)s, %(version)s, %(mark)s)
returning id

-- name: hold
-- The session's lock: it is gone as soon as the session is, and with it the worker counts as dead. Who has no session of
-- its own takes none, and is judged by its beats alone.
with told as (
    update aque.worker w set held_in = x.life
    from (select case when %(has_session)s then aque.incarnation() end as life) x
    where w.id = %(worker)s and w.held_in is distinct from x.life
)
select case when %(has_session)s then pg_try_advisory_lock(1634825573, %(worker)s::int) else true end

-- name: beat
update aque.worker
set last_active = clock_timestamp(), cpus_used = %(cpus_used)s, memory_used = %(memory_used)s,
    load = coalesce(%(load)s::real, load), draining = draining or %(draining)s
where id = %(worker)s and ended_at is null
returning draining, last_active

-- name: volumes
select coalesce(array_agg(v.name order by v.name), '{}') from aque.volume v

-- name: rank
-- What a worker thinks of volumes, from now on.
update aque.worker set volumes = %(volumes)s::jsonb where id = %(worker)s

-- name: is_to_drain
select draining from aque.worker where id = %(worker)s

-- name: set_idle
-- Whether the worker wants to be told of new work. It does not wait for the disk: a worker that comes back says it again.
update aque.worker set idle = %(idle)s where id = %(worker)s
returning set_config('synchronous_commit', 'off', true)

-- name: leave
with reserved as (delete from aque.reservation where worker_id = %(worker)s),
     measured as (delete from aque.usage where worker_id = %(worker)s)
update aque.worker set ended_at = clock_timestamp(), idle = false where id = %(worker)s

-- name: claim
select * from aque.capture(%(worker)s::bigint, %(cpus)s::real, %(memory)s::bigint, %(limit)s::int)

-- name: complete
select id, state::text from aque.complete(
    %(ids)s::bigint[], %(leases)s::bigint[], %(states)s::aque.state[], %(starts)s::timestamptz[],
    %(ends)s::timestamptz[], %(exit_codes)s::int[], %(signals)s::smallint[], %(user_times)s::real[],
    %(system_times)s::real[], %(max_rsses)s::bigint[], %(reads)s::bigint[], %(writes)s::bigint[],
    %(errors)s::json[], %(results)s::json[])

-- name: release
select id, state::text from aque.release(%(ids)s::bigint[], %(leases)s::bigint[])

-- name: marks
-- What is in the environment of all that tasks of some workers of a host started, where these have ended.
select mark from aque.worker
where id = any(%(workers)s::bigint[]) and hostname = %(hostname)s and ended_at is not null and mark is not null

-- name: forsake
select id, state::text from aque.forsake(%(workers)s::bigint[])

-- name: interrupt
select id, state::text from aque.interrupt(%(ids)s::bigint[], %(leases)s::bigint[], %(is_loss)s, %(reason)s)

-- name: strays
-- Runs that a worker was given in a transaction whose end it did not hear of.
select id, lease from aque.task
where state = 'running' and worker_id = %(worker)s and lease <> all(%(leases)s::bigint[])

-- name: dead_workers
select id, last_active, certain from aque.dead_workers(make_interval(secs => %(grace)s::float8), %(settled)s)

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

-- name: inputs
-- What runs may need of the tasks that they depend on, in the order in which they name them. Of stdout, where a run asks
-- for it, no more than `most` bytes for all of them are read: `size` says how many there are. What belongs to others, on a shared
-- server, is not given (aque.may_have); `is_barred`: the run asks for it.
select i.task_id, i.id, i.name, i.state, i.exit_code, i.result, i.size, i.is_cut, i.is_barred,
       case when i.size <= %(most)s::bigint and i.is_had then (
           select string_agg(o.data, ''::bytea order by o.seq) from aque.output o
           where o.task_id = i.id and o.attempt = i.attempt and o.stream = 1) end as stdout
from (
    select d.task_id, d.needs_id as id, p.name, n.state::text as state, a.exit_code, case when h.is_had then r.value end as result, h.is_had,
           d.place, n.attempt,
           not h.is_had and (f.args::text || coalesce(f.kwargs::text, '')) ~ ('"\$(result|stdout)": ' || n.id || '\M')
               as is_barred,
           sum(w.size) over (partition by d.task_id)::bigint as size,
           w.is_cut and (f.args::text || coalesce(f.kwargs::text, '')) ~ ('"\$stdout": ' || n.id || '\M') as is_cut
    from aque.dependency d
    join aque.spec f on f.task_id = d.task_id
    join aque.task n on n.id = d.needs_id
    join aque.task m on m.id = d.task_id
    cross join lateral (
        select case when m.owner = n.owner then true else aque.may_have(m.owner, n.owner) end as is_had) h
    join aque.spec p on p.task_id = n.id
    left join aque.result r on r.task_id = n.id
    left join aque.attempt a on a.task_id = n.id and a.number = n.attempt
    left join lateral (
        select sum(length(o.data)) filter (where o.stream = 1) as size, bool_or(o.stream = 0) as is_cut
        from aque.output o
        where o.task_id = n.id and o.attempt = n.attempt and o.stream in (0, 1)
    ) w on (f.args::text || coalesce(f.kwargs::text, '')) like '%%"$stdout"%%'
    where d.task_id = any(%(ids)s::bigint[])
) i
order by i.task_id, i.place, i.id

-- name: append
-- Pieces of output, numbered by the worker within each attempt; those of a lease that was lost are dropped.
insert into aque.output (task_id, attempt, seq, stream, data)
select x.task_id, t.attempt, x.seq, x.stream, x.data
from unnest(%(ids)s::bigint[], %(leases)s::bigint[], %(seqs)s::int[], %(streams)s::smallint[], %(pieces)s::bytea[])
    x (task_id, lease, seq, stream, data)
join aque.task t on t.id = x.task_id and t.lease = x.lease
on conflict do nothing  -- sent once more, after a commit whose answer was lost

-- name: leave_out
-- Of outputs that are too long: what lies between head and tail goes, and a piece of stream 0 in the place of the first
-- that went tells how many bytes these were, all in all.
with cut as materialized (
    select x.id, t.attempt, x.mark, x.until, x.size
    from unnest(%(id)s::bigint[], %(lease)s::bigint[], %(mark)s::int[], %(until)s::int[], %(size)s::bigint[])
        x (id, lease, mark, until, size)
    join aque.task t on t.id = x.id and t.lease = x.lease
), gone as (
    delete from aque.output o using cut c
    where o.task_id = c.id and o.attempt = c.attempt and o.seq > c.mark and o.seq < c.until
)
insert into aque.output (task_id, attempt, seq, stream, data)
select c.id, c.attempt, c.mark, 0, c.size::text::bytea from cut c
on conflict (task_id, attempt, seq) do update set stream = excluded.stream, data = excluded.data

-- name: progress
insert into aque.progress (task_id, done, total, message)
select t.id, x.done, x.total, x.message
from unnest(%(ids)s::bigint[], %(leases)s::bigint[], %(dones)s::float8[], %(totals)s::float8[], %(messages)s::text[])
    x (task_id, lease, done, total, message)
join aque.task t on t.id = x.task_id and t.lease = x.lease
on conflict (task_id) do update
set at = excluded.at, done = excluded.done, total = excluded.total, message = excluded.message
