-- name: inputs
select tasks, told, barred from aque.inputs(%(ids)s::bigint[])

-- name: stdouts
select task_id, id, size, is_cut, stdout from aque.stdouts(%(readers)s::bigint[], %(needs)s::bigint[], %(most)s::bigint)
