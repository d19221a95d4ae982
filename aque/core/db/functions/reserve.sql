-- Reservation: a task that does not fit now keeps its place, and others go before it only where that does not delay it.

-- Reserves a worker for a task: one at most, the last that was asked for. Never waits: where two reserve the same at the
-- same moment, one of them goes on without. Returns a lease: the worker's runs under later ones were claimed since.
-- Null: the task is another living worker's, or not ready any more.
create or replace function aque.reserve(me aque.worker, task bigint) returns bigint
language plpgsql set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off
as $$
declare
    tries smallint;
    since bigint;
begin
    select t.attempt into tries from aque.task t where t.id = task and t.state = 'pending' and t.blockers = 0;
    select r.lease into since from aque.reservation r
    where r.worker_id = me.id and r.task_id = task and r.attempt = tries;
    if tries is null or since is not null then
        return since;
    end if;
    if not pg_try_advisory_xact_lock(1634825586, (task % 2147483647)::int) then
        return null;
    end if;
    if exists (
        select from aque.reservation r join aque.worker w on w.id = r.worker_id
        where r.task_id = task and r.attempt = tries and w.id <> me.id and w.ended_at is null and not w.draining)
    then
        return null;
    end if;
    insert into aque.reservation (worker_id, task_id, attempt, lease) values (me.id, task, tries, nextval('aque.lease_id'))
    on conflict (worker_id) do update
    set task_id = excluded.task_id, attempt = excluded.attempt, lease = excluded.lease, made_at = excluded.made_at
    returning lease into since;
    return since;
end $$;

-- What may go before a reserved task, on a worker that has `cpus_free` and `memory_free` beside its runs and what it has
-- `taken` now. A run whose end nobody knows may end at any moment. Were all the other runs over, those that were claimed
-- `since` from behind the task must leave room for it; and those that go on when it could start must leave some then.
create or replace function aque.gap_before(
    reserved aque.head, me aque.worker, since bigint, cpus_free real, memory_free bigint, taken bigint[]
) returns aque.gap
language sql stable set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off
as $$
    with run as materialized (
        select aque.cpus_on(me.cpus, s.cpus, s.cpu_share) as cpus, t.memory, clock.now,
               t.lease > since and (t.priority, t.duration, -aque.rank_at(me, s.volume), -t.id)
                   < (reserved.priority, reserved.duration, -reserved.rank, reserved.place) as is_later,
               case when t.duration > 0 and not t.guessed
                    then case when t.state = 'running' then t.started_at else clock.now end
                         + make_interval(secs => least(t.duration, 1e9)) end as ends
        from (
            select r.id from aque.task r where r.state = 'running' and r.worker_id = me.id
            union all
            select unnest(taken)
        ) mine
        join aque.task t on t.id = mine.id
        join aque.shape s on s.id = t.shape_id
        cross join (select clock_timestamp() as now offset 0) clock
    ), told as (
        select r.cpus, r.memory, r.is_later, r.ends > r.now as is_known, greatest(r.ends, r.now) as ends from run r
    ), step as (
        select t.ends, cpus_free + sum(t.cpus) over so_far as cpus, memory_free + sum(t.memory) over so_far as memory
        from told t window so_far as (order by t.ends)
    ), first as (
        select s.ends, s.cpus - reserved.cpus as cpus, s.memory - reserved.memory as memory from step s
        where s.cpus >= reserved.cpus - 0.001 and s.memory >= reserved.memory order by s.ends limit 1
    ), later as (
        select coalesce(sum(t.cpus), 0) as cpus, coalesce(sum(t.memory), 0) as memory from told t
        where t.is_later and (t.is_known and t.ends <= (select f.ends from first f)) is not true
    )
    select coalesce(f.ends, clock_timestamp()),
           greatest(least(me.cpus - reserved.cpus - l.cpus, f.cpus), 0),
           greatest(least(me.memory - reserved.memory - l.memory, f.memory), 0)::bigint
    from later l left join first f on true
$$;

-- What may go before the first in the order that does not fit now, if it comes before `best`, which does. It is reserved;
-- those that others are reserved for are passed over. Null: nobody would be overtaken.
create or replace function aque.gap_ahead(
    best aque.head, me aque.worker, heads aque.head[], rooms bigint[],
    cpus_free real, memory_free bigint, taken bigint[]
) returns aque.gap
language plpgsql
as $$
declare
    blocked aque.head;
    since bigint;
begin
    for blocked in
        select h.shape_id, h.cpus, h.least, h.queue, h.priority, h.duration, h.place, h.memory, h.rank
        from unnest(heads) with ordinality h (shape_id, cpus, least, queue, priority, duration, place, memory, rank, n)
        where (h.cpus > cpus_free or h.memory > memory_free) and h.memory <= me.memory
          and coalesce(rooms[h.n], 1) > 0
          and (h.priority, h.duration, -h.rank, h.place) > (best.priority, best.duration, -best.rank, best.place)
        order by h.priority desc, h.duration desc, h.rank, h.place desc
    loop
        since := aque.reserve(me, -blocked.place);
        if since is not null then
            return aque.gap_before(blocked, me, since, cpus_free, memory_free, taken);
        end if;
    end loop;
    return null;
end $$;

-- Takes tasks (locks them; nothing more) that may go before a reserved one, in the order of all. It looks at no more than
-- a few dozen that may not; what ends in time is found by its duration. What it may draw from is locked already.
create or replace function aque.backfill(
    me aque.worker, heads aque.head[], gap aque.gap, draws aque.draw[],
    cpus_free real, memory_free bigint, wanted int
) returns bigint[]
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set enable_sort = off set plan_cache_mode = force_generic_plan set jit = off
as $$
#variable_conflict use_column
declare
    first_place constant bigint := 9223372036854775807;
    looks int := 32;
    taken bigint[] := '{}';
    seconds real := extract(epoch from gap.until - clock_timestamp());
    rooms bigint[];
    nth int;
    best aque.head;
    following aque.head;
    is_known boolean;
    is_brief boolean;
    is_small boolean;
begin
    while wanted > 0 and looks > 0 loop
        if draws <> '{}' then
            rooms := aque.rooms(heads, draws, cpus_free, memory_free);
        end if;
        select h.n into nth
        from unnest(heads) with ordinality h (shape_id, cpus, least, queue, priority, duration, place, memory, rank, n)
        where h.cpus <= cpus_free and h.least <= memory_free and h.memory <= me.memory
          and (seconds > 0 or h.cpus <= gap.cpus and h.least <= gap.memory)
          and coalesce(rooms[h.n], 1) > 0
        order by h.priority desc, h.duration desc, h.rank, h.place desc limit 1;
        exit when nth is null;
        best := heads[nth];

        select t.duration > 0 and not t.guessed into is_known from aque.task t where t.id = -best.place;
        is_brief := is_known and best.duration <= seconds;
        is_small := best.cpus <= gap.cpus and best.memory <= gap.memory;
        following := best;
        following.place := best.place - 1;
        if best.memory <= memory_free and (is_brief or is_small) then
            perform from aque.task t where t.id = -best.place and t.state = 'pending' and t.blockers = 0
            for no key update skip locked;
            if found then
                taken := taken || -best.place;
                cpus_free := cpus_free - best.cpus;
                memory_free := memory_free - best.memory;
                wanted := wanted - 1;
                looks := looks + 1;
                if not is_brief then
                    gap.cpus := gap.cpus - best.cpus;
                    gap.memory := gap.memory - best.memory;
                end if;
                if rooms[nth] is not null then
                    draws := aque.drawn(draws, best.shape_id, 1);
                end if;
            end if;
        elsif best.cpus > gap.cpus or best.least > gap.memory then  -- only what is brief
            if best.duration > greatest(seconds, 0) then
                following.duration := greatest(seconds, 0);
                following.place := first_place;
            elsif best.duration = 0 and best.priority = -2147483648 then  -- nothing comes behind those
                following.place := -9223372036854775808;
            elsif best.duration = 0 then
                following.priority := best.priority - 1;
                following.duration := 'infinity';
                following.place := first_place;
            end if;
        end if;
        looks := looks - 1;
        following := (aque.first_from(me, array[following]))[1];
        if following.shape_id is null then
            following := best;
            following.memory := first_place;
        end if;
        heads[nth] := following;
    end loop;
    return taken;
end $$;
