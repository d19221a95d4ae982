-- Inputs: what the runs of tasks are given of the tasks that they depend on.

-- What became of those that they need, in the order in which they name them, as their processes are told of it: each field
-- a column, for there may be thousands. Tasks that need the same, as after a fan, are told so by one row. Of what belongs to
-- others, on a shared server, no result is given (aque.may_have): `barred` says which. Functions, for their plans are dearer
-- than their execution.
create or replace function aque.inputs(ids bigint[])
returns table (tasks bigint[], told json, barred bigint[])
language plpgsql stable rows 20 set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set plan_cache_mode = force_generic_plan set jit = off
as $$
#variable_conflict use_column
declare
    is_shared constant boolean := exists (select from aque.sharing);
begin
    return query
        with reader as materialized (
            select d.task_id as id, array_agg(d.needs_id order by d.place, d.needs_id) as needs
            from aque.dependency d where d.task_id = any(ids) group by d.task_id
        ), alike as materialized (
            select array_agg(r.id) as ids, r.needs, t.owner
            from reader r
            left join lateral (select k.owner from aque.task k where k.id = r.id and is_shared offset 0) t on true
            group by r.needs, t.owner
        )
        select a.ids, i.told, i.barred
        from alike a
        cross join lateral (
            select json_build_object(
                       'id', array_agg(o.id), 'name', array_agg(o.name), 'state', array_agg(o.state),
                       'exit_code', array_agg(o.exit_code), 'signal', array_agg(o.signal), 'error', array_agg(o.error),
                       'result', array_agg(o.result), 'stdout', array_agg(null::text)) as told,
                   coalesce(array_agg(o.id) filter (where not o.is_had), '{}') as barred
            from (
                select n.id, p.name, n.state, l.exit_code, l.signal, coalesce(z.error, l.error) ->> 'message' as error,
                       (select r.value::text from aque.result r where r.task_id = n.id and h.is_had) as result, h.is_had
                from unnest(a.needs) with ordinality x (id, place)
                cross join lateral (
                    select k.id, k.owner, k.state, k.attempt, k.finished_at from aque.task k where k.id = x.id offset 0) n
                cross join lateral (select k.name from aque.spec k where k.task_id = x.id offset 0) p
                cross join lateral (
                    select case when not is_shared or n.owner = a.owner then true
                                else aque.may_have(a.owner, n.owner) end as is_had) h
                left join lateral (
                    select k.exit_code, k.signal, k.error from aque.attempt k
                    where k.task_id = x.id and k.number = n.attempt offset 0) l on true
                left join lateral (  -- it ended without a run
                    select k.error from aque.attempt k
                    where k.task_id = x.id and k.number = 0 and k.finished_at = n.finished_at and n.state <> 'success'
                    offset 0) z on true
                order by x.place
            ) o
        ) i;
end $$;

-- The stdout of those that tasks (`readers`) name for it, each beside one of `needs`. No more than `most` bytes of it are read
-- for one task: `size` says how many there are. What may not be had is left out.
create or replace function aque.stdouts(readers bigint[], needs bigint[], most bigint)
returns table (task_id bigint, id bigint, size bigint, is_cut boolean, stdout bytea)
language plpgsql stable rows 20 set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set plan_cache_mode = force_generic_plan set jit = off
as $$
#variable_conflict use_column
begin
    return query
        select i.task_id, i.id, i.size, i.is_cut,
               case when i.size <= most then (
                   select coalesce(string_agg(o.data, ''::bytea order by o.seq), '') from aque.output o
                   where o.task_id = i.id and o.attempt = i.attempt and o.stream = 1) end
        from (
            select x.task_id, x.id, n.attempt, w.is_cut, sum(w.size) over (partition by x.task_id)::bigint as size
            from unnest(readers, needs) x (task_id, id)
            cross join lateral (select k.owner from aque.task k where k.id = x.task_id offset 0) m
            cross join lateral (select k.owner, k.attempt from aque.task k where k.id = x.id offset 0) n
            cross join lateral (
                select coalesce(sum(length(o.data)) filter (where o.stream = 1), 0) as size,
                       coalesce(bool_or(o.stream = 0), false) as is_cut
                from aque.output o
                where o.task_id = x.id and o.attempt = n.attempt and o.stream in (0, 1)
            ) w
            where exists (select from aque.dependency d where d.needs_id = x.id and d.task_id = x.task_id)
              and case when m.owner = n.owner then true else aque.may_have(m.owner, n.owner) end
        ) i;
end $$;
