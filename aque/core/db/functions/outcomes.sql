-- Outcomes: how tasks ended, for those who wait for them.

-- How complete tasks ended; those that are not complete, or not there, are left out. A task that ended without a run of
-- its own did so by the row of number 0; else it did by its last run, whatever the clocks of its workers said.
-- As a mere statement it would be planned at each call, for a plan for one task looks much cheaper than one for any number.
create or replace function aque.outcomes(ids bigint[])
returns table (
    id bigint, state aque.state, pattern text, exit_code int, signal smallint, error json, result json
)
language plpgsql stable set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set plan_cache_mode = force_generic_plan set jit = off
as $$
#variable_conflict use_column
begin
    return query
        select t.id, t.state, p.pattern, a.exit_code, a.signal, a.error, r.value
        from aque.task t
        cross join lateral (select k.pattern from aque.spec k where k.task_id = t.id offset 0) p
        left join lateral (
            select b.exit_code, b.signal, b.error from aque.attempt b
            where b.task_id = t.id and (b.number = t.attempt or b.number = 0 and b.finished_at = t.finished_at)
            order by b.number limit 1
        ) a on true
        left join lateral (select k.value from aque.result k where k.task_id = t.id offset 0) r on true
        where t.id = any(ids) and t.state in ('success', 'error', 'killed', 'cancelled');
end $$;
