-- name: forwards
-- Pieces of an attempt's output, of some streams, from a place on.
select o.task_id as id, o.attempt, o.seq, o.stream, o.data, o.at from aque.output o
where o.task_id = %(id)s and o.attempt = %(attempt)s and o.seq >= %(seq)s
    and o.stream = any(%(streams)s) order by o.seq limit %(limit)s

-- name: backwards
-- Pieces of an attempt's output, of some streams, before a place, the latest first.
select o.task_id as id, o.attempt, o.seq, o.stream, o.data, o.at from aque.output o
where o.task_id = %(id)s and o.attempt = %(attempt)s and o.seq < %(seq)s
    and o.stream = any(%(streams)s) order by o.seq desc limit %(limit)s

-- name: extent
-- The latest attempt of a task, its state, and the number that the next piece of its output will have.
select t.attempt, t.state::text, coalesce((
    select o.seq + 1 from aque.output o
    where o.task_id = t.id and o.attempt = t.attempt order by o.seq desc limit 1), 0)
from aque.task t where t.id = %(id)s
