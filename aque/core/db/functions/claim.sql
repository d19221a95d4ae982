-- Claim: which of the ready tasks this worker runs next.

-- Whether a host is one of `globs`: any that match, and none of those that begin with "!".
create or replace function aque.host_matches(hostname text, globs text[]) returns boolean
language sql immutable parallel safe as $$
    with pattern as (
        select g like '!%' as denied,
               '^' || replace(replace(replace(
                   regexp_replace(ltrim(g, '!'), '([.+^$(){}|\\])', '\\\1', 'g'),
                   '[!', '[^'), '*', '.*'), '?', '.') || '$' as regex
        from unnest(globs) g
    )
    select coalesce(bool_or(hostname ~ regex) filter (where not denied), true)
       and not coalesce(bool_or(hostname ~ regex) filter (where denied), false)
    from pattern
$$;

-- The same where the globs are those of a shape that is there: what cannot be compared with a host suits none. An error
-- here would be one of every claim of every worker.
create or replace function aque.is_host_of(hostname text, globs text[]) returns boolean
language plpgsql immutable parallel restricted as $$
begin
    return aque.host_matches(hostname, globs);
exception when invalid_regular_expression then
    return false;
end $$;

-- How many cpus a demand takes on a host.
create or replace function aque.cpus_on(host_cpus real, cpus real, cpu_share int) returns real
language sql immutable parallel safe as $$
    select case when cpu_share > 0 then host_cpus / cpu_share else cpus end
$$;

-- Whether a worker, were it empty, could run tasks of a shape (at least the smallest, where it stands for many sizes).
create or replace function aque.fits(w aque.worker, s aque.shape) returns boolean
language sql stable parallel restricted as $$
    select (w.any_user or s.username = w.username)
       and (w.queues is null or s.queue = any(w.queues))
       and s.tags <@ w.tags
       and s.platform in ('', w.platform)
       and aque.cpus_on(w.cpus, s.cpus, s.cpu_share) <= w.cpus
       and s.memory_least <= w.memory
       and (s.host = '{}' or aque.is_host_of(w.hostname, s.host))
$$;

-- How a worker ranks a volume: 0 is the best, and what it knows nothing of.
create or replace function aque.rank_at(w aque.worker, volume text) returns int
language sql immutable parallel safe as $$
    select case when volume = '' then 0 else coalesce((w.volumes -> volume ->> 'rank')::int, 0) end
$$;

-- The place of a task of some rank among its equals (those of its priority and duration) that are all of another rank:
-- before all of them if its own is better, and behind all if it is worse. So the index needs no ranks.
create or replace function aque.place_among(place bigint, rank int, others int) returns bigint
language sql immutable parallel safe as $$
    select case sign(rank - others)
           when -1 then 9223372036854775807 when 1 then -9223372036854775808 else place end
$$;

-- Makes ready what has waited for its time; returns what may be run then.
create or replace function aque.promote() returns bigint[]
language sql set enable_seqscan = off as $$
    with due as materialized (
        select id from aque.task where run_at <= clock_timestamp() order by run_at limit 1000 for update skip locked
    ), promoted as (
        update aque.task t set run_at = null,
            blockers = blockers - case when t.state in ('pending', 'paused') then 1 else 0 end
        from due where t.id = due.id returning t.id, t.state, t.blockers
    )
    select coalesce(array_agg(p.id) filter (where p.state = 'pending' and p.blockers = 0), '{}') from promoted p
$$;

-- The first ready task of each shape that fits a worker (it may be one of those of its shape that are too big). The loose
-- index scan visits only shapes that have ready work, and of each only the first task, so tasks that fit nobody cost
-- nothing however many stand ahead.
create or replace function aque.live(me aque.worker) returns aque.head[]
language sql stable
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set enable_sort = off set plan_cache_mode = force_generic_plan set jit = off
as $$
    with recursive live as (
        (select t.shape_id, t.priority, t.duration, -t.id as place, t.memory from aque.task t
         where t.state = 'pending' and t.blockers = 0
         order by t.shape_id, t.priority desc, t.duration desc, -t.id desc limit 1)
        union all
        select following.* from live cross join lateral (
            select t.shape_id, t.priority, t.duration, -t.id, t.memory from aque.task t
            where t.state = 'pending' and t.blockers = 0 and t.shape_id > live.shape_id
            order by t.shape_id, t.priority desc, t.duration desc, -t.id desc limit 1) following
    )
    select coalesce(array_agg(row(l.shape_id, aque.cpus_on(me.cpus, s.cpus, s.cpu_share), s.memory_least, s.queue,
                                  l.priority, l.duration, l.place, l.memory,
                                  aque.rank_at(me, s.volume))::aque.head), '{}')
    from live l
    cross join lateral (select * from aque.shape s where s.id = l.shape_id offset 0) s  -- not the other way round
    where aque.fits(me, s)
$$;

-- The first ready task of each shape that is not too big for a worker, from a place on.
create or replace function aque.first_from(me aque.worker, places aque.head[]) returns aque.head[]
language sql stable
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set enable_sort = off set plan_cache_mode = force_generic_plan set jit = off
as $$
    select coalesce(array_agg(row(p.shape_id, p.cpus, p.least, p.queue,
                                  t.priority, t.duration, t.place, t.memory, p.rank)::aque.head), '{}')
    from unnest(places) p
    cross join lateral (
        select t.priority, t.duration, -t.id as place, t.memory from aque.task t
        where t.state = 'pending' and t.blockers = 0 and t.shape_id = p.shape_id and t.memory <= me.memory
          and (t.priority, t.duration, -t.id) <= (p.priority, p.duration, p.place)
        order by t.priority desc, t.duration desc, -t.id desc limit 1
    ) t
$$;

-- Takes tasks (locks them; nothing more) in the order of all: again and again the best of those that are first in their
-- shapes, with all of its shape that come before the second best. Only what is taken is locked. Before the first is
-- overtaken that does not fit now, it is reserved (reserve.sql), and what then may go before it is taken. Limits are
-- locked before the first that draws from one is taken (limits.sql), so that who takes others waits for nobody.
-- Returns the tasks, and where each shape goes on.
create or replace function aque.take(
    me aque.worker, inout heads aque.head[], cpus_free real, memory_free bigint, wanted int, out taken bigint[]
)
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set enable_sort = off set plan_cache_mode = force_generic_plan set jit = off
as $$
#variable_conflict use_column
declare
    last_of_all constant aque.head := row(0, 0, 0, '', -2147483648, '-infinity', -9223372036854775808, 0,
                                               2147483647);
    nothing_left constant bigint := 9223372036854775807;
    draws aque.draw[] := aque.draws(heads);
    is_held boolean := draws = '{}';
    rooms bigint[];
    two int[];
    nth int;
    second int;
    best aque.head;
    bound aque.head;
    following aque.head;
    room int;
    seen int;
    left_before int;
    most_cpus real;
    most_memory bigint;
    is_stuck boolean;
    gap aque.gap;
    candidate record;
begin
    taken := '{}';
    select max(h.cpus), max(h.memory) into most_cpus, most_memory from unnest(heads) h;
    while wanted > 0 loop
        if draws <> '{}' then
            rooms := aque.rooms(heads, draws, cpus_free, memory_free);
        end if;
        two := array(
            select h.n from unnest(heads) with ordinality
                h (shape_id, cpus, least, queue, priority, duration, place, memory, rank, n)
            where h.cpus <= cpus_free and h.memory <= memory_free
              and coalesce(rooms[h.n], 1) > 0
            order by h.priority desc, h.duration desc, h.rank, h.place desc limit 2);
        if two = '{}' then
            exit when most_memory <= memory_free or not exists (  -- of a range: smaller ones may fit
                select from unnest(heads) h
                where h.cpus <= cpus_free and h.least <= memory_free and h.memory between memory_free + 1 and me.memory);
        end if;
        nth := two[1];
        second := two[2];
        best := case when nth is null then last_of_all else heads[nth] end;
        if most_cpus > cpus_free or most_memory > memory_free then
            gap := aque.gap_ahead(best, me, heads, rooms, cpus_free, memory_free, taken);
            if gap.until is not null then
                if not is_held then
                    draws := aque.hold_draws(heads, draws, rooms);
                end if;
                taken := taken || aque.backfill(me, heads, gap, draws, cpus_free, memory_free, wanted);
                exit;
            end if;
        end if;
        exit when two = '{}';
        if not is_held and rooms[nth] is not null then
            draws := aque.hold_draws(heads, draws, rooms);
            is_held := true;
            continue;
        end if;
        if rooms[nth] is not null then  -- nor does it pass by one that something is kept for
            select h.n into second
            from unnest(heads) with ordinality h (shape_id, cpus, least, queue, priority, duration, place, memory, rank, n)
            where (h.n = second or rooms[h.n] is not null and h.memory < nothing_left)
              and (h.priority, h.duration, -h.rank, h.place) < (best.priority, best.duration, -best.rank, best.place)
            order by h.priority desc, h.duration desc, h.rank, h.place desc limit 1;
        end if;
        bound := case when second is null then last_of_all else heads[second] end;
        bound.place := aque.place_among(bound.place, bound.rank, best.rank);

        room := least(wanted, case when best.cpus > 0 then floor(cpus_free::float8 / best.cpus) end,
                      case when best.least > 0 then memory_free / best.least end,
                      rooms[nth]);
        seen := 0;
        left_before := wanted;
        is_stuck := false;
        for candidate in
            select t.id, t.priority, t.duration, -t.id as place, t.memory from aque.task t
            where t.state = 'pending' and t.blockers = 0 and t.shape_id = best.shape_id and t.memory <= me.memory
              and (t.priority, t.duration, -t.id) <= (best.priority, best.duration, best.place)
              and (t.priority, t.duration, -t.id) > (bound.priority, bound.duration, bound.place)
            order by t.priority desc, t.duration desc, -t.id desc limit room
            for no key update skip locked
        loop
            seen := seen + 1;
            best.priority := candidate.priority;
            best.duration := candidate.duration;
            best.place := candidate.place;
            best.memory := candidate.memory;
            is_stuck := candidate.memory > memory_free;
            exit when is_stuck;
            taken := taken || candidate.id;
            cpus_free := cpus_free - best.cpus;
            memory_free := memory_free - candidate.memory;
            wanted := wanted - 1;
        end loop;
        if rooms[nth] is not null then
            draws := aque.drawn(draws, best.shape_id, left_before - wanted);
        end if;

        if is_stuck then  -- the shape waits, as if it had begun with this one
            heads[nth] := best;
            most_memory := greatest(most_memory, best.memory);
            continue;
        end if;
        following := null;
        if seen < room and second is not null or rooms[nth] is not null then  -- it may go on behind the second best
            if seen = room then
                bound := best;
                bound.place := best.place - 1;
            end if;
            bound.shape_id := best.shape_id;
            following := (aque.first_from(me, array[bound]))[1];
        end if;
        if following is null then
            best.memory := nothing_left;
        else
            best.priority := following.priority;
            best.duration := following.duration;
            best.place := following.place;
            best.memory := following.memory;
            most_memory := greatest(most_memory, best.memory);
        end if;
        heads[nth] := best;
        exit when following is null and cardinality(heads) = 1;
    end loop;
end $$;

-- Finds up to `wanted` ready tasks for a worker that has `cpus_free` and `memory_free` to give, and locks them.
-- While someone holds an old snapshot, the entries of all that was claimed since stay in the index before the first
-- ready task. Where there are many, this session remembers where it was, and looks from the beginning again only when it
-- finds nothing there, or after twenty times the while that it took. So long something better may have to wait.
create or replace function aque.claim(me aque.worker, cpus_free real, memory_free bigint, wanted int) returns bigint[]
language plpgsql set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set plan_cache_mode = force_generic_plan set jit = off
as $$
#variable_conflict use_column
declare
    many constant bigint := 5000;
    marks aque.marks;
    heads aque.head[];
    taken bigint[] := '{}';
    began timestamptz;
    read_before bigint;
begin
    marks := nullif(current_setting('aque.places', true), '');
    if marks.worker_id = me.id and marks.until > clock_timestamp() then
        select t.heads, t.taken into marks.heads, taken
        from aque.take(me, aque.first_from(me, marks.heads), cpus_free, memory_free, wanted) t;
    end if;
    if taken = '{}' then
        began := clock_timestamp();
        read_before := pg_stat_get_xact_tuples_returned('aque.task_ready'::regclass);
        heads := aque.live(me);
        if heads = '{}' then
            return taken;
        end if;
        if exists (select from unnest(heads) h where h.memory > me.memory) then
            heads := aque.first_from(me, heads);
        end if;
        marks.until := case
            when pg_stat_get_xact_tuples_returned('aque.task_ready'::regclass) - read_before > many
            then clock_timestamp() + (clock_timestamp() - began) * 20 end;
        select t.heads, t.taken into marks.heads, taken
        from aque.take(me, heads, cpus_free, memory_free, wanted) t;
    end if;
    if marks.until is not null then
        marks.worker_id := me.id;
        perform set_config('aque.places', marks::text, false);
    end if;
    return taken;
end $$;
