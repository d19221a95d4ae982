-- name: begin
insert into aque.event (action, selection, before, after)
values (%(action)s, %(selection)s::json, %(before)s::json, %(after)s::json) returning id

-- name: go_on
update aque.event set before = %(before)s::json, after = %(after)s::json where id = %(id)s

-- name: latest
select id, at, who, action, selection, before, after from aque.event
where (%(who)s::text is null or who = %(who)s) order by id desc limit %(limit)s::bigint
