-- Submission: new tasks and the edges between them, and from them to tasks that are there.

-- The message of the error AQ004 names what is missing.
create or replace function aque.lock_needs(needs bigint[]) returns void
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    missing bigint;
begin
    -- shared: none of them can end between our look at its state and our commit
    perform 1 from aque.task t where t.id = any(needs) order by t.id for share;
    select n into missing from unnest(needs) n where not exists (select from aque.task t where t.id = n) limit 1;
    if missing is not null then
        raise exception 'no such task to depend on: %', missing using errcode = 'AQ004';
    end if;
end $$;

-- A task that is still to run waits for children that are given to it now. Children of one that already runs, or has
-- ended, are nobody's dependency.
create or replace function aque.adopt(edges json) returns void
language sql set enable_seqscan = off as $$
    with given as materialized (
        select distinct x.task, x.needs from json_to_recordset(edges) x (task bigint, needs bigint, adopted boolean)
        where x.adopted
    ), parent as materialized (
        select t.id from aque.task t
        where t.id in (select g.task from given g) and t.state in ('creating', 'pending', 'paused')
        order by t.id for no key update of t
    ), linked as (
        insert into aque.dependency (needs_id, task_id, condition, is_child)
        select g.needs, g.task, 'success', true from given g join parent p on p.id = g.task
        on conflict do nothing returning task_id
    )
    update aque.task t set blockers = t.blockers + l.n
    from (select task_id, count(*)::int as n from linked group by task_id) l where t.id = l.task_id
$$;

-- Stores tasks: `rows` an array of objects with the columns below, `edges` an array of {task, needs, condition,
-- place, is_child, adopted}; needs are tasks that stand earlier in the same submission or are there; adopted edges go from a
-- parent that is there to a new child. A task whose dependency has already failed it ends at once.
-- Returns each new task with its state, and those that ended with it.
create or replace function aque.submit(rows json, edges json) returns table (id bigint, state aque.state)
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
#variable_conflict use_column
declare
    new_ids bigint[];
    outer_needs bigint[];
    fell bigint[];
begin
    select array_agg(x.id order by x.id) into new_ids from json_to_recordset(rows) x (id bigint);
    select array_agg(distinct x.needs) into outer_needs
    from json_to_recordset(edges) x (needs bigint, adopted boolean)
    where not coalesce(x.adopted, false) and x.needs <> all(new_ids);
    if outer_needs is not null then
        perform aque.lock_needs(outer_needs);
    end if;

    insert into aque.shape (queue, username, cpus, cpu_share, memory, host, platform, tags)
    select distinct x.queue, x.username, x.cpus, x.cpu_share, x.memory, x.host, x.platform, x.tags
    from json_to_recordset(rows) x (queue text, username text, cpus real, cpu_share int, memory bigint,
                                    host text[], platform text, tags text[])
    where not exists (
        select from aque.shape s
        where (s.queue, s.username, s.cpus, s.cpu_share, s.memory, s.host, s.platform, s.tags)
            = (x.queue, x.username, x.cpus, x.cpu_share, x.memory, x.host, x.platform, x.tags))
    on conflict do nothing;

    insert into aque.spec (task_id, name, pattern, func, args, kwargs, environ_id, cwd, groupname, interpreter, stdin,
                           stdout, stderr, stdin_value, timeout, retry_delay, run_at, io_paths, extra)
    select x.id, x.name, x.pattern, x.func, x.args, x.kwargs, x.environ_id, x.cwd, x.groupname, x.interpreter, x.stdin,
           x.stdout, x.stderr, x.stdin_value, x.timeout, x.retry_delay, x.run_at, x.io_paths, x.extra
    from json_to_recordset(rows) x (
        id bigint, name text, pattern text, func text, args json, kwargs json, environ_id bigint, cwd text,
        groupname text, interpreter text, stdin text, stdout text, stderr text, stdin_value bytea, timeout real,
        retry_delay real, run_at timestamptz, io_paths text[], extra json);

    insert into aque.dependency (needs_id, task_id, condition, place, is_child)
    select x.needs, x.task, x.condition, x.place, x.is_child
    from json_to_recordset(edges) x (
        task bigint, needs bigint, condition aque.condition, place int, is_child boolean, adopted boolean)
    where not coalesce(x.adopted, false);

    insert into aque.task (id, parent_id, run_at, shape_id, priority, duration, retries, key, state, blockers)
    select x.id, x.parent_id, due.at, s.id, x.priority, x.duration, x.retries, x.key,
           case when x.hold then 'paused' else 'pending' end::aque.state,
           (select count(*) from aque.dependency d left join aque.task p on p.id = d.needs_id
            where d.task_id = x.id and not coalesce(aque.satisfies(p.state, d.condition), false))
           + case when due.at is not null then 1 else 0 end
    from json_to_recordset(rows) x (
        id bigint, parent_id bigint, run_at timestamptz, priority int, duration real, retries smallint, key text,
        hold boolean, queue text, username text, cpus real, cpu_share int, memory bigint, host text[], platform text,
        tags text[])
    join aque.shape s
      on (s.queue, s.username, s.cpus, s.cpu_share, s.memory, s.host, s.platform, s.tags)
       = (x.queue, x.username, x.cpus, x.cpu_share, x.memory, x.host, x.platform, x.tags)
    cross join lateral (select case when x.run_at > clock_timestamp() then x.run_at end as at) due;

    if exists (select from json_to_recordset(edges) x (adopted boolean) where x.adopted) then
        perform aque.adopt(edges);
    end if;

    with broken as materialized (
        select d.task_id, min(d.needs_id) as needs_id,
               bool_or(p.state = 'cancelled' or d.condition = 'failure') as void
        from aque.dependency d join aque.task p on p.id = d.needs_id
        where d.task_id = any(new_ids) and aque.is_complete(p.state) and not aque.satisfies(p.state, d.condition)
        group by d.task_id
    ), moved as (
        update aque.task t
        set state = case when b.void then 'cancelled' else 'error' end::aque.state,
            finished_at = clock_timestamp(), run_at = null
        from broken b where t.id = b.task_id
        returning t.id, t.state, t.finished_at, b.needs_id
    ), noted as (
        insert into aque.attempt (task_id, number, state, finished_at, error)
        select m.id, 0, m.state, m.finished_at, json_build_object(
            'type', 'aque.core.errors:DependencyFailedError',
            'message', format('it needs task %s, which is %s', m.needs_id, p.state), 'task', m.needs_id)
        from moved m join aque.task p on p.id = m.needs_id
    )
    select coalesce(array_agg(m.id), '{}') into fell from moved m;
    if fell <> '{}' then
        return query select s.id, s.state from aque.settle(fell) s where s.id <> all(new_ids);
    end if;
    return query select t.id, t.state from aque.task t where t.id = any(new_ids);
end $$;
