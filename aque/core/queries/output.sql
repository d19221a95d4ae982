-- name: pieces
-- What is new of the output of many tasks: of each the pieces from its place on, a round for all before the next round
-- for one, so that no task drowns the others. A place without an attempt is the start of the latest.
select f.id, o.attempt, o.seq, o.stream, o.data
from unnest(%(ids)s::bigint[], %(attempts)s::smallint[], %(seqs)s::int[])
    with ordinality f (id, attempt, seq, place)
join aque.task t on t.id = f.id
cross join lateral (
    select o.attempt, o.seq, o.stream, o.data, row_number() over (order by o.attempt, o.seq) / 8 as round
    from aque.output o
    where o.task_id = f.id and (o.attempt, o.seq) >= (coalesce(f.attempt, t.attempt), f.seq)
      and o.attempt <= coalesce(%(last)s::smallint, o.attempt)
      and o.stream = any(%(streams)s::smallint[])
    order by o.attempt, o.seq limit %(limit)s
) o
order by o.round, f.place, o.attempt, o.seq
limit %(limit)s

-- name: in_order
-- What there is of the output of many tasks, one after the other, from a place each on.
select f.id, o.attempt, o.seq, o.stream, o.data
from unnest(%(ids)s::bigint[], %(attempts)s::smallint[], %(seqs)s::int[])
    with ordinality f (id, attempt, seq, place)
join aque.task t on t.id = f.id
cross join lateral (
    select o.attempt, o.seq, o.stream, o.data from aque.output o
    where o.task_id = f.id and (o.attempt, o.seq) >= (coalesce(f.attempt, t.attempt), f.seq)
      and o.attempt <= coalesce(%(last)s::smallint, o.attempt)
      and o.stream = any(%(streams)s::smallint[])
    order by o.attempt, o.seq limit %(limit)s
) o
order by f.place, o.attempt, o.seq
limit %(limit)s

-- name: last_pieces
-- The pieces of one attempt, the latest first, from a place backwards.
select o.task_id as id, o.attempt, o.seq, o.stream, o.data from aque.output o
where o.task_id = %(id)s and o.attempt = %(attempt)s and o.seq < %(before)s and o.stream = any(%(streams)s::smallint[])
order by o.seq desc limit 64

-- name: attempts
-- The number of the latest attempt of tasks; refused where their output is not this role's to read.
select t.id, t.attempt from aque.guard_reading(%(ids)s::bigint[]) cross join aque.task t where t.id = any(%(ids)s)

-- name: heads
-- The last piece that each of some tasks has written.
select f.id, o.attempt, o.seq
from unnest(%(ids)s::bigint[]) f (id)
cross join lateral (
    select o.attempt, o.seq from aque.output o where o.task_id = f.id order by o.attempt desc, o.seq desc limit 1
) o
