-- Claim: which of the ready tasks this worker runs next.

-- Whether a host is one of `globs`: any that match, and none of those that begin with "!".
create or replace function aque.host_matches(hostname text, globs text[]) returns boolean
language sql immutable parallel safe as $$
    with pattern as (
        select g like '!%' as denied,
               '^' || replace(replace(replace(
                   regexp_replace(ltrim(g, '!'), '([.+^$(){}|\\])', '\\\1', 'g'),
                   '[!', '[^'), '*', '.*'), '?', '.') || '$' as regex
        from unnest(globs) g
    )
    select coalesce(bool_or(hostname ~ regex) filter (where not denied), true)
       and not coalesce(bool_or(hostname ~ regex) filter (where denied), false)
    from pattern
$$;

-- How many cpus a demand takes on a host.
create or replace function aque.cpus_on(host_cpus real, cpus real, cpu_share int) returns real
language sql immutable parallel safe as $$
    select case when cpu_share > 0 then host_cpus / cpu_share else cpus end
$$;

-- Whether a worker, were it empty, could run tasks of a shape.
create or replace function aque.fits(w aque.worker, s aque.shape) returns boolean
language sql stable parallel safe as $$
    select (w.any_user or s.username = w.username)
       and (w.queues is null or s.queue = any(w.queues))
       and s.tags <@ w.tags
       and s.platform in ('', w.platform)
       and aque.cpus_on(w.cpus, s.cpus, s.cpu_share) <= w.cpus
       and s.memory <= w.memory
       and (s.host = '{}' or aque.host_matches(w.hostname, s.host))
$$;

-- Makes ready what has waited for its time.
create or replace function aque.promote() returns int
language sql set enable_seqscan = off as $$
    with due as materialized (
        select id from aque.task where run_at <= clock_timestamp() order by run_at limit 1000 for update skip locked
    ), promoted as (
        update aque.task t set run_at = null,
            blockers = blockers - case when t.state in ('pending', 'paused') then 1 else 0 end
        from due where t.id = due.id returning 1
    )
    select count(*)::int from promoted
$$;

-- Captures up to `wanted` ready tasks for a worker that has `cpus_free` and `memory_free` to give: of each shape that
-- fits the worker the first in line, greedily in the order of all. The loose index scan visits only shapes that have
-- ready work, so tasks that fit nobody cost nothing however many stand ahead. Planner settings are pinned against the
-- flip to a generic plan that scans the table.
create or replace function aque.claim(claimant bigint, cpus_free real, memory_free bigint, wanted int)
returns table (id bigint, lease bigint, attempt smallint, cpus real, memory bigint)
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off
as $$
#variable_conflict use_column
declare
    candidate record;
    taken bigint[] := '{}';
    me aque.worker;
begin
    select * into me from aque.worker w where w.id = claimant and w.ended_at is null;
    if me.id is null then
        raise exception 'worker % is not registered, or was given up for dead', claimant using errcode = 'AQ003';
    end if;
    perform aque.promote() from (select from aque.task where run_at <= clock_timestamp() limit 1) due;
    for candidate in
        with recursive live as (
            (select t.shape_id from aque.task t
             where t.state = 'pending' and t.blockers = 0 order by t.shape_id limit 1)
            union all
            select (select t.shape_id from aque.task t
                    where t.state = 'pending' and t.blockers = 0 and t.shape_id > live.shape_id
                    order by t.shape_id limit 1)
            from live where live.shape_id is not null
        ), fitting as materialized (
            select s.id, s.memory, aque.cpus_on(me.cpus, s.cpus, s.cpu_share) as cpus
            from live join aque.shape s on s.id = live.shape_id
            where aque.fits(me, s)
              and not exists (select from aque.queue q where q.name = s.queue and q.paused)
        )
        select head.id, f.cpus, f.memory
        from fitting f
        cross join lateral (
            select t.id, t.priority, t.duration from aque.task t
            where t.state = 'pending' and t.blockers = 0 and t.shape_id = f.id
            order by t.priority desc, t.duration desc, t.id
            limit least(wanted, floor(cpus_free / greatest(f.cpus, 0.001))::int,
                        case when f.memory > 0 then memory_free / f.memory else wanted end)
            for update skip locked
        ) head
        where f.cpus <= cpus_free and f.memory <= memory_free
        order by head.priority desc, head.duration desc, head.id
    loop
        continue when candidate.cpus > cpus_free or candidate.memory > memory_free;
        taken := taken || candidate.id;
        cpus_free := cpus_free - candidate.cpus;
        memory_free := memory_free - candidate.memory;
        wanted := wanted - 1;
        exit when wanted <= 0;
    end loop;
    return query
        update aque.task t
        set state = 'running', worker_id = claimant, lease = nextval('aque.lease_id'), attempt = t.attempt + 1,
            started_at = clock_timestamp(), finished_at = null, kill_signal = null, kill_grace = null
        from aque.shape s
        where t.id = any(taken) and s.id = t.shape_id
        returning t.id, t.lease, t.attempt, aque.cpus_on(me.cpus, s.cpus, s.cpu_share), s.memory;
end $$;
