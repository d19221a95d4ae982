-- Completion: runs that ended, and what follows for those that waited for them.

create or replace function aque.is_complete(state aque.state) returns boolean
language sql immutable parallel safe as $$
    select state in ('success', 'error', 'killed', 'cancelled')
$$;

-- Whether a dependency that ended in `state` meets the condition of an edge.
create or replace function aque.satisfies(state aque.state, condition aque.condition) returns boolean
language sql immutable parallel safe as $$
    select case condition
        when 'success' then state = 'success'
        when 'failure' then state in ('error', 'killed', 'cancelled')
        else aque.is_complete(state)
    end
$$;

-- Whether a dependency that ended in `state` ends who depends on it.
create or replace function aque.breaks(state aque.state, edge aque.dependency) returns boolean
language sql immutable parallel safe as $$
    select edge.otherwise <> 'wait' and aque.is_complete(state) and not aque.satisfies(state, edge.condition)
$$;

-- Tells the dependents of tasks that are complete: their count of blockers falls, or they end as well, because what
-- they need can no longer be had; then their own dependents are told. A dependent ends as an error where what it needs
-- failed, and is cancelled where that was cancelled, or did not fail as it should have, or where its edge says so. An edge
-- may also let it wait: it stays open, and a retry may close it. Dependents are locked in the order of their ids. Every
-- statement has a snapshot of its own, and an edge that is being submitted meanwhile holds a lock on its dependency: so
-- none is overlooked.
-- What is looked up by its key is a lateral of its own, here and below: the plan may be older than what the tables hold.
-- `among`: only these dependents are told of `done` (the others know); null: all.
-- Returns the dependents that ended, and those that became ready, with no state; of more than a turn takes only one row of
-- nulls.
create or replace function aque.settle(done bigint[], among bigint[] default null)
returns table (id bigint, state aque.state)
language plpgsql rows 20
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set plan_cache_mode = force_generic_plan set jit = off
as $$
#variable_conflict use_column
declare
    most constant int := 1000;
    fell bigint[];
    ready bigint[] := '{}';
    more bigint[];
begin
    -- most are needed by nobody, and to begin what follows costs more than this
    while exists (select from aque.dependency d where d.needs_id = any(done) and not d.waived) loop
        with edge as materialized (
            select d.task_id,
                   count(*) filter (where aque.satisfies(p.state, d.condition))::int as met,
                   min(d.needs_id) filter (where aque.breaks(p.state, d)) as broken,
                   bool_or(p.state = 'cancelled' or d.condition = 'failure' or d.otherwise = 'cancel')
                       filter (where aque.breaks(p.state, d)) as void
            from aque.dependency d
            cross join lateral (select k.state from aque.task k where k.id = d.needs_id offset 0) p
            where d.needs_id = any(done) and not d.waived and (among is null or d.task_id = any(among))
            group by d.task_id
        ), locked as materialized (
            select t.id, t.was, e.met, e.broken, e.void
            from (select * from edge where met > 0 or broken is not null order by task_id) e
            cross join lateral (
                select t.id, t.state as was from aque.task t
                where t.id = e.task_id and t.state in ('creating', 'pending', 'paused')
                offset 0 for no key update) t
        ), moved as (
            update aque.task t
            set blockers = case when l.broken is null then t.blockers - l.met else 0 end,
                state = case when l.broken is null then t.state when l.void then 'cancelled' else 'error' end::aque.state,
                finished_at = case when l.broken is not null then clock_timestamp() end,
                run_at = case when l.broken is null then t.run_at end
            from locked l where t.id = l.id
            returning t.id, t.state, t.blockers, t.attempt, t.finished_at, l.broken, l.was
        ), noted as (
            insert into aque.attempt (task_id, number, state, finished_at, error, was)
            select m.id, 0, m.state, m.finished_at, json_build_object(
                'type', 'aque.core.errors:DependencyFailedError',
                'message', format('it needs task %s, which is %s', m.broken, p.state), 'task', m.broken), m.was
            from moved m join aque.task p on p.id = m.broken
            on conflict (task_id, number) do update
            set state = excluded.state, finished_at = excluded.finished_at, error = excluded.error, was = excluded.was
        )
        select coalesce(array_agg(m.id) filter (where m.broken is not null), '{}'),
               array_agg(m.id) filter (where m.state = 'pending' and m.blockers = 0)
        into fell, more from moved m;
        ready := ready || more;
        return query select t.id, t.state from aque.task t where t.id = any(fell);
        done := fell;
        among := null;
    end loop;
    if cardinality(ready) > most then
        ready := array[null::bigint];
    end if;
    return query select r.id, null::aque.state from unnest(ready) r (id);
end $$;

-- Ends runs, each under its lease: a run whose lease has been given away ends nothing. Their times are seconds since 1970. A
-- failed run that has retries left makes its task pending again, after its delay, unless someone wants it stopped. Returns
-- the tasks whose runs were ended, with their state now (pending: it will be retried), then what settle() says of those that
-- waited for them, and a row of nulls where the runs gave back units of a limit, or a place in a queue: others may run what
-- was ready before.
create or replace function aque.complete(
    ids bigint[], leases bigint[], states aque.state[], starts float8[], ends float8[],
    exit_codes int[], signals smallint[], user_times real[], system_times real[], max_rsses bigint[],
    reads bigint[], writes bigint[], errors json[], results json[]
) returns table (id bigint, state aque.state)
language plpgsql rows 20
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set plan_cache_mode = force_generic_plan set jit = off
as $$
#variable_conflict use_column
declare
    ended bigint[];
    became aque.state[];
    done bigint[];
    shapes int[];
    limited text[];
    frees boolean;
begin
    -- one alone has no order, and of its task nothing is looked at but where it may be tried again
    if cardinality(ids) > 1 or states[1] = 'error' then
        perform 1 from aque.task t where t.id = any(ids) and t.lease = any(leases) order by t.id for no key update;
    end if;

    with moved as (
        update aque.task t
        set state = case when x.due is null then x.state else 'pending' end,
            lease = null, worker_id = null, kill_signal = null, kill_grace = null,
            started_at = coalesce(to_timestamp(x.started_at), t.started_at),
            finished_at = case when x.due is null then to_timestamp(x.finished_at) end,
            run_at = x.due,
            blockers = case when x.due is null then 0 else 1 end
        from (
            select x.*, old.worker_id as old_worker_id, retry.due
            from unnest(ids, leases, states, starts, ends, exit_codes, signals, user_times, system_times, max_rsses, reads,
                        writes, errors, results)
                x (id, lease, state, started_at, finished_at, exit_code, signal, user_time, system_time, max_rss,
                   read_bytes, written_bytes, error, result)
            cross join lateral (
                select k.worker_id, k.attempt, k.retries, k.kill_signal from aque.task k where k.id = x.id offset 0) old
            left join lateral (
                -- thirty years at most: beyond that there are no timestamps; of a run that went well no delay is looked up
                select clock_timestamp()
                       + make_interval(secs => least(p.retry_delay * 2 ^ least(old.attempt - 1, 20), 1e9)) as due
                from aque.spec p
                where p.task_id = x.id
                  and x.state = 'error' and old.attempt <= least(old.retries, 32766) and old.kill_signal is null
                offset 0
            ) retry on true
            offset 0
        ) x
        where t.id = x.id and t.lease = x.lease
        returning t.id, t.state, t.attempt, t.shape_id, t.limited, t.started_at, x.old_worker_id as worker_id,
                  to_timestamp(x.finished_at) as ended_at, x.state as ended_as, x.exit_code, x.signal, x.user_time,
                  x.system_time, x.max_rss, x.read_bytes,
                  x.written_bytes, x.error, x.result
    ), noted as (
        insert into aque.attempt (task_id, number, worker_id, started_at, finished_at, state, exit_code, signal,
                                  user_time, system_time, max_rss, read_bytes, written_bytes, error)
        select m.id, m.attempt, m.worker_id, m.started_at, m.ended_at, m.ended_as, m.exit_code, m.signal, m.user_time,
               m.system_time, m.max_rss, m.read_bytes, m.written_bytes, m.error
        from moved m
    ), kept as (
        insert into aque.result (task_id, value) select m.id, m.result from moved m where m.result is not null
        on conflict (task_id) do update set value = excluded.value
    )
    select array_agg(m.id), array_agg(m.state), array_agg(m.id) filter (where aque.is_complete(m.state)),
           array_agg(m.shape_id), bool_or(m.limited)
    into ended, became, done, shapes, frees from moved m;

    return query select * from unnest(ended, became);
    return query select * from aque.settle(done);
    limited := array(select q.name from aque.queue q where q.max_running is not null);
    if limited <> '{}' then  -- mostly none is: no more is looked at then
        frees := frees or exists (select from aque.shape s where s.id = any(shapes) and s.queue = any(limited));
    end if;
    if frees then
        return query select null::bigint, null::aque.state;
    end if;
end $$;

-- Gives captured tasks back unrun, as if they had never been captured; those that someone wants stopped end.
-- Returns them with their state now, and what settle() says of the dependents of those that ended.
create or replace function aque.release(ids bigint[], leases bigint[]) returns table (id bigint, state aque.state)
language plpgsql rows 20 set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set plan_cache_mode = force_generic_plan set jit = off
as $$
#variable_conflict use_column
begin
    perform 1 from aque.task t where t.id = any(ids) and t.lease = any(leases) order by t.id for no key update;
    return query
        update aque.task t
        set state = 'pending', lease = null, worker_id = null, started_at = null, attempt = t.attempt - 1
        from unnest(ids, leases) x (id, lease)
        where t.id = x.id and t.lease = x.lease and t.kill_signal is null
        returning t.id, t.state;
    return query select * from aque.interrupt(ids, leases, false, 'it was stopped before it began');
end $$;
