-- name: append
-- Pieces of output, numbered by the worker within each attempt; those of a lease that was lost are dropped.
insert into aque.output (task_id, attempt, seq, stream, data)
select x.task_id, t.attempt, x.seq, x.stream, x.data
from unnest(%(id)s::bigint[], %(lease)s::bigint[], %(seq)s::int[], %(stream)s::smallint[], %(data)s::bytea[])
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
from unnest(%(id)s::bigint[], %(lease)s::bigint[], %(done)s::float8[], %(total)s::float8[], %(message)s::text[])
    x (task_id, lease, done, total, message)
join aque.task t on t.id = x.task_id and t.lease = x.lease
on conflict (task_id) do update
set at = excluded.at, done = excluded.done, total = excluded.total, message = excluded.message
