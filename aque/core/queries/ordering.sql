-- The pieces of an order, and of the condition that continues it; ordering.py fills in columns, types and parameters.
-- What is not set comes last in both directions.

-- name: ascending
{column} nulls last

-- name: descending
{column} desc nulls last

-- name: id_ascending
r.id

-- name: id_descending
r.id desc

-- name: after
-- Past the place in this key, or equal in it and past the place in those that follow.
({more} or ({equal} and {rest}))

-- name: after_none
({equal} and {rest})

-- name: more
({column} > {value}::{type} or {column} is null)

-- name: less
({column} < {value}::{type} or {column} is null)

-- name: equal
{column} = {value}::{type}

-- name: unset
{column} is null

-- name: id_more
r.id > {value}::bigint

-- name: id_less
r.id < {value}::bigint

-- name: nothing
false
