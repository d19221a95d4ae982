-- name: register
insert into aque.worker (name, hostname, ip, pid, platform, username, any_user, cpus, memory, queues, tags, version)
values (%(name)s, %(hostname)s, %(ip)s, %(pid)s, %(platform)s, %(username)s, %(any_user)s, %(cpus)s, %(memory)s,
        %(queues)s, %(tags)s, %(version)s)
returning id

-- name: hold
-- The session's lock: it is gone as soon as the session is, and with it the worker counts as dead.
select pg_try_advisory_lock(1634825573, %(worker)s::int)

-- name: beat
update aque.worker
set last_active = clock_timestamp(), idle = %(idle)s, cpus_used = %(cpus_used)s, memory_used = %(memory_used)s
where id = %(worker)s and ended_at is null
returning clock_timestamp()

-- name: leave
update aque.worker set ended_at = clock_timestamp(), idle = false where id = %(worker)s

-- name: claim
select c.id, c.lease, c.attempt, c.cpus, c.memory, t.started_at, p.name, p.pattern, p.func, p.args, p.kwargs,
       p.environ_id, p.cwd, s.username, p.groupname, p.interpreter, p.stdin, p.stdout, p.stderr, p.stdin_value,
       p.timeout, t.priority, s.queue, t.parent_id, p.extra
from aque.claim(%(worker)s::bigint, %(cpus)s::real, %(memory)s::bigint, %(limit)s::int) c
join aque.task t on t.id = c.id
join aque.spec p on p.task_id = c.id
join aque.shape s on s.id = t.shape_id
order by t.priority desc, t.duration desc, c.id

-- name: complete
select id, state::text from aque.complete(
    %(ids)s::bigint[], %(leases)s::bigint[], %(states)s::aque.state[], %(starts)s::timestamptz[],
    %(ends)s::timestamptz[], %(exit_codes)s::int[], %(signals)s::smallint[], %(user_times)s::real[],
    %(system_times)s::real[], %(max_rsses)s::bigint[], %(errors)s::json[], %(results)s::json[])

-- name: release
select aque.release(%(ids)s::bigint[], %(leases)s::bigint[])

-- name: forsake
select id, state::text from aque.forsake(%(workers)s::bigint[])

-- name: dead_workers
select aque.dead_workers(make_interval(secs => %(grace)s::float8))

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
select lease, kill_signal, kill_grace from asked order by id

-- name: next_due
select extract(epoch from min(run_at) - clock_timestamp())::float8 from aque.task where run_at is not null

-- name: environ
select vars from aque.environ where id = %(id)s

-- name: inputs
-- What a run may need of the tasks that it depends on.
select d.needs_id as id, p.name, n.state::text as state, a.exit_code, r.value as result,
       case when (f.args::text || coalesce(f.kwargs::text, '')) like '%%"$stdout"%%' then (
           select convert_from(string_agg(o.data, ''::bytea order by o.seq), 'UTF8') from aque.output o
           where o.task_id = n.id and o.attempt = n.attempt and o.stream = 1) end as stdout
from aque.dependency d
join aque.spec f on f.task_id = d.task_id
join aque.task n on n.id = d.needs_id
join aque.spec p on p.task_id = n.id
left join aque.result r on r.task_id = n.id
left join aque.attempt a on a.task_id = n.id and a.number = n.attempt
where d.task_id = %(id)s
order by d.place, d.needs_id

-- name: append
-- Pieces of output, numbered by the worker within each attempt; those of a lease that was lost are dropped.
insert into aque.output (task_id, attempt, seq, stream, data)
select x.task_id, t.attempt, x.seq, x.stream, x.data
from unnest(%(ids)s::bigint[], %(leases)s::bigint[], %(seqs)s::int[], %(streams)s::smallint[], %(pieces)s::bytea[])
    x (task_id, lease, seq, stream, data)
join aque.task t on t.id = x.task_id and t.lease = x.lease

-- name: progress
insert into aque.progress (task_id, done, total, message)
values (%(id)s, %(done)s, %(total)s, %(message)s)
on conflict (task_id) do update
set at = excluded.at, done = excluded.done, total = excluded.total, message = excluded.message
