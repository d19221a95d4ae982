-- Retention: what is complete goes after a while. Workers see to it, a bounded number of tasks at a time.

-- Removes tasks whose time is over: looks at no more than `most`, and leaves those that others need, or that somebody
-- holds. Returns how many went, and whether there are more to look at. Nothing at all: another is at it.
create or replace function aque.expire(most int) returns table (removed int, is_more boolean)
language plpgsql rows 1
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set plan_cache_mode = force_generic_plan set jit = off
as $$
#variable_conflict use_column
declare
    held aque.retention;
    found bigint[];
    last_end timestamptz;
    deadline timestamptz;  -- where the index ends: a clock that goes on would be asked for each task
begin
    if not pg_try_advisory_xact_lock(1634825587, 1) then
        return;
    end if;
    select * into held from aque.retention;
    if held.keep is null then
        return query select 0, false;
        return;
    end if;
    deadline := clock_timestamp() - held.keep;
    select coalesce(array_agg(x.id), '{}'), max(x.finished_at) into found, last_end
    from (
        select t.id, t.finished_at from aque.task t
        where t.state in ('success', 'error', 'killed', 'cancelled')
          and t.finished_at >= held.swept_to and t.finished_at < deadline
        order by t.finished_at limit most for update skip locked
    ) x;
    select count(*) filter (where r.refusal is null) into removed from aque.clear(found, false) r;
    is_more := cardinality(found) = most;
    if removed > 0 or cardinality(found) > 0 then
        update aque.retention set swept_to = case
            when not is_more then '-infinity'
            when removed = 0 then last_end + interval '1 microsecond'
            else last_end end;
    elsif held.swept_to > '-infinity' then
        update aque.retention set swept_to = '-infinity';
    end if;
    return next;
end $$;

-- Goes on with the round in which environments of no task are found: those that tasks have count as asked for when it
-- began, five times `most` tasks at a time in the order of their ids; then those go that nobody asked for since long before.
-- So no index is needed, and no round begins before one has rested. Environments are locked in the order in which
-- aque.prepare() does.
create or replace function aque.tidy_environs(most int, rest interval) returns void
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set plan_cache_mode = force_generic_plan set jit = off
as $$
declare
    at_once constant int := 5 * most;
    since timestamptz;
    used bigint[];
    reached bigint;
    looked int;
    removed int;
begin
    update aque.retention r set environs_since = clock_timestamp(), environs_to = 0
    where r.environs_since is null
      and exists (select from aque.environ v where v.asked_at < clock_timestamp() - rest);
    select r.environs_since, r.environs_to into since, reached from aque.retention r;
    if since is null then
        return;
    end if;
    select array_agg(distinct s.environ_id), max(s.task_id), count(*) into used, reached, looked
    from (select p.environ_id, p.task_id from aque.spec p where p.task_id > reached order by p.task_id limit at_once) s;
    perform 1 from aque.environ v where v.id = any(used) and v.asked_at < since order by v.digest for no key update;
    update aque.environ v set asked_at = since where v.id = any(used) and v.asked_at < since;
    if looked = at_once then
        update aque.retention set environs_to = reached;
        return;
    end if;
    delete from aque.environ e where e.id = any(array(
        select v.id from aque.environ v where v.asked_at < since - rest limit most for update skip locked));
    get diagnostics removed = row_count;
    if removed < most then
        update aque.retention set environs_since = null;
    end if;
end $$;

-- Removes what nobody can ask for any more, besides tasks: signals to workers that have ended; and where tasks are not kept
-- for ever, workers that ended before all that is kept, what undoing acts as old would need, and environments of no task.
-- `rest`: since when nobody asked for an environment.
create or replace function aque.tidy(most int, rest interval) returns void
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off set plan_cache_mode = force_generic_plan set jit = off
as $$
declare
    held aque.retention;
begin
    if not pg_try_advisory_xact_lock(1634825587, 1) then
        return;
    end if;
    delete from aque.signal g
    where not exists (select from aque.worker w where w.id = g.worker_id and w.ended_at is null);
    select * into held from aque.retention;
    if held.keep is null then
        return;
    end if;
    delete from aque.worker w where w.id = any(array(
        select g.id from aque.worker g
        where g.ended_at < clock_timestamp() - held.keep
          and not exists (select from aque.task t where t.state = 'running' and t.worker_id = g.id)
        limit most for update skip locked));
    delete from aque.event_part p
    using (select f.event_id, f.id from aque.event_part f order by f.event_id, f.id limit most) x, aque.event e
    where e.id = x.event_id and e.at < clock_timestamp() - held.keep and p.event_id = x.event_id and p.id = x.id;
    perform aque.tidy_environs(most, rest);
end $$;
