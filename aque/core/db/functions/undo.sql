-- Taking back what was done to tasks: of those alone that are still in the state that it left them in, which stands in
-- `origins` for each. They lock their targets, and return them, as the verbs do.

-- Those that are in another state than they were left in are refused, and those that are gone left out.
create or replace function aque.strayed(targets bigint[], origins aque.state[])
returns table (id bigint, before aque.state, state aque.state, refusal text, old json, new json)
language sql stable rows 100 set enable_seqscan = off as $$
    select t.id, t.state, t.state, 'state', null::json, null::json
    from unnest(targets, origins) v (id, origin) join aque.task t on t.id = v.id where t.state <> v.origin
$$;

-- The others.
create or replace function aque.unstrayed(targets bigint[], origins aque.state[]) returns bigint[]
language sql stable set enable_seqscan = off as $$
    select array(select v.id from unnest(targets, origins) v (id, origin)
                 join aque.task t on t.id = v.id and t.state = v.origin)
$$;

-- Tasks that were stopped run again, with those that ended because of them. What was paused when it ended is so again.
create or replace function aque.revive(targets bigint[], origins aque.state[], dry boolean)
returns table (id bigint, before aque.state, state aque.state, refusal text, old json, new json)
language plpgsql rows 100
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set plan_cache_mode = force_generic_plan set jit = off
as $$
#variable_conflict use_column
declare
    standing bigint[];
    back bigint[];
    befores aque.state[];
    refusals text[];
    held bigint[];
begin
    perform aque.hold(targets, dry);
    standing := aque.unstrayed(targets, origins);
    return query select * from aque.strayed(targets, origins);
    select array_agg(r.id), array_agg(r.before), array_agg(r.refusal) into back, befores, refusals
    from aque.retry(standing, dry) r;
    held := array(
        select z.task_id from unnest(back, befores, refusals) v (id, before, refusal)
        join aque.attempt z on z.task_id = v.id and z.number = 0 and z.was = 'paused'
        where v.refusal is null and v.before <> 'killed');
    return query
        select v.id, v.before,
               case when v.refusal is not null then v.before when v.id = any(held) then 'paused' else 'pending' end
                   ::aque.state, v.refusal, null::json, null::json
        from unnest(back, befores, refusals) v (id, before, refusal);
    if not dry then
        update aque.task t set state = 'paused' where t.id = any(held);
    end if;
end $$;

-- Tasks that have not begun are cancelled, with those that need them.
create or replace function aque.cancel(targets bigint[], origins aque.state[], dry boolean)
returns table (id bigint, before aque.state, state aque.state, refusal text, old json, new json)
language plpgsql rows 100
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set plan_cache_mode = force_generic_plan set jit = off
as $$
#variable_conflict use_column
declare
    standing bigint[];
    ended bigint[];
begin
    perform aque.hold(targets, dry);
    standing := aque.unstrayed(targets, origins);
    return query select * from aque.strayed(targets, origins);
    if dry then
        return query
            select t.id, t.state, 'cancelled'::aque.state, null, null::json, null::json
            from aque.task t where t.id = any(standing);
        return;
    end if;
    ended := array(select k.id from aque.kill(standing, 15::smallint, 0::real, true) k);
    return query  -- a statement of its own: one that calls kill() does not see what that wrote
        select t.id, z.was, t.state, null, null::json, null::json
        from aque.task t join aque.attempt z on z.task_id = t.id and z.number = 0 where t.id = any(ended);
end $$;
