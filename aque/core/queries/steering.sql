-- name: retry
select id, before::text, state::text, refusal, old from aque.retry(%(ids)s::bigint[], %(dry)s)

-- name: move
select id, before::text, state::text, refusal, old
from aque.move(%(ids)s::bigint[], %(origin)s::aque.state, %(goal)s::aque.state, %(dry)s)

-- name: prioritise
select id, before::text, state::text, refusal, old
from aque.prioritise(%(ids)s::bigint[], %(amount)s::bigint, %(is_relative)s, %(dry)s)

-- name: edit
select id, before::text, state::text, refusal, old
from aque.edit(%(ids)s::bigint[], %(changes)s::jsonb, %(dry)s)

-- name: remove
select id, before::text, state::text, refusal, old from aque.remove(%(ids)s::bigint[], %(dry)s)

-- name: is_paused
select paused from aque.queue where name = %(name)s

-- name: others
-- How many of some tasks run as another account.
select count(*) from aque.task t join aque.shape s on s.id = t.shape_id
where t.id = any(%(ids)s::bigint[]) and s.username <> %(user)s
