-- name: retry
select id, before::text, state::text, refusal, old, new from aque.retry(%(ids)s::bigint[], %(dry)s)

-- name: move
select id, before::text, state::text, refusal, old, new
from aque.move(%(ids)s::bigint[], %(origin)s::aque.state, %(goal)s::aque.state, %(dry)s)

-- name: prioritise
select id, before::text, state::text, refusal, old, new
from aque.prioritise(%(ids)s::bigint[], %(amount)s::bigint, %(is_relative)s, %(dry)s, %(expected)s::int)

-- name: edit
select id, before::text, state::text, refusal, old, new
from aque.edit(%(ids)s::bigint[], %(changes)s::jsonb, %(dry)s, %(expected)s::jsonb)

-- name: remove
select id, before::text, state::text, refusal, old, new from aque.remove(%(ids)s::bigint[], %(dry)s)

-- name: revive
select id, before::text, state::text, refusal, old, new
from aque.revive(%(ids)s::bigint[], %(origins)s::aque.state[], %(dry)s)

-- name: cancel
select id, before::text, state::text, refusal, old, new
from aque.cancel(%(ids)s::bigint[], %(origins)s::aque.state[], %(dry)s)

-- name: guard
select aque.guard(%(ids)s::bigint[])

-- name: is_paused
select paused from aque.queue where name = %(name)s

-- name: others
-- How many of some tasks run as another account.
select count(*) from aque.task t join aque.shape s on s.id = t.shape_id
where t.id = any(%(ids)s::bigint[]) and s.username <> %(user)s
