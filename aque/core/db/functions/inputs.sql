-- Inputs: what the runs of tasks are given of the tasks that they depend on.

-- In the order in which they name them. Of stdout, where a run asks for it, no more than `most` bytes for all of them are
-- read: `size` says how many there are. What belongs to others, on a shared server, is not given (aque.may_have);
-- `is_barred`: the run asks for it. A function, for its plan is dearer than its execution.
create or replace function aque.inputs(ids bigint[], most bigint)
returns table (
    task_id bigint, id bigint, name text, state text, exit_code int, signal smallint, error text, result json,
    size bigint, is_cut boolean, is_barred boolean, stdout bytea
)
language plpgsql stable rows 20 set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set plan_cache_mode = force_generic_plan set jit = off
as $$
#variable_conflict use_column
begin
    return query
        select i.task_id, i.id, i.name, i.state, i.exit_code, i.signal, i.error, i.result, i.size, i.is_cut, i.is_barred,
               case when i.size <= most and i.is_had then (
                   select string_agg(o.data, ''::bytea order by o.seq) from aque.output o
                   where o.task_id = i.id and o.attempt = i.attempt and o.stream = 1) end
        from (
            select d.task_id, d.needs_id as id, p.name, n.state::text as state, a.exit_code, a.signal,
                   coalesce(z.error, a.error) ->> 'message' as error,
                   case when h.is_had then r.value end as result, h.is_had, d.place, n.attempt,
                   not h.is_had and g.given ~ ('"\$(result|stdout)": ' || n.id || '\M') as is_barred,
                   sum(w.size) over (partition by d.task_id)::bigint as size,
                   w.is_cut and g.given ~ ('"\$stdout": ' || n.id || '\M') as is_cut
            from aque.dependency d
            join aque.spec f on f.task_id = d.task_id
            cross join lateral (select f.args::text || coalesce(f.kwargs::text, '') as given) g
            join aque.task n on n.id = d.needs_id
            join aque.task m on m.id = d.task_id
            cross join lateral (
                select case when m.owner = n.owner then true else aque.may_have(m.owner, n.owner) end as is_had) h
            join aque.spec p on p.task_id = n.id
            left join aque.result r on r.task_id = n.id
            left join aque.attempt a on a.task_id = n.id and a.number = n.attempt
            left join aque.attempt z on z.task_id = n.id and z.number = 0 and z.finished_at = n.finished_at
            left join lateral (
                select sum(length(o.data)) filter (where o.stream = 1) as size, bool_or(o.stream = 0) as is_cut
                from aque.output o
                where o.task_id = n.id and o.attempt = n.attempt and o.stream in (0, 1)
            ) w on g.given like '%"$stdout"%'
            where d.task_id = any(ids)
        ) i
        order by i.task_id, i.place, i.id;
end $$;
