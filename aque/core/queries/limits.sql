-- name: limits
-- All limits that are set, or that tasks name which are still to run or run; `waiting`: how many are to run.
with open as materialized (
    select t.shape_id, count(*) as tasks, count(*) filter (where t.state <> 'running') as waiting
    from aque.task t
    where t.limited and t.state in ('creating', 'pending', 'paused', 'running') group by t.shape_id
), named as materialized (
    select e.key as name, sum(o.waiting)::bigint as waiting
    from open o join aque.shape s on s.id = o.shape_id cross join lateral jsonb_each_text(s.limits) e group by e.key
)
select coalesce(l.name, n.name) as name, l.size, coalesce(u.used, 0) as used, coalesce(n.waiting, 0) as waiting
from aque.named_limit l
full join named n on n.name = l.name
left join aque.limits_used(array(select name from aque.named_limit union select name from named)) u
    on u.name = coalesce(l.name, n.name)
order by 1

-- name: unset
-- Those of some names that are no limit's.
select n from unnest(%(names)s::text[]) n
where not exists (select from aque.named_limit l where l.name = n) order by n

-- name: size
select size from aque.named_limit where name = %(name)s for no key update

-- name: set
-- How many units there are of a limit; no row where that is no change.
insert into aque.named_limit as l (name, size) values (%(name)s, %(size)s)
on conflict (name) do update set size = excluded.size where l.size <> excluded.size
returning size

-- name: remove
delete from aque.named_limit where name = %(name)s returning size

-- name: standing
-- How some limits stand, and the first few tasks that hold units of them.
select n as name, l.size, coalesce(u.used, 0) as used, h.ids as holders, h.runs
from unnest(%(names)s::text[]) n
left join aque.named_limit l on l.name = n
left join aque.limits_used(%(names)s::text[]) u on u.name = n
cross join lateral (
    select coalesce((array_agg(t.id order by t.id))[:5], '{}') as ids, count(*)::int as runs
    from aque.shape s join aque.task t on t.shape_id = s.id and t.state = 'running' and t.limited
    where s.limits <> '{}' and s.limits ? n
) h
