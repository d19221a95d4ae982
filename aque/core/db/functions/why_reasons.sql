-- Reasons: why tasks do not run, by name, for any number of them at once. What takes long is found once for each shape
-- (aque.outlooks), and compared with each task (aque.reasons). aque.core.why says the same of single tasks, in words.

-- Queues that start nothing now: those that are paused, and those that run as many tasks as they may.
create or replace function aque.closed_queues() returns table (name text, is_paused boolean, is_limited boolean)
language sql stable rows 5 set enable_seqscan = off as $$
    select q.name, q.paused, coalesce(q.max_running <= (
               select count(*) from aque.task t join aque.shape s on s.id = t.shape_id
               where t.state = 'running' and s.queue = q.name), false)
    from aque.queue q where q.paused or q.max_running is not null
$$;

-- Shapes that name limits of which one is not set, has less than they ask for, or has not enough free.
create or replace function aque.short_shapes()
returns table (shape_id int, is_unset boolean, is_small boolean, is_full boolean)
language sql stable rows 5 set enable_seqscan = off as $$
    select s.id, bool_or(l.size is null), coalesce(bool_or(e.value::int > l.size), false),
           coalesce(bool_or(e.value::int <= l.size and coalesce(u.used, 0) + e.value::int > l.size), false)
    from aque.shape s
    cross join lateral jsonb_each_text(s.limits) e
    left join aque.named_limit l on l.name = e.key
    left join aque.limits_used(array(select n.name from aque.named_limit n)) u on u.name = e.key
    where s.limits <> '{}'
    group by s.id
$$;

-- Living workers with what is free there; never less than none, though they may capture short tasks ahead of their time.
create or replace function aque.rooms_free() returns table (worker aque.worker, cpus_free real, memory_free bigint)
language sql stable rows 20 set enable_seqscan = off as $$
    select w, greatest(w.cpus - r.cpus, 0), greatest(w.memory - r.memory, 0)
    from aque.alive() w
    cross join lateral (
        select coalesce(sum(aque.cpus_on(w.cpus, s.cpus, s.cpu_share)), 0)::real as cpus,
               coalesce(sum(t.memory), 0)::bigint as memory
        from aque.task t join aque.shape s on s.id = t.shape_id where t.state = 'running' and t.worker_id = w.id
    ) r
$$;

-- The reservations that hold, and what may go before the reserved task: see aque.gap_before(). Where that fits already,
-- nothing is kept (`seconds` is null): it is the next to go.
create or replace function aque.kept()
returns table (worker_id bigint, task_id bigint, priority int, duration real, place bigint, seconds float8, cpus real,
               memory bigint, rank int)
language sql stable rows 5 set enable_seqscan = off as $$
    select r.worker_id, t.id, t.priority, t.duration, -t.id,
           extract(epoch from g.until - clock_timestamp())::float8, g.cpus, g.memory, takes.rank
    from aque.reservation r
    join aque.rooms_free() f on (f.worker).id = r.worker_id and not (f.worker).draining
    join aque.task t on t.id = r.task_id and t.attempt = r.attempt and t.state = 'pending' and t.blockers = 0
    join aque.shape s on s.id = t.shape_id
    cross join lateral (select aque.cpus_on((f.worker).cpus, s.cpus, s.cpu_share) as cpus,
                               aque.rank_at(f.worker, s.volume) as rank) takes
    left join lateral aque.gap_before(
        row(s.id, takes.cpus, s.memory_least, s.queue, t.priority, t.duration, -t.id, t.memory,
            takes.rank)::aque.head,
        f.worker, r.lease, f.cpus_free, f.memory_free, '{}') g
        on takes.cpus > f.cpus_free or t.memory > f.memory_free
    where not exists (select from aque.closed_queues() c where c.name = s.queue and (c.is_paused or c.is_limited))
$$;

-- What the tasks of each shape have to expect. `front` is the first in the order of the shapes that the workers serve
-- which take its tasks (of a range of sizes: at least the smallest). Places are those among the tasks of the shape.
-- Functions are called where there is something for them alone: to plan one takes a new session longer than all the rest.
create or replace function aque.outlooks() returns setof aque.outlook
language sql stable rows 50
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
set plan_cache_mode = force_generic_plan set jit = off
as $$
    with recursive host as materialized (
        select (f.worker).id, (f.worker).draining, (f.worker).memory, f.* from aque.rooms_free() f
    ), closed as materialized (
        select * from aque.closed_queues()
        where exists (select from aque.queue q where q.paused or q.max_running is not null)
    ), keep as materialized (
        select * from aque.kept() where exists (select from aque.reservation)
    ), short as materialized (
        select * from aque.short_shapes() where exists (select from aque.shape s where s.limits <> '{}')
    ), live as (
        (select t.shape_id, t.priority, t.duration, -t.id as place from aque.task t
         where t.state = 'pending' and t.blockers = 0
         order by t.shape_id, t.priority desc, t.duration desc, -t.id desc limit 1)
        union all
        select following.* from live cross join lateral (
            select t.shape_id, t.priority, t.duration, -t.id from aque.task t
            where t.state = 'pending' and t.blockers = 0 and t.shape_id > live.shape_id
            order by t.shape_id, t.priority desc, t.duration desc, -t.id desc limit 1) following
    ), fit as materialized (
        select s.id as shape_id, h.id as worker_id, h.draining, h.memory, h.memory_free, m.lacks,
               m.lacks = 0 and h.memory >= s.memory_least as is_able, takes.cpus,
               aque.rank_at(h.worker, s.volume) as rank,
               h.cpus_free > 0.001 and takes.cpus <= h.cpus_free + 0.0001 as has_cpus  -- as queries/case.py has it
        from aque.shape s
        cross join host h
        cross join lateral (select aque.misfits(h.worker, s, 0) as lacks offset 0) m
        cross join lateral (select aque.cpus_on((h.worker).cpus, s.cpus, s.cpu_share) as cpus) takes
    ), front as materialized (
        select distinct on (f.worker_id) f.worker_id, l.priority, l.duration, l.place, f.rank
        from live l join aque.shape s on s.id = l.shape_id join fit f on f.shape_id = l.shape_id and f.is_able
        where s.queue not in (select c.name from closed c where c.is_paused)
        order by f.worker_id, l.priority desc, l.duration desc, f.rank, l.place desc
    ), best as (
        select distinct on (f.shape_id) f.shape_id, b.priority, b.duration, a.place
        from fit f join front b on b.worker_id = f.worker_id
        cross join lateral (select aque.place_among(b.place, b.rank, f.rank) as place) a
        where f.is_able and not f.draining
        order by f.shape_id, b.priority desc, b.duration desc, a.place desc
    ), told as (
        select f.shape_id, bit_and(f.lacks) as lacking, max(f.memory) as most,
               max(f.memory) filter (where f.lacks = 0) as able,
               max(f.memory) filter (where f.lacks = 0 and not f.draining) as taker,
               max(f.memory_free) filter (where f.lacks = 0 and not f.draining and f.has_cpus) as room,
               max(f.memory_free) filter (
                   where f.lacks = 0 and not f.draining and f.has_cpus and k.seconds is null) as open,
               array_agg(row(f.memory_free, k.priority, k.duration, aque.place_among(k.place, k.rank, f.rank), k.seconds,
                             f.cpus <= k.cpus, k.memory)::aque.gate)
                   filter (where f.lacks = 0 and not f.draining and f.has_cpus and k.seconds is not null) as gates
        from fit f left join keep k on k.worker_id = f.worker_id
        group by f.shape_id
    )
    select s.id, coalesce(c.is_paused, false), coalesce(c.is_limited, false), coalesce(l.is_unset, false),
           coalesce(l.is_small, false), coalesce(l.is_full, false), t.lacking, t.most, t.able, t.taker, t.room,
           t.open, t.gates, array(select k.task_id from keep k), b.priority, b.duration, b.place
    from aque.shape s
    left join closed c on c.name = s.queue
    left join short l on l.shape_id = s.id
    left join told t on t.shape_id = s.id
    left join best b on b.shape_id = s.id
$$;

-- Whether a task passes one of the gates.
create or replace function aque.passes(t aque.task, gates aque.gate[]) returns boolean
language sql immutable parallel safe as $$
    select exists (
        select from unnest(gates) g
        where t.memory <= g.memory_free
          and ((t.priority, t.duration, -t.id) >= (g.priority, g.duration, g.place)
               or g.is_wide and t.memory <= g.memory
               or t.duration > 0 and not t.guessed and t.duration <= g.seconds))
$$;

-- The names of all reasons why a task does not run, in the order of aque.core.fields.reasons; none where it waits no more.
-- A mere expression, so that the planner puts it in the place of the call: it is for a million tasks. Give it the outlook
-- as row(columns)::aque.outlook, of which each is read where it is; a whole one would be taken apart for each use.
-- aque.passes is a call that costs more than all the rest: where there are no gates it is not made.
create or replace function aque.reasons(t aque.task, o aque.outlook) returns text[]
language sql stable parallel safe as $$
    select case
        when t.state = 'creating' then array['creating']
        when t.state not in ('pending', 'paused') then '{}'
        else array_remove(array[
            case when t.state = 'paused' then 'paused' end,
            case when o.is_paused then 'queue-paused' end,
            case when t.blockers > (t.run_at is not null)::int then 'dependencies' end,
            case when t.run_at is not null then 'time' end,
            case when o.is_unset then 'limit-unset' end,
            case when o.is_small then 'limit-small' end,
            case when o.lacking is null then 'no-worker' end,
            case when o.lacking & 1 > 0 then 'queue' end,
            case when o.lacking & 2 > 0 then 'user' end,
            case when o.lacking & 4 > 0 then 'tags' end,
            case when o.lacking & 8 > 0 then 'platform' end,
            case when o.lacking & 16 > 0 then 'host' end,
            case when o.lacking & 32 > 0 then 'cpus' end,
            case when t.memory > o.most then 'memory' end,
            case when o.lacking = 0 and t.memory <= o.most and (t.memory <= o.able) is not true then 'together' end,
            case when t.memory <= o.able and (t.memory <= o.taker) is not true then 'draining' end
        ] || case when t.state = 'pending' and t.blockers = 0 and not o.is_paused then array[
            case when o.is_limited then 'limit' end,
            case when o.is_full then 'limit-full' end,
            case when t.id = any(o.reserved) then 'reserved' end,
            case when not (o.is_limited or o.is_unset or o.is_small or o.is_full) and t.memory <= o.taker and (t.memory <= o.room) is not true then 'full' end,
            case when not (o.is_limited or o.is_unset or o.is_small or o.is_full) and t.memory <= o.room and (t.memory <= o.open) is not true
                      and not (o.gates is not null and aque.passes(t, o.gates)) then 'room-kept' end,
            case when not (o.is_limited or o.is_unset or o.is_small or o.is_full) and t.memory <= o.taker
                      and (o.front_priority, o.front_duration, o.front_place) > (t.priority, t.duration, -t.id)
                 then 'line' end,
            case when not (o.is_limited or o.is_unset or o.is_small or o.is_full) and t.memory <= o.room
                      and (o.front_priority, o.front_duration, o.front_place) <= (t.priority, t.duration, -t.id)
                      and (t.memory <= o.open or o.gates is not null and aque.passes(t, o.gates)) then 'next' end
        ] end, null) end
$$;
