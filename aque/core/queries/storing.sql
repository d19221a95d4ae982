-- name: next_ids
select array(select nextval('aque.task_id') from generate_series(1, %(count)s))

-- name: submit
call aque.submit_and_tell(
    %(ids)s::bigint[], %(places)s::int[], %(args)s::json, %(kinds)s::json, %(common)s::json,
    %(demands)s::json, %(environs)s::json, %(edges)s::json,
    %(dependents)s::bigint[], %(needs)s::bigint[], %(parents)s::bigint[], %(children)s::bigint[],
    %(news)s::bigint[], %(payloads)s::text[], null, null)

-- name: enter
call aque.enter_and_tell(
    %(places)s::int[], %(args)s::json, %(kinds)s::json, %(common)s::json, %(demands)s::json, %(environs)s::json,
    %(states)s::text[], %(few)s::int, null)

-- name: prepare
select aque.prepare(%(demands)s::json, %(environs)s::json)

-- name: store
select aque.store(%(ids)s::bigint[], %(places)s::int[], %(args)s::json, %(kinds)s::json, %(common)s::json,
                  %(demands)s::json, %(environs)s::json, %(edges)s::json, true)

-- name: link
select id, state::text
from aque.link(%(dependents)s::bigint[], %(needs)s::bigint[], %(parents)s::bigint[], %(children)s::bigint[])
