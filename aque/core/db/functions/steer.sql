-- Steering: what people ask of tasks, and what the living do for the dead.

-- Which tasks a kill of `ids` reaches: these, with all that they need and that is not complete, and all that need them.
-- What succeeded needs nothing any more; what is complete holds nobody back. One index lookup an edge, at any depth.
create or replace function aque.reach(ids bigint[], dependencies boolean, dependents boolean) returns setof bigint
language sql stable
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off set jit = off
as $$
    with recursive below (id) as (
        select unnest(ids)
        union
        select d.needs_id from below b
        join aque.dependency d on d.task_id = b.id
        join aque.task t on t.id = d.needs_id
        where dependencies and t.state <> 'success'
    ), above (id) as (
        select unnest(ids)
        union
        select d.task_id from above a
        join aque.dependency d on d.needs_id = a.id
        join aque.task t on t.id = d.task_id
        where dependents and not aque.is_complete(t.state)
    ), found as (
        select b.id from below b union select a.id from above a
    )
    select f.id from found f join aque.task t on t.id = f.id
    where f.id = any(ids) or not aque.is_complete(t.state)
$$;

-- The tasks beside `ids` that could not succeed any more, were these stopped.
create or replace function aque.fallout(ids bigint[]) returns setof bigint
language sql stable
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off set jit = off
as $$
    with recursive fallen (id) as (
        select t.id from aque.task t where t.id = any(ids) and not aque.is_complete(t.state)
        union
        select d.task_id from fallen f
        join aque.dependency d on d.needs_id = f.id and d.condition = 'success' and d.otherwise <> 'wait' and not d.waived
        join aque.task t on t.id = d.task_id
        where not aque.is_complete(t.state)
    )
    select f.id from fallen f except select unnest(ids)
$$;

-- Those of some tasks that have not begun, and do not begin before the end of the transaction.
create or replace function aque.waiting(ids bigint[]) returns setof bigint
language plpgsql rows 100 set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off
as $$
begin
    perform aque.guard(ids);
    return query
        select t.id from aque.task t where t.id = any(ids) and t.state in ('creating', 'pending', 'paused')
        order by t.id for no key update;
end $$;

-- Has tasks that have not begun need no longer what they wait for. That is locked with them, in the order of all: none of it
-- ends meanwhile, and counts for them a second time.
create or replace function aque.waive(targets bigint[]) returns void
language plpgsql set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set plan_cache_mode = force_generic_plan set jit = off
as $$
declare
    needed constant bigint[] := array(select d.needs_id from aque.dependency d where d.task_id = any(targets) and not d.waived);
begin
    perform aque.guard(targets);
    perform 1 from aque.task t where t.id = any(targets || needed) order by t.id for no key update;
    with gone as (
        update aque.dependency d set waived = true
        where d.task_id = any(targets) and not d.waived
          and (select t.state in ('creating', 'pending', 'paused') from aque.task t where t.id = d.task_id)
          and not aque.satisfies((select p.state from aque.task p where p.id = d.needs_id), d.condition)
        returning d.task_id
    )
    update aque.task t set blockers = t.blockers - g.count
    from (select task_id, count(*)::int from gone group by task_id) g where t.id = g.task_id;
end $$;

-- Signals tasks. A signal that `ends` them cancels those that have not begun, here and now, and is asked of the workers
-- of those that run; any other is passed on to those that run, and is nothing to the rest.
-- Returns every target with its state before and now, and the worker that has to act on it; then those that ended
-- because of it, with no state before.
create or replace function aque.kill(targets bigint[], signal smallint, grace real, ends boolean)
returns table (id bigint, before aque.state, state aque.state, worker_id bigint)
language plpgsql rows 20
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set plan_cache_mode = force_generic_plan set jit = off
as $$
#variable_conflict use_column
declare
    waiting bigint[];
begin
    if (signal between 1 and 64) is not true or (grace >= 0 and grace < 'infinity') is false then
        raise exception 'no signal: %, with a grace of % s', signal, grace using errcode = 'AQ005';
    end if;
    perform aque.hold(targets, dry => false);
    select coalesce(array_agg(t.id), '{}') into waiting from aque.task t
    where ends and t.id = any(targets) and t.state in ('creating', 'pending', 'paused');
    return query
        select t.id, t.state, t.state, null::bigint from aque.task t
        where t.id = any(targets) and t.state <> 'running' and t.id <> all(waiting);
    if ends then
        update aque.task t set kill_signal = signal, kill_grace = grace
        where t.id = any(targets) and t.state = 'running';
    else
        insert into aque.signal (worker_id, lease, signal)
        select t.worker_id, t.lease, signal from aque.task t
        where t.id = any(targets) and t.state = 'running' order by t.id;
    end if;
    return query
        select t.id, t.state, t.state, t.worker_id from aque.task t
        where t.id = any(targets) and t.state = 'running';
    return query
        with old as materialized (
            select t.id, t.state from aque.task t where t.id = any(waiting)
        ), moved as (
            update aque.task t set state = 'cancelled', finished_at = clock_timestamp(), run_at = null, blockers = 0
            from old where t.id = old.id
            returning t.id, old.state as before, t.state, t.finished_at
        ), noted as (
            insert into aque.attempt (task_id, number, state, finished_at, error, was)
            select m.id, 0, m.state, m.finished_at, json_build_object(
                'type', 'aque.core.errors:TaskKilled', 'message', format('cancelled by %s', session_user)), m.before
            from moved m
            on conflict (task_id, number) do update
            set state = excluded.state, finished_at = excluded.finished_at, error = excluded.error, was = excluded.was
        )
        select m.id, m.before, m.state, null::bigint from moved m;
    return query select s.id, null::aque.state, s.state, null::bigint from aque.settle(waiting) s where s.state is not null;
end $$;

-- A life of the server, which ends with all its locks: it is started, or promoted where it was a standby before.
create or replace function aque.incarnation() returns text
language sql stable as $$
    select extract(epoch from pg_postmaster_start_time())::text || ' ' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
$$;

-- Workers that look dead. `certain`: the heartbeat is older than any lease. Else the session lock is gone (kill -9 frees
-- it at once): whoever asks looks again, for one that lives takes the lock or beats again (`last_active` is another).
-- Who has not taken its lock since the server was started or promoted may be on its way back, and its tasks run: it is
-- judged by its beats alone, and so is who is behind a pooler and never has one. After all sessions were ended the others
-- must have had the time to come back as well; `settled`: whoever asks has been connected for some seconds.
-- And workers that were ended already, but have runs: a claim of theirs was committed after all.
create or replace function aque.dead_workers(grace interval, settled boolean)
returns table (id bigint, last_active timestamptz, certain boolean)
language sql stable rows 20 set enable_seqscan = off as $$
    select w.id, w.last_active, s.silent from aque.worker w
    cross join lateral (
        select w.last_active < clock_timestamp() - grace
               and clock_timestamp() > pg_postmaster_start_time() + grace as silent) s
    where w.ended_at is null
      and (s.silent
           or (settled and w.held_in = aque.incarnation() and w.id::int::oid <> all(array(
                   select l.objid from pg_locks l  -- once, for all workers
                   where l.locktype = 'advisory' and l.classid = 1634825573 and l.objsubid = 2 and l.granted
                     and l.database = (select oid from pg_database where datname = current_database())))))
    union all (
        with recursive busy (id) as (
            select min(t.worker_id) from aque.task t where t.state = 'running'
            union all
            select (select min(t.worker_id) from aque.task t where t.state = 'running' and t.worker_id > b.id)
            from busy b where b.id is not null
        )
        select w.id, w.last_active, true
        from busy b join aque.worker w on w.id = b.id where w.ended_at < clock_timestamp() - interval '2 s'
    )
$$;

-- Takes runs that came to no end of their own away from their worker, each under its lease: their tasks are pending
-- again, unless someone wants them stopped. Such a run costs no retry. `is_loss`: it may have been the task that took
-- the worker down, and after three of these it is an error; and so is its 32,767th run, for there are no more.
-- Returns the tasks with their state now, and what settle() says of their dependents.
create or replace function aque.interrupt(ids bigint[], leases bigint[], is_loss boolean, reason text)
returns table (id bigint, state aque.state)
language plpgsql rows 20 set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set plan_cache_mode = force_generic_plan set jit = off
as $$
#variable_conflict use_column
declare
    taken bigint[];
begin
    perform 1 from aque.task t where t.id = any(ids) and t.lease = any(leases) order by t.id for no key update;
    with moved as (
        update aque.task t
        set losses = t.losses + case when is_loss then 1 else 0 end, retries = least(t.retries::int + 1, 32767),
            lease = null, worker_id = null, kill_signal = null, kill_grace = null,
            state = case when old.kill_signal is not null then 'killed'
                         when old.is_last then 'error' else 'pending' end::aque.state,
            finished_at = case when old.kill_signal is not null or old.is_last then clock_timestamp() end
        from (
            select x.*, k.kill_signal, k.worker_id, is_loss and k.losses >= 2 or k.attempt = 32767 as is_last
            from unnest(ids, leases) x (id, lease)
            cross join lateral (
                select k.kill_signal, k.worker_id, k.losses, k.attempt from aque.task k where k.id = x.id offset 0) k
            offset 0) old
        where t.id = old.id and t.lease = old.lease
        returning t.id, t.state, t.attempt, t.losses, t.started_at, old.worker_id
    ), noted as (
        insert into aque.attempt (task_id, number, worker_id, started_at, finished_at, state, error)
        select m.id, m.attempt, m.worker_id, m.started_at, clock_timestamp(),
               case m.state when 'killed' then 'killed' else 'error' end::aque.state,
               json_build_object('type', 'aque.core.errors:TaskLost', 'message',
                                 reason || case when is_loss then format(' (loss %s)', m.losses) else '' end)
        from moved m
    )
    select coalesce(array_agg(m.id), '{}') into taken from moved m;
    return query select t.id, t.state from aque.task t where t.id = any(taken);
    return query select * from aque.settle((
        select coalesce(array_agg(t.id) filter (where aque.is_complete(t.state)), '{}')  -- no index of what is complete
        from aque.task t where t.id = any(taken)));
end $$;

-- Ends workers that are gone, and takes their runs away from them: these are losses. It waits for nobody: what is locked
-- is being seen to by another, or by the worker itself; whatever is left then is found by the next who looks.
create or replace function aque.forsake(gone bigint[]) returns table (id bigint, state aque.state)
language plpgsql rows 20 set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set plan_cache_mode = force_generic_plan set jit = off
as $$
#variable_conflict use_column
declare
    ended bigint[];
    ids bigint[];
    leases bigint[];
begin
    update aque.worker w set ended_at = clock_timestamp(), idle = false
    where w.id = any(array(select g.id from aque.worker g where g.id = any(gone) and g.ended_at is null
                           for no key update skip locked));
    ended := array(select w.id from aque.worker w where w.id = any(gone) and w.ended_at is not null);
    delete from aque.signal s where s.worker_id = any(ended);
    delete from aque.reservation r where r.worker_id = any(ended);
    delete from aque.usage u where u.worker_id = any(ended);
    select array_agg(r.id), array_agg(r.lease) into ids, leases
    from (select t.id, t.lease from aque.task t where t.state = 'running' and t.worker_id = any(ended)
          order by t.id for no key update skip locked) r;
    return query select * from aque.interrupt(ids, leases, true, 'its worker died while it ran');
end $$;
