-- Capture: a claim, with all that a worker needs to run what it got.

-- Tasks are changed, and their fields read, by a statement of its own. Joined to aque.claim() it would have an older snapshot
-- than that under which the claim finds its tasks, and a task that was submitted in between would be captured by nobody.
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
    due bigint[];
    ids bigint[];
begin
    select * into me from aque.worker w where w.id = claimant and w.ended_at is null;
    if me.id is null then
        raise exception 'worker % is not registered, or was given up for dead', claimant using errcode = 'AQ003';
    end if;
    due := (select aque.promote() from (select from aque.task where run_at <= clock_timestamp() limit 1) first);
    ids := aque.claim(me, cpus_free, memory_free, wanted);
    -- Others hear with the commit, whether they sleep yet or not: of what they may have too, and who made room for what is
    -- taken now that it need not. Both are rare.
    if not due <@ ids then
        perform pg_notify('aque_work', '');
    end if;
    if ids = '{}' then
        return;
    end if;
    perform pg_notify('aque_work', r.worker_id::text)
    from aque.reservation r
    cross join lateral (select k.attempt from aque.task k where k.id = r.task_id offset 0) t
    where r.task_id = any(ids) and r.worker_id <> claimant and t.attempt = r.attempt;
    return query
        with moved as (
            update aque.task t
            set state = 'running', worker_id = claimant, lease = nextval('aque.lease_id'), attempt = t.attempt + 1,
                started_at = clock_timestamp(), finished_at = null, kill_signal = null, kill_grace = null
            where t.id = any(ids)
            returning t.id, t.lease, t.attempt, t.memory, t.started_at, t.priority, t.duration, t.parent_id, t.shape_id
        )
        select t.id, t.lease, t.attempt, aque.cpus_on(me.cpus, s.cpus, s.cpu_share), t.memory, t.started_at, p.name,
               p.pattern, p.func, p.args, p.kwargs, p.environ_id, p.cwd, s.username, p.groupname, p.interpreter, p.stdin,
               p.stdout, p.stderr, p.stdin_value, p.timeout, t.priority, s.queue, t.parent_id, p.extra, p.isolation,
               coalesce((select true from aque.dependency d where d.task_id = t.id limit 1), false), s.volume
        from moved t
        cross join lateral (select * from aque.spec k where k.task_id = t.id offset 0) p
        cross join lateral (select * from aque.shape k where k.id = t.shape_id offset 0) s
        order by t.priority desc, t.duration desc, aque.rank_at(me, s.volume), t.id;
end $$;
