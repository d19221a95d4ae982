-- name: source
-- A task as lists show it, filter it and sort it: each field of aque.core.fields is the column of its name, and
-- <name>_value where SQL compares another value than the row shows. What a query does not use of it costs nothing: the
-- planner drops outer joins to unique rows. A real is compared as it was written: 0.1, and not 0.100000001.
select t.id, p.name, t.state, p.pattern, p.func, p.args, t.priority, s.queue, s.username as "user",
       -- as shlex.join writes it
       case when p.pattern <> 'shell' then coalesce(p.func, '')
            when json_typeof(p.args) <> 'array' then p.args #>> '{{}}'
            else (select coalesce(string_agg(
                      case when a.word = '' then ''''''
                           when a.word ~ '[^a-zA-Z0-9_@%%+=:,./-]'
                           then '''' || replace(a.word, '''', '''"''"''') || ''''
                           else a.word end, ' ' order by a.place), '')
                  from json_array_elements_text(p.args) with ordinality a(word, place))
       end as command, coalesce(p.func, '') || p.args::text as raw_command,
       s.cpus, s.cpu_share, case when s.cpu_share = 0 then s.cpus::text::float8 end as cpus_value, t.memory,
       s.host, s.host || array_remove(array[w.hostname], null) as host_value, w.hostname, s.platform, s.tags,
       s.limits, array(select jsonb_object_keys(s.limits)) as limits_value,
       t.blockers, t.attempt, t.retries, p.timeout::text::float8 as timeout, t.duration::text::float8 as duration,
       t.parent_id as parent, w.name as worker, coalesce(t.worker_id, a.worker_id) as worker_id,
       t.created_at, t.started_at, t.finished_at, t.run_at, t.lease, t.key,
       %(now)s::timestamptz - t.created_at as age,
       case when t.state not in ('creating', 'pending', 'paused', 'cancelled')
            then coalesce(t.finished_at, %(now)s::timestamptz) - t.started_at end as runtime,
       e.exit_code, e.signal,
       case when aque.is_complete(t.state) then coalesce(z.error, a.error) end as error,
       case when aque.is_complete(t.state) then coalesce(z.error, a.error) ->> 'message' end as error_value,
       u.cpu::text::float8 as cpu, u.rss,
       e.max_rss, e.user_time::text::float8 as user_time, e.system_time::text::float8 as system_time, e.read_bytes,
       e.written_bytes, t.memory > 0 and coalesce(u.peak, e.max_rss, 0) > t.memory as over_memory,
       g.done as progress_done, g.total as progress_total, g.message as progress_message,
       aque.reasons(t, row(o.*)::aque.outlook) as reason
from aque.task t
left join aque.spec p on p.task_id = t.id
left join aque.shape s on s.id = t.shape_id
left join aque.attempt a on a.task_id = t.id and a.number = t.attempt
-- it ended without a run of its own: cancelled, or because of what it needs
left join aque.attempt z on z.task_id = t.id and z.number = 0 and z.finished_at = t.finished_at
-- its end, where it ended by a run
left join aque.attempt e
    on e.task_id = t.id and e.number = t.attempt and aque.is_complete(t.state) and z.task_id is null
left join aque.worker w on w.id = coalesce(t.worker_id, a.worker_id)
left join aque.progress g on g.task_id = t.id
left join aque.usage u on u.task_id = t.id and u.lease = t.lease
left join (select distinct on (o.shape_id) o.* from aque.outlooks() o where {wait}) o on o.shape_id = t.shape_id

-- name: some_wait
-- Whether any of those that are shown waits: else nothing is asked of outlooks, which take a new session longer to plan
-- than all the rest.
exists (select from aque.task t where t.id = any({shown}) and t.state in ('pending', 'paused'))

-- name: shown
(select c.ids from chosen c)::bigint[]

-- name: bare
-- The same for who asks for nothing but ids: to read and to plan the whole of it takes longer than to find a thousand.
select t.id from aque.task t

-- name: page
-- The ids first, so that a sort moves nothing else.
with chosen as materialized (
    select array(select r.id from ({source}) r where {where} order by {order} limit %(limit)s::bigint) as ids
)
select {columns} from ({rows}) r where r.id = any({shown}) order by {order}

-- name: rows
-- To plan it takes half as long as a page does.
select {columns} from ({rows}) r where r.id = any(%(ids)s::bigint[])

-- name: beginning
-- Of a long command, for lines of a screen.
left(r.{name}::text, 2000)

-- name: packed
-- The first ids of a selection in an order, as one value of 8 bytes each: 8 MB for a million.
select coalesce(string_agg(int8send(p.id), ''::bytea), ''::bytea)
from (select r.id from ({source}) r where {where} order by {order} limit %(limit)s::bigint) p

-- name: ids
select r.id from ({source}) r where {where} order by r.id limit %(limit)s::bigint

-- name: counts
select r.state, count(*) from ({source}) r where {where} group by r.state

-- name: candidates
-- The first ids of a selection, and whether a task of it (here with no place to continue from) depends on them. Those
-- that depend on one are looked at each by itself: joined as a whole they would be looked for among all tasks.
select c.id, dependent.is_there is not null
from (select r.id, row_number() over (order by {order}) as place from ({source}) r
      where {where} order by {order} limit %(limit)s::bigint) c
left join lateral (
    select true as is_there from aque.dependency d
    cross join lateral (select from ({source}) r where r.id = d.task_id and {dependent} offset 0) r
    where d.needs_id = c.id limit 1
) dependent on true
order by c.place

-- name: selected_ids
r.id = any(%(ids)s::bigint[])

-- name: last
-- Nothing depends on it.
not exists (select from aque.dependency d where d.needs_id = r.id)

-- name: first
-- It depends on nothing.
not exists (select from aque.dependency d where d.task_id = r.id)

-- name: all_of
({parts})

-- name: edges
-- What tasks depend on: the first few of each, in the order of their ids, and how many they are (counted up to a bound).
select n.id as dependent, e.needs_id as id, e.condition, e.otherwise, e.is_child, n.total
from (select i.id, (select count(*) from (select from aque.dependency d where d.task_id = i.id
                                          limit %(bound)s::bigint) counted) as total
      from unnest(%(among)s::bigint[]) i(id) offset 0) n
cross join lateral (
    select d.needs_id, d.condition, d.otherwise, d.is_child from aque.dependency d
    where d.task_id = n.id order by d.needs_id limit %(width)s::bigint
) e

-- name: links
-- The ids on the other ends of the edges of some tasks: true for what they depend on, false for what depends on them.
select d.task_id, d.needs_id, true from aque.dependency d where d.task_id = any(%(among)s::bigint[])
union all
select d.needs_id, d.task_id, false from aque.dependency d where d.needs_id = any(%(among)s::bigint[])
