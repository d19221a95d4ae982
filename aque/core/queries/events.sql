-- name: begin
insert into aque.event (action, selection, before, after, tasks)
values (%(action)s, %(selection)s::json, %(before)s::json, %(after)s::json, %(tasks)s) returning id

-- name: go_on
update aque.event set before = %(before)s::json, after = %(after)s::json, tasks = %(tasks)s where id = %(id)s

-- name: add_parts
-- The ids of each part come as one text: arrays of arrays would all have to be of one length.
insert into aque.event_part (event_id, before, after, ids)
select %(event)s, x.before::json, x.after::json, string_to_array(x.ids, ',')::bigint[]
from unnest(%(befores)s::text[], %(afters)s::text[], %(ids)s::text[]) x (before, after, ids)

-- name: parts
select p.before::text, p.after::text, array_agg(i.id order by p.id, i.place)
from aque.event_part p cross join lateral unnest(p.ids) with ordinality i (id, place)
where p.event_id = %(event)s
group by p.before::text, p.after::text order by min(p.id)

-- name: latest
select id, at, who, action, tasks, selection, before, after, undone_by from aque.event
where (%(who)s::text is null or who = %(who)s)
  and (%(since)s::timestamptz is null or at >= %(since)s)
  and (%(actions)s::text[] is null or action = any(%(actions)s))
  and (%(after)s::bigint is null or id > %(after)s)
  and (%(id)s::bigint is null or id = %(id)s)
order by id desc limit %(limit)s::bigint

-- name: undoable
select id, at, who, action, tasks, selection, before, after, undone_by from aque.event
where action <> 'undo' and undone_by is null and (who = session_user or not %(own)s)
order by id desc limit %(limit)s::bigint

-- name: mark
update aque.event set undone_by = %(by)s where id = %(id)s

-- name: numbers
-- The latest acts, the oldest of them first.
select e.id from (select id from aque.event order by id desc limit %(limit)s::bigint) e order by e.id

-- name: stands
-- What changes of acts: one that goes on, or is taken back.
select id, tasks, undone_by from aque.event where id = any(%(ids)s::bigint[])

-- name: some
select id, at, who, action, tasks, selection, before, after, undone_by from aque.event where id = any(%(ids)s::bigint[])
