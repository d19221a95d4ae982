-- Limits: how many tasks may run of queues, and how many units of named limits may be in use, on the whole farm. Nothing
-- is kept of what is in use: the runs are counted, so that whatever ends one gives back what it held.

-- How many tasks run of each of some queues; those of which none does are left out.
create or replace function aque.queues_used(names text[]) returns table (name text, used bigint)
language sql stable set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off
as $$
    select s.queue, sum(r.runs)::bigint
    from (select t.shape_id, count(*) as runs from aque.task t where t.state = 'running' group by t.shape_id) r
    join aque.shape s on s.id = r.shape_id
    where s.queue = any(names) group by s.queue
$$;

-- How many units are in use of each of some named limits.
create or replace function aque.limits_used(names text[]) returns table (name text, used bigint)
language sql stable set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off
as $$
    select e.key, sum(e.value::bigint * r.runs)::bigint
    from aque.shape s
    cross join lateral (
        select count(*) as runs from aque.task t where t.state = 'running' and t.limited and t.shape_id = s.id) r
    cross join lateral jsonb_each_text(s.limits) e
    where s.limits <> '{}' and s.limits ?| names and r.runs > 0 and e.key = any(names) group by e.key
$$;

-- What the shapes of `heads` draw from pools: nothing of what is not limited, so that it costs those nothing. Without
-- `held` it is a look: what is free may be taken meanwhile. The pools in `held` are locked until the end of the
-- transaction, first queues, then named limits, in the order of their names, and counted after that: who claims next
-- counts what was claimed before. Of the others nothing can be taken then.
create or replace function aque.draws(heads aque.head[], held text[] default null) returns aque.draw[]
language plpgsql set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off
as $$
declare
    draws aque.draw[];
    used_up jsonb;
begin
    if held is not null then
        perform from aque.queue q
        where q.name = any(array(select substr(p, 7) from unnest(held) p where p like 'queue %'))
        order by q.name for no key update;
        perform from aque.named_limit l
        where l.name = any(array(select substr(p, 7) from unnest(held) p where p like 'limit %'))
        order by l.name for no key update;
    end if;
    -- on most farms nothing is limited, and to begin what follows costs more than this
    if not exists (select from aque.queue q where q.paused or q.max_running is not null)
       and not exists (select from aque.shape s where s.limits <> '{}')
    then
        return '{}';
    end if;
    draws := array(
        select row(h.shape_id, 'queue ' || q.name, 1, q.size, 0)::aque.draw
        from (select q.name, case when q.paused then 0 else q.max_running end as size from aque.queue q
              where q.name = any(array(select distinct h.queue from unnest(heads) h))
                and (q.paused or q.max_running is not null) offset 0) q
        join unnest(heads) h on h.queue = q.name
        union all
        select row(s.id, 'limit ' || e.key, e.value::int, coalesce(l.size, 0), 0)::aque.draw
        from aque.shape s
        cross join lateral jsonb_each_text(s.limits) e
        left join aque.named_limit l on l.name = e.key
        where s.limits <> '{}' and s.id = any(array(select h.shape_id from unnest(heads) h)));
    if draws = '{}' then
        return draws;
    end if;

    select jsonb_object_agg(u.pool, u.used) into used_up from (
        select 'queue ' || u.name as pool, u.used
        from (select array_agg(substr(d.pool, 7)) as names from unnest(draws) d where d.pool like 'queue %' and d.size > 0) p
        cross join lateral aque.queues_used(p.names) u where p.names is not null
        union all
        select 'limit ' || u.name, u.used
        from (select array_agg(substr(d.pool, 7)) as names from unnest(draws) d where d.pool like 'limit %' and d.size > 0) p
        cross join lateral aque.limits_used(p.names) u where p.names is not null) u;
    return array(
        select row(d.shape_id, d.pool, d.amount, d.size, case
                   when held is null or d.pool = any(held)
                   then greatest(d.size - coalesce((used_up ->> d.pool)::bigint, 0), 0) else 0 end)::aque.draw
        from unnest(draws) d);
end $$;

-- The same once `count` runs of a shape took theirs.
create or replace function aque.drawn(draws aque.draw[], shape int, count int) returns aque.draw[]
language sql immutable set enable_hashjoin = off set enable_mergejoin = off as $$
    select array_agg(row(d.shape_id, d.pool, d.amount, d.size, d.room - coalesce(o.amount::bigint * count, 0))::aque.draw)
    from unnest(draws) d left join unnest(draws) o on o.shape_id = shape and o.pool = d.pool
$$;

-- How many more of each head may run; null: as many as there is room for. Pools are served in the order of all: what the
-- first needs that cannot run now, for want of it or of cpus or memory, is kept for it, lest it be overtaken for ever.
-- What asks for more than there will ever be keeps nothing.
create or replace function aque.rooms(heads aque.head[], draws aque.draw[], cpus_free real, memory_free bigint)
returns bigint[] language plpgsql immutable set enable_hashjoin = off set enable_mergejoin = off as $$
declare
    nothing_left constant bigint := 9223372036854775807;
    rooms bigint[] := array_fill(null::bigint, array[cardinality(heads)]);
    head record;
    room bigint;
    is_possible boolean;
begin
    for head in
        select h.* from unnest(heads) with ordinality
            h (shape_id, cpus, least, queue, priority, duration, place, memory, rank, n)
        where h.memory < nothing_left and h.shape_id in (select d.shape_id from unnest(draws) d)
        order by h.priority desc, h.duration desc, h.rank, h.place desc
    loop
        select min(greatest(d.room, 0) / d.amount), bool_and(d.amount <= d.size) into room, is_possible
        from unnest(draws) d where d.shape_id = head.shape_id;
        rooms[head.n] := room;
        if is_possible and (room = 0 or head.cpus > cpus_free or head.memory > memory_free) then
            draws := aque.drawn(draws, head.shape_id, 1);
        end if;
    end loop;
    return rooms;
end $$;

-- What can be drawn for good: the pools of those heads that have room are locked.
create or replace function aque.hold_draws(heads aque.head[], draws aque.draw[], rooms bigint[]) returns aque.draw[]
language sql set enable_hashjoin = off set enable_mergejoin = off as $$
    select aque.draws(heads, array(
        select distinct d.pool from unnest(heads) with ordinality
            h (shape_id, cpus, least, queue, priority, duration, place, memory, rank, n)
        join unnest(draws) d on d.shape_id = h.shape_id where rooms[h.n] > 0))
$$;
