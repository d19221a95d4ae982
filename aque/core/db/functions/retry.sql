-- Retries that people ask for: what is complete becomes pending again, with those that ended because of it.

-- What a retry of `targets` comes to: those that are complete, and those that ended without a run because of them, at any
-- depth. A refusal for those that could not run: `key`, theirs is in use again; `needs`, what they need is complete, and
-- not as it must be, and not among these.
create or replace function aque.retriable(targets bigint[]) returns table (id bigint, refusal text)
language sql stable
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off set jit = off
as $$
    with recursive candidate (id) as (
        select t.id from aque.task t where t.id = any(targets) and aque.is_complete(t.state)
        union
        select d.task_id from candidate c
        join aque.dependency d on d.needs_id = c.id
        join aque.task t on t.id = d.task_id
        join aque.attempt z on z.task_id = t.id and z.number = 0 and z.finished_at = t.finished_at
        where t.state in ('error', 'cancelled') and z.error ->> 'type' = 'aque.core.errors:DependencyFailedError'
    ), keyed as (
        select t.id, t.key, row_number() over (partition by t.key order by t.id) as nth
        from candidate c join aque.task t on t.id = c.id where t.key is not null
    ), hopeless (id, refusal) as (
        (select k.id, 'key' from keyed k
         where k.nth > 1 or exists (
             select from aque.task o
             where o.key = k.key and o.state in ('creating', 'pending', 'paused', 'running'))
         union all
         select d.task_id, 'needs' from candidate c
         join aque.dependency d on d.task_id = c.id
         join aque.task p on p.id = d.needs_id
         where aque.breaks(p.state, d)
           and d.needs_id not in (select i.id from candidate i))
        union
        select d.task_id, 'needs' from hopeless h
        join aque.dependency d on d.needs_id = h.id
        join aque.task p on p.id = h.id
        where aque.breaks(p.state, d) and (d.task_id in (select i.id from candidate i)) is true
    )
    select v.id, min(v.refusal)
    from (select c.id, null as refusal from candidate c union all select h.id, h.refusal from hopeless h) v
    group by v.id
$$;

-- Tasks with all that they need and all that need them.
create or replace function aque.neighbours(ids bigint[]) returns setof bigint
language sql stable
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off set jit = off
as $$
    select unnest(ids)
    union
    select d.needs_id from unnest(ids) i (id) join aque.dependency d on d.task_id = i.id
    union
    select d.task_id from unnest(ids) i (id) join aque.dependency d on d.needs_id = i.id
$$;

-- Retries tasks. Dependents that wait have to wait for them again; those that run, or have run, go on as they are.
-- All that is needed or needs is locked with them: what completes meanwhile is either seen here, or sees us.
-- What comes back with the targets and was paused when it ended is paused again: somebody holds it back.
-- Returns the targets with their state before and now, or what was against it, and those that came back with them.
create or replace function aque.retry(targets bigint[], dry boolean)
returns table (id bigint, before aque.state, state aque.state, refusal text, old json, new json)
language plpgsql rows 100
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set plan_cache_mode = force_generic_plan set jit = off
as $$
#variable_conflict use_column
declare
    ids bigint[];
    refusals text[];
    back bigint[];
    held bigint[] := '{}';
    free bigint[];
    paused bigint[];
begin
    perform aque.guard(targets);
    loop
        select array_agg(r.id), array_agg(r.refusal) into ids, refusals from aque.retriable(targets) r;
        back := array(select v.id from unnest(ids, refusals) v (id, refusal) where v.refusal is null);
        exit when dry;
        free := array(select n from aque.neighbours(back) n union select unnest(targets) except select unnest(held));
        exit when free = '{}';  -- nothing came in between
        perform 1 from aque.task t where t.id = any(free) order by t.id for no key update;
        held := held || free;
    end loop;

    paused := array(
        select z.task_id from unnest(back) b (id) join aque.attempt z on z.task_id = b.id and z.number = 0
        where z.was = 'paused' and b.id not in (select unnest(targets)));
    return query
        select t.id, t.state, case when v.refusal is not null then t.state when t.id = any(paused) then 'paused'
                                   else 'pending' end::aque.state, v.refusal, null::json, null::json
        from unnest(ids, refusals) v (id, refusal) join aque.task t on t.id = v.id
        where v.refusal is null or v.id in (select unnest(targets));
    return query
        select t.id, t.state, t.state, 'state', null::json, null::json
        from aque.task t where t.id = any(targets) and not aque.is_complete(t.state);
    if dry or back = '{}' then
        return;
    end if;
    if exists (select from aque.task t where t.id = any(back) and t.attempt = 32767) then
        raise exception 'a task runs 32767 times at most: submit it anew' using errcode = 'AQ005';
    end if;

    update aque.dependency d set waived = false from unnest(back) b (id) where d.task_id = b.id and d.waived;
    update aque.dependency d set waived = true from unnest(back) b (id)
    where d.needs_id = b.id  -- from what comes back to what runs, never from all that runs
      and (select t.state = 'running' from aque.task t where t.id = d.task_id);
    delete from aque.result r where r.task_id = any(back);
    delete from aque.progress g where g.task_id = any(back);
    update aque.task t
    set state = case when t.id = any(paused) then 'paused' else 'pending' end::aque.state,
        started_at = null, finished_at = null, losses = 0,
        retries = least(p.retries::int + t.attempt, 32767),
        run_at = case when p.run_at > clock_timestamp() then p.run_at end
    from unnest(back) b (id) join aque.spec p on p.task_id = b.id where t.id = b.id;

    with told as (
        select unnest(back) as id
        union
        select d.task_id from unnest(back) b (id) join aque.dependency d on d.needs_id = b.id
    ), counted as materialized (
        select o.id, (select count(*) from aque.dependency d join aque.task p on p.id = d.needs_id
                      where d.task_id = o.id and not d.waived and not aque.satisfies(p.state, d.condition))::int as edges
        from told o
    )
    update aque.task t set blockers = c.edges + (t.run_at is not null)::int
    from counted c where t.id = c.id and not aque.is_complete(t.state) and t.state <> 'running';
end $$;
