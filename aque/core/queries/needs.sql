-- name: needs
-- The first few open dependencies of each task, also those that ended otherwise than they were to: they are looked for
-- among its first and its last ones.
select t.id as dependent, e.needs_id as id, e.state::text as state, e.condition::text as condition,
       e.otherwise::text as otherwise, e.is_child
from unnest(%(ids)s::bigint[]) t(id)
cross join lateral (
    select near.*, n.state from (
        (select d.needs_id, d.condition, d.otherwise, d.is_child, d.waived from aque.dependency d
         where d.task_id = t.id order by d.needs_id limit %(bound)s::int)
        union
        (select d.needs_id, d.condition, d.otherwise, d.is_child, d.waived from aque.dependency d
         where d.task_id = t.id order by d.needs_id desc limit %(bound)s::int)
    ) near join aque.task n on n.id = near.needs_id
    where not near.waived and not aque.satisfies(n.state, near.condition)
    order by near.needs_id limit %(width)s::int
) e
