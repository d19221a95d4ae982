-- name: keep
select extract(epoch from keep)::float8 from aque.retention

-- name: set_keep
-- A new round begins: what had to stay may go now.
update aque.retention set keep = make_interval(secs => %(seconds)s::float8), swept_to = '-infinity'

-- name: expire
select removed, is_more from aque.expire(%(most)s::int)

-- name: tidy
select aque.tidy(%(most)s::int, make_interval(secs => %(rest)s::float8))
