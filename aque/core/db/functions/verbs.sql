-- Verbs that change tasks one by one. Each locks its targets in the order of their ids, and returns them all: the state
-- before and now (null: it is gone), what was against it (null: it is done), and old and new values where these are not
-- the states.
-- `dry`: says what it would do, and does nothing.

-- What every verb begins with: the targets may be changed, and by nobody else meanwhile. `dry`: nothing is locked.
create or replace function aque.hold(targets bigint[], dry boolean) returns void
language plpgsql set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off
as $$
begin
    perform aque.guard(targets);
    if not dry then
        perform 1 from aque.task t where t.id = any(targets) order by t.id for no key update;
    end if;
end $$;

-- Moves tasks between two states that mean nothing to others: pending, paused. Any other would be a lie: one that "runs"
-- without a run would hold its limits for ever.
create or replace function aque.move(targets bigint[], origin aque.state, goal aque.state, dry boolean)
returns table (id bigint, before aque.state, state aque.state, refusal text, old json, new json)
language plpgsql rows 100 set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off
as $$
#variable_conflict use_column
begin
    if ((origin, goal) in (('pending', 'paused'), ('paused', 'pending'))) is not true then
        raise exception 'no task is moved from % to %', origin, goal using errcode = 'AQ005';
    end if;
    perform aque.hold(targets, dry);
    return query
        select t.id, t.state, case when t.state = origin then goal else t.state end,
               case when t.state <> origin then 'state' end, null::json, null::json
        from aque.task t where t.id = any(targets);
    if not dry then
        update aque.task t
        set state = goal, paused_by = case when goal = 'paused' then session_user end,
            paused_at = case when goal = 'paused' then clock_timestamp() end
        where t.id = any(targets) and t.state = origin;
    end if;
end $$;

-- The priority that a task would have: within 32 bits.
create or replace function aque.moved_priority(priority int, amount bigint, is_relative boolean) returns int
language sql immutable parallel safe as $$
    select least(greatest(amount + case when is_relative then priority else 0 end, -2147483648), 2147483647)::int
$$;

-- `expected`: only of tasks that have this priority; null: of all.
create or replace function aque.prioritise(
    targets bigint[], amount bigint, is_relative boolean, dry boolean, expected int default null)
returns table (id bigint, before aque.state, state aque.state, refusal text, old json, new json)
language plpgsql rows 100 set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off
as $$
#variable_conflict use_column
begin
    perform aque.hold(targets, dry);
    return query
        select t.id, t.state, t.state,
               case when aque.is_complete(t.state) then 'state' when t.priority <> expected then 'changed' end,
               json_build_object('priority', t.priority),
               json_build_object('priority', aque.moved_priority(t.priority, amount, is_relative))
        from aque.task t where t.id = any(targets);
    if not dry then
        update aque.task t set priority = aque.moved_priority(t.priority, amount, is_relative)
        where t.id = any(targets) and not aque.is_complete(t.state) and (t.priority <> expected) is not true;
    end if;
end $$;

-- Removes tasks that are complete, with all that belongs to them, unless one that is to run needs them.
create or replace function aque.remove(targets bigint[], dry boolean)
returns table (id bigint, before aque.state, state aque.state, refusal text, old json, new json)
language plpgsql rows 100 as $$
begin
    perform aque.guard(targets);
    return query select * from aque.clear(targets, dry);
end $$;

-- The same, whoever they belong to: their time may be over.
create or replace function aque.clear(targets bigint[], dry boolean)
returns table (id bigint, before aque.state, state aque.state, refusal text, old json, new json)
language plpgsql rows 100
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set plan_cache_mode = force_generic_plan set jit = off
as $$
#variable_conflict use_column
declare
    ids bigint[];
    refusals text[];
    gone bigint[];
begin
    if not dry then
        perform 1 from aque.task t where t.id = any(targets) order by t.id for update;
    end if;
    select array_agg(t.id), array_agg(case
        when not aque.is_complete(t.state) then 'state'
        when exists (select from aque.dependency d join aque.task o on o.id = d.task_id
                     where d.needs_id = t.id and not aque.is_complete(o.state)) then 'needed' end)
    into ids, refusals from aque.task t where t.id = any(targets);
    return query
        select t.id, t.state, case when v.refusal is not null then t.state end, v.refusal, null::json, null::json
        from unnest(ids, refusals) v (id, refusal) join aque.task t on t.id = v.id;
    if dry then
        return;
    end if;
    gone := array(select v.id from unnest(ids, refusals) v (id, refusal) where v.refusal is null);
    delete from aque.output o where o.task_id = any(gone);
    delete from aque.progress g where g.task_id = any(gone);
    delete from aque.result r where r.task_id = any(gone);
    delete from aque.attempt a where a.task_id = any(gone);
    delete from aque.dependency d where d.task_id = any(gone);
    delete from aque.dependency d where d.needs_id = any(gone);
    delete from aque.spec p where p.task_id = any(gone);
    delete from aque.task t where t.id = any(gone);
end $$;

-- What a task demands once `changes` are made.
create or replace function aque.demand_with(t aque.task, changes jsonb) returns aque.demand
language sql stable set enable_seqscan = off as $$
    select jsonb_populate_record(
        row(s.queue, s.username, s.cpus, s.cpu_share, t.memory, s.host, s.platform, s.tags, s.limits, s.volume)::aque.demand,
        changes)
    from aque.shape s where s.id = t.shape_id
$$;

-- What a task asks for, of the fields that `wanted` has.
create or replace function aque.asked(t aque.task, p aque.spec, s aque.shape, wanted jsonb) returns jsonb
language sql stable as $$
    select jsonb_object_agg(o.key, o.value) from jsonb_each(jsonb_build_object(
        'priority', t.priority, 'duration', t.duration, 'memory', t.memory, 'cpus', s.cpus, 'cpu_share', s.cpu_share,
        'queue', s.queue, 'host', s.host, 'platform', s.platform, 'tags', s.tags, 'limits', s.limits,
        'volume', s.volume, 'name', p.name, 'cwd', p.cwd, 'interpreter', p.interpreter, 'stdout', p.stdout,
        'stderr', p.stderr, 'timeout', p.timeout, 'retries', p.retries, 'retry_delay', p.retry_delay, 'run_at', p.run_at,
        'io_paths', p.io_paths)) o
    where wanted ? o.key
$$;

-- Changes what tasks that have not begun ask for: `changes` has values by the names of columns of spec, task and demand.
-- `expected`: only of tasks that have these values; null: of all. Shapes are made before tasks are locked, as submission
-- does it.
create or replace function aque.edit(targets bigint[], changes jsonb, dry boolean, expected jsonb default null)
returns table (id bigint, before aque.state, state aque.state, refusal text, old json, new json)
language plpgsql rows 100
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set plan_cache_mode = force_generic_plan set jit = off
as $$
#variable_conflict use_column
declare
    has_demand constant boolean := changes ?| '{queue,cpus,cpu_share,memory,host,platform,tags,limits,volume}';
    ids bigint[];
    refusals text[];
    olds jsonb[];
    waiting bigint[];
begin
    perform aque.guard(targets);
    if changes ? 'username' then  -- not even by an undo: what it takes back comes from an entry that somebody wrote
        raise exception 'the account that a task runs as cannot be changed' using errcode = 'AQ006';
    end if;
    perform aque.check_fields(k.memory, k.duration, k.timeout, k.retries, k.retry_delay, k.run_at)
    from jsonb_populate_record(null::aque.incoming, changes) k;
    if not dry then
        perform aque.shape_of(d) from (
            select distinct aque.demand_with(t, changes) as d from aque.task t
            where has_demand and t.id = any(targets) and t.state in ('creating', 'pending', 'paused')) made
        order by d;
        perform 1 from aque.task t where t.id = any(targets) order by t.id for no key update;
    end if;
    select array_agg(x.id), array_agg(x.refusal), array_agg(x.old) into ids, refusals, olds
    from (select t.id, o.old, case when t.state not in ('creating', 'pending', 'paused') then 'state'
                                   when o.old <> expected then 'changed' end as refusal
          from aque.task t join aque.spec p on p.task_id = t.id join aque.shape s on s.id = t.shape_id
          cross join lateral (select aque.asked(t, p, s, changes) as old) o
          where t.id = any(targets)) x;
    waiting := array(select v.id from unnest(ids, refusals) v (id, refusal) where v.refusal is null);
    return query
        select t.id, t.state, t.state, v.refusal, v.old::json,
               aque.asked(jsonb_populate_record(t, changes), jsonb_populate_record(p, changes),
                          jsonb_populate_record(s, changes), changes)::json
        from unnest(ids, refusals, olds) v (id, refusal, old)
        join aque.task t on t.id = v.id join aque.spec p on p.task_id = t.id join aque.shape s on s.id = t.shape_id;
    if dry then
        return;
    end if;

    with new as materialized (
        select t.id, n.priority, n.duration, n.memory,
               case when changes ? 'retries' then least(n.retries::int + t.retries - p.retries, 32767) else t.retries end
                   as retries,
               case when not changes ? 'run_at' then t.run_at when n.run_at > clock_timestamp() then n.run_at end
                   as run_at,
               case when has_demand then aque.shape_of(aque.demand_with(t, changes)) else t.shape_id end as shape_id,
               case when has_demand then (aque.demand_with(t, changes)).limits <> '{}' else t.limited end as limited
        from unnest(waiting) w (id) join aque.task t on t.id = w.id join aque.spec p on p.task_id = w.id
        cross join lateral jsonb_populate_record(t, changes) n
    )
    update aque.task t
    set priority = n.priority, duration = n.duration, memory = n.memory, retries = n.retries, run_at = n.run_at,
        shape_id = n.shape_id, limited = n.limited,
        blockers = t.blockers - (t.run_at is not null)::int + (n.run_at is not null)::int
    from new n where t.id = n.id;

    update aque.spec p
    set name = n.name, cwd = n.cwd, interpreter = n.interpreter, stdout = n.stdout, stderr = n.stderr,
        timeout = n.timeout, retries = n.retries, retry_delay = n.retry_delay, run_at = n.run_at, io_paths = n.io_paths
    from unnest(waiting) w (id) join aque.spec o on o.task_id = w.id
    cross join lateral jsonb_populate_record(o, changes) n
    where p.task_id = w.id
      and changes ?| '{name,cwd,interpreter,stdout,stderr,timeout,retries,retry_delay,run_at,io_paths}';
end $$;
