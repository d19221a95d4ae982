-- Submission: new tasks and the edges between them, and from them to tasks that are there.

-- The range of sizes that a size falls into, where there are too many to tell them apart: up to 512 MiB by steps of
-- 64 MiB, then four to each power of two.
create or replace function aque.memory_range(size bigint, out low bigint, out high bigint)
language sql immutable parallel safe as $$
    select greatest((units - 1) * step + 1, 0), units * step
    from (select case when size <= 536870912 then 67108864::bigint
                      else (2 ^ (floor(ln(size - 1) / ln(2)) - 2))::bigint end) s (step)
    cross join lateral (select (size + step - 1) / step) u (units)
$$;

-- What is told apart of a volume: itself while they are few, and nothing beyond that, lest there be too many shapes.
create or replace function aque.volume_of(name text) returns text
language plpgsql set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off
as $$
declare
    most constant int := 64;
begin
    if name is null or name = '' then
        return '';
    elsif not exists (select from aque.volume v where v.name = volume_of.name) then
        if (select count(*) from aque.volume) >= most then
            return '';
        end if;
        insert into aque.volume (name) values (volume_of.name) on conflict do nothing;
    end if;
    return name;
end $$;

-- The shape of a demand, made where there is none: one of its own while its like are few, and one of a range of sizes
-- beyond that.
create or replace function aque.shape_of(d aque.demand) returns int
language plpgsql set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off
as $$
declare
    exact constant int := 48;
    low bigint := d.memory;
    high bigint := d.memory;
    found_id int;
begin
    d.volume := aque.volume_of(d.volume);
    for attempt in 1..3 loop
        select s.id into found_id from aque.shape s
        where (s.queue, s.username, s.cpus, s.cpu_share, s.host, s.platform, s.tags, s.limits, s.volume,
               s.memory, s.memory_least)
            = (d.queue, d.username, d.cpus, d.cpu_share, d.host, d.platform, d.tags, d.limits, d.volume,
               high, low);
        exit when found_id is not null;
        if attempt = 1 and (
            select count(*) from aque.shape s
            where (s.queue, s.username, s.cpus, s.cpu_share, s.host, s.platform, s.tags, s.limits, s.volume)
                = (d.queue, d.username, d.cpus, d.cpu_share, d.host, d.platform, d.tags, d.limits, d.volume)) >= exact
        then
            select r.low, r.high into low, high from aque.memory_range(d.memory) r;
            continue;
        end if;
        perform aque.check_demand(d);
        insert into aque.shape (queue, username, cpus, cpu_share, host, platform, tags, limits, volume,
                                memory, memory_least)
        values (d.queue, d.username, d.cpus, d.cpu_share, d.host, d.platform, d.tags, d.limits, d.volume,
                high, low)
        on conflict do nothing returning id into found_id;
        exit when found_id is not null;
    end loop;
    return found_id;
end $$;

-- Makes what is not there yet of shapes and environments ({digest, vars}, vars a text), in one order for all.
create or replace function aque.prepare(demands json, environs json) returns void
language plpgsql set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off
as $$
begin
    perform aque.volume_of(v.name) from (
        select distinct d.volume as name from json_populate_recordset(null::aque.demand, demands) d order by 1) v;
    perform aque.shape_of(d) from json_populate_recordset(null::aque.demand, demands) d order by d;
    -- first those that are there: nobody removes them now (aque.tidy), or they are gone and made anew
    update aque.environ v set asked_at = clock_timestamp()
    from (select e.digest from json_to_recordset(environs) e (digest bytea) order by e.digest) e
    where v.digest = e.digest and v.owner = session_user and v.asked_at < clock_timestamp() - interval '1 h';
    insert into aque.environ (digest, vars)
    select e.digest, aque.checked_environ(e.vars::json) from json_to_recordset(environs) e (digest bytea, vars text)
    where not exists (select from aque.environ v where v.digest = e.digest and v.owner = session_user)
    order by e.digest
    on conflict (digest, owner) do nothing;
end $$;

-- Stores tasks that nobody can see yet: their ids, the arguments of each (`args`, an array), and of which kind it is
-- (`places`, from 1, in `kinds`): tasks by the thousand differ in their arguments alone. A kind is an object with the
-- fields of aque.incoming, `common` what all have where they do not say otherwise. Demands and environments that are not
-- there are made, unless somebody had it done (`is_prepared`), apart from a transaction that stays open. Edges come by
-- what is the same of them, and in columns: there are many to one task. An edge counts as open, whatever its other end
-- does, until aque.link().
-- Of a single task each statement costs more than what it does: so there are two, unless something is amiss or has edges.
create or replace function aque.store(
    ids bigint[], places int[], args json, kinds json, common json, demands json, environs json, edges json,
    is_prepared boolean
) returns void
language plpgsql
set enable_seqscan = off set enable_nestloop = off set plan_cache_mode = force_generic_plan set jit = off
as $$
declare
    began constant timestamptz := clock_timestamp();
    who constant text := session_user;
    asked_since constant timestamptz := case when is_prepared then '-infinity' else began - interval '1 h' end;
    needs aque.edge[] := '{}';
    blockers int[];
    shapes int[];
    are_limited boolean[];
    environ_ids bigint[];
begin
    if 1 > any(ids) then
        raise exception 'ids of tasks begin with 1' using errcode = 'AQ005';
    end if;
    if strpos(args::text, '\u') > 0 then
        perform aque.check_texts(args);
    end if;
    if edges::text <> '[]' then
        needs := array(
            select row(u.task_id, u.needs_id, e.condition, u.place, e.is_child, e.otherwise)::aque.edge
            from json_to_recordset(edges) e (condition aque.condition, is_child boolean, otherwise aque.otherwise,
                                             task_ids bigint[], needs_ids bigint[], places int[])
            cross join lateral unnest(e.task_ids, e.needs_ids, e.places) u (task_id, needs_id, place));
        blockers := array(
            select coalesce(open.edges, 0) from unnest(ids) with ordinality x (id, n)
            left join (select e.task_id, count(*)::int as edges from unnest(needs) e group by e.task_id) open
                on open.task_id = x.id
            order by x.n);
    end if;

    select d.ids, d.limited, e.ids into shapes, are_limited, environ_ids
    from (
        select array_agg(s.id) as ids, array_agg(d.limits <> '{}') as limited
        from json_populate_recordset(null::aque.demand, demands) d
        left join lateral (  -- the size itself, or the smallest range that it falls into
            select s.id from aque.shape s
            where (s.queue, s.username, s.cpus, s.cpu_share, s.host, s.platform, s.tags, s.limits, s.volume)
                = (d.queue, d.username, d.cpus, d.cpu_share, d.host, d.platform, d.tags, d.limits, d.volume)
              and s.memory >= d.memory and s.memory_least <= d.memory
            order by s.memory, s.memory_least desc limit 1) s on true) d
    cross join (
        select array_agg((select v.id from aque.environ v
                          where v.digest = e.digest and v.owner = who and v.asked_at >= asked_since)) as ids
        from json_to_recordset(environs) e (digest bytea)) e;
    if array_position(shapes, null) > 0 or array_position(environ_ids, null) > 0 then
        perform aque.prepare(demands, environs);
        shapes := array(select aque.shape_of(d) from json_populate_recordset(null::aque.demand, demands) d);
        environ_ids := array(
            select (select v.id from aque.environ v where v.digest = e.digest and v.owner = who)
            from json_to_recordset(environs) e (digest bytea));
    end if;

    with known as materialized (
        select k.* from json_populate_recordset(json_populate_record(null::aque.incoming, common), kinds) with ordinality k
        where aque.check_fields(k.memory, k.duration, k.timeout, k.retries, k.retry_delay, k.run_at)
    ), specified as (
        insert into aque.spec (task_id, name, pattern, func, args, kwargs, environ_id, cwd, groupname, interpreter, stdin,
                               stdout, stderr, stdin_value, timeout, retries, retry_delay, run_at, io_paths, extra, isolation)
        select x.id, k.name, k.pattern, k.func, x.args, k.kwargs, environ_ids[k.environ], k.cwd, k.groupname,
               k.interpreter, k.stdin, k.stdout, k.stderr, k.stdin_value, k.timeout, k.retries, k.retry_delay, k.run_at,
               k.io_paths, k.extra, k.isolation
        from rows from (unnest(ids), unnest(places), json_array_elements(args)) x (id, kind, args)
        join known k on k.ordinality = x.kind
    )
    insert into aque.task (id, parent_id, run_at, shape_id, limited, memory, priority, duration, guessed, retries, key,
                           state, blockers, created_at, owner)
    select x.id, k.parent_id, case when k.run_at > began then k.run_at end, shapes[k.demand], are_limited[k.demand],
           k.memory, k.priority, k.duration, k.guessed, k.retries, k.key,
           case when k.hold then 'paused' else 'pending' end::aque.state,
           coalesce(blockers[x.n], 0) + case when k.run_at > began then 1 else 0 end, began, who
    from rows from (unnest(ids), unnest(places)) with ordinality x (id, kind, n)
    join known k on k.ordinality = x.kind;

    if needs <> '{}' then
        insert into aque.dependency (task_id, needs_id, condition, otherwise, place, is_child)
        select e.task_id, e.needs_id, e.condition, e.otherwise, e.place, e.is_child from unnest(needs) e;
    end if;
end $$;

-- Ties new tasks to those that were there: `dependents` are the new tasks that need some of `needs`, and `children` (new)
-- are given to `parents` (each with its child). A task that is still to run waits for children that are given to it;
-- children of one that runs already, or has ended, are nobody's dependency. A task that needs what has failed already
-- ends at once, unless it is to wait for a retry of that. To be called last in the transaction: those that are needed are held, in the order of all, so that none
-- can end between our look at its state and our commit.
-- Returns the tasks that ended. The message of the error AQ004 names what is missing.
create or replace function aque.link(dependents bigint[], needs bigint[], parents bigint[], children bigint[])
returns table (id bigint, state aque.state)
language plpgsql set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set plan_cache_mode = force_generic_plan set jit = off
as $$
#variable_conflict use_column
declare
    missing bigint;
begin
    perform aque.guard(dependents || parents);
    if parents = '{}' then
        perform 1 from aque.task t where t.id = any(needs) order by t.id for share;
    else
        perform 1 from aque.task t where t.id = any(needs || parents) order by t.id for no key update;
    end if;
    select n into missing from unnest(needs || parents) n
    where not exists (select from aque.task t where t.id = n) order by n limit 1;
    if missing is not null then
        raise exception 'no such task to depend on: %', missing using errcode = 'AQ004';
    end if;

    with linked as (
        insert into aque.dependency (needs_id, task_id, condition, is_child)
        select g.child, g.parent, 'success', true
        from unnest(parents, children) g (parent, child)
        where (select t.state in ('creating', 'pending', 'paused') from aque.task t where t.id = g.parent)
        on conflict do nothing returning task_id
    )
    update aque.task t set blockers = t.blockers + l.n
    from (select task_id, count(*)::int as n from linked group by task_id) l where t.id = l.task_id;

    return query
        select s.id, s.state
        from aque.settle((select coalesce(array_agg(t.id), '{}') from aque.task t
                          where t.id = any(needs) and aque.is_complete(t.state)), dependents) s
        where s.state is not null;
end $$;

-- A submission of tasks that need none, and that no other of them needs: so nobody has to know their ids before. Gives
-- them their ids, and returns these.
create or replace function aque.enter(places int[], args json, kinds json, common json, demands json, environs json)
returns bigint[] language plpgsql as $$
declare
    ids constant bigint[] := array(select nextval('aque.task_id') from unnest(places));
begin
    perform aque.store(ids, places, args, kinds, common, demands, environs, '[]', false);
    return ids;
end $$;

-- A submission that fits into one statement.
create or replace function aque.submit(
    ids bigint[], places int[], args json, kinds json, common json, demands json, environs json, edges json,
    dependents bigint[], needs bigint[], parents bigint[], children bigint[]
) returns table (id bigint, state aque.state)
language plpgsql as $$
begin
    perform aque.store(ids, places, args, kinds, common, demands, environs, edges, false);
    if needs <> '{}' or parents <> '{}' then
        return query select * from aque.link(dependents, needs, parents, children);
    end if;
end $$;
