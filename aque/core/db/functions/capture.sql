-- Capture: a claim, with all that a worker needs to run what it got.

-- The fields are read by a statement of their own. Joined to aque.claim() they would be read by an older snapshot than
-- that under which the claim finds its tasks, and a task that was submitted in between would be captured by nobody.
create or replace function aque.capture(claimant bigint, cpus_free real, memory_free bigint, wanted int)
returns table (
    id bigint, lease bigint, attempt smallint, cpus real, memory bigint, started_at timestamptz, name text,
    pattern text, func text, args json, kwargs json, environ_id bigint, cwd text, username text, groupname text,
    interpreter text, stdin text, stdout text, stderr text, stdin_value bytea, timeout real, priority int, queue text,
    parent_id bigint, extra json, isolation text, has_inputs boolean, volume text
)
language plpgsql rows 20 set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set plan_cache_mode = force_generic_plan set jit = off
as $$
#variable_conflict use_column
declare
    me aque.worker;
    ids bigint[];
    demands real[];
begin
    select array_agg(c.id), array_agg(c.cpus) into ids, demands
    from aque.claim(claimant, cpus_free, memory_free, wanted) c;
    if ids is null then
        return;
    end if;
    select * into me from aque.worker w where w.id = claimant;
    return query
        select t.id, t.lease, t.attempt, x.cpus, t.memory, t.started_at, p.name, p.pattern, p.func, p.args, p.kwargs,
               p.environ_id, p.cwd, s.username, p.groupname, p.interpreter, p.stdin, p.stdout, p.stderr, p.stdin_value,
               p.timeout, t.priority, s.queue, t.parent_id, p.extra, p.isolation,
               coalesce((select true from aque.dependency d where d.task_id = t.id limit 1), false), s.volume
        from unnest(ids, demands) x (id, cpus)
        cross join lateral (select * from aque.task k where k.id = x.id offset 0) t
        cross join lateral (select * from aque.spec k where k.task_id = x.id offset 0) p
        join aque.shape s on s.id = t.shape_id
        order by t.priority desc, t.duration desc, aque.rank_at(me, s.volume), t.id;
end $$;
