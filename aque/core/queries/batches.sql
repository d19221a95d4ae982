-- name: seal
-- A group that was held open for more children ends from now on when they do.
select from aque.move(array[%(id)s::bigint], 'paused', 'pending', false)

-- name: waive
-- Tasks need no longer what they wait for, and idle workers hear of it: in one turn that does not wait for the disk. A
-- server that falls may forget it, so who let them go asks again.
select set_config('synchronous_commit', 'off', true), aque.waive(%(ids)s::bigint[]),
       case when exists (select from aque.worker w where w.idle and w.ended_at is null)
       then pg_notify('aque_work', '') end

-- name: withdraw
-- Cancels those that have not begun, and leaves alone those that run: locked first, none begins in between.
select k.id, k.state::text
from aque.kill(array(select aque.waiting(%(ids)s::bigint[])), 15::smallint, 0::real, true) k
where k.before is distinct from k.state

-- name: outputs
-- The output of several tasks in the order of their ids, from behind one piece on; of each its last attempt.
select o.task_id as id, o.attempt, o.seq, o.stream, o.data
from aque.output o join aque.task t on t.id = o.task_id and t.attempt = o.attempt
where o.task_id = any(%(ids)s::bigint[])
  and (o.task_id, o.attempt, o.seq) > (%(id)s::bigint, %(attempt)s::smallint, %(seq)s::int)
order by o.task_id, o.attempt, o.seq limit 256

-- name: runs
-- How the runs of tasks went, and the bytes that they wrote to stdout: of each its last attempt.
select t.id, t.state::text as state, w.hostname, extract(epoch from a.started_at)::float8 as started,
       extract(epoch from a.finished_at - a.started_at)::float8 as seconds, a.exit_code, a.signal,
       a.error ->> 'type' as error,
       (select coalesce(sum(length(o.data)), 0)::bigint from aque.output o
        where o.task_id = t.id and o.attempt = t.attempt and o.stream = 1) as written
from aque.task t
join aque.attempt a on a.task_id = t.id and a.number = t.attempt and a.number > 0
left join aque.worker w on w.id = a.worker_id
where t.id = any(%(ids)s::bigint[]) and t.state in ('success', 'error', 'killed')
order by t.id
