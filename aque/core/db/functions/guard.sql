-- Guards: what a role may do where the server is shared. Elsewhere they let everything through.

-- Whether this session's role may change what belongs to others. The role is the session's, whoever a function runs as.
create or replace function aque.is_operator() returns boolean
language plpgsql stable as $$
begin
    return not exists (select from aque.sharing) or pg_has_role(session_user, 'aque_operator', 'usage');
end $$;

-- The first of some tasks that is another's, and how many more are. Owners never change, so no lock is needed.
create or replace function aque.anothers(ids bigint[]) returns table (id bigint, owner text, more bigint)
language sql stable rows 1 set enable_seqscan = off as $$
    select t.id, t.owner, count(*) over () - 1 from aque.task t
    where t.id = any(ids) and t.owner <> session_user order by t.id limit 1
$$;

-- Refuses tasks of others, all of them: nothing is half done.
create or replace function aque.guard(targets bigint[]) returns void
language plpgsql stable as $$
declare
    other record;
begin
    if aque.is_operator() then
        return;
    end if;
    select * into other from aque.anothers(targets);
    if found then
        raise exception 'task % belongs to %: only its owner or an operator may change it%', other.id, other.owner,
            case when other.more > 0 then format(' (so with %s more: user:me selects your own)', other.more) else '' end
            using errcode = 'AQ006';
    end if;
end $$;

-- The same of those whose output, result and environment one wants to see.
create or replace function aque.guard_reading(targets bigint[]) returns void
language plpgsql stable as $$
declare
    other record;
begin
    if aque.is_operator() or pg_has_role(session_user, 'aque_worker', 'usage') then
        return;
    end if;
    select * into other from aque.anothers(targets);
    if found then
        raise exception 'task % belongs to %: its output, result and environment are for its owner and operators alone',
            other.id, other.owner using errcode = 'AQ006';
    end if;
end $$;

-- Refuses to run tasks as another account than that of the session's role; null: it is not asked for.
create or replace function aque.guard_account(account text) returns void
language plpgsql stable as $$
begin
    if account <> session_user and not aque.is_operator() then
        raise exception 'tasks of the role % run as the account %, not as %', session_user, session_user, account
            using errcode = 'AQ006', hint = 'give that user, or let an operator submit it';
    end if;
end $$;

-- Whether the results and the stdout of one owner's tasks are given to another's that depend on them.
create or replace function aque.may_have(reader text, owner text) returns boolean
language plpgsql stable as $$
begin
    return reader = owner or not exists (select from aque.sharing) or pg_has_role(reader, 'aque_operator', 'usage');
exception when undefined_object then  -- a role that is gone
    return false;
end $$;

-- Of new tasks: the account that they run as, and the parent whose fields they took over.
create or replace function aque.check_tasks() returns trigger
language plpgsql as $$
begin
    if not aque.is_operator() then
        perform aque.guard_account(s.username)
        from (select distinct m.shape_id from made m) m join aque.shape s on s.id = m.shape_id;
        perform aque.guard(array(select distinct m.parent_id from made m where m.parent_id is not null));
    end if;
    return null;
end $$;

-- Of new edges: an edge can end a task, or let it run too early, so the dependent must be one's own.
create or replace function aque.check_edges() returns trigger
language plpgsql as $$
begin
    if not aque.is_operator() then
        if exists (select from made m where not exists (select from aque.task t where t.id = m.task_id)) then
            raise exception 'an edge leads to a task that is not there' using errcode = 'AQ006';
        end if;
        perform aque.guard(array(select distinct m.task_id from made m));
    end if;
    return null;
end $$;

-- How many bytes a task gets on stdin; what they are is for its owner's eyes, and the worker's.
create or replace function aque.stdin_size(task bigint) returns int
language sql stable set enable_seqscan = off as $$
    select octet_length(p.stdin_value) from aque.spec p where p.task_id = task
$$;
