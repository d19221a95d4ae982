-- What makes a server fit to be shared by roles that do not trust each other. `aque init --shared` runs it, and each later
-- `aque init` after it made the functions anew; a second time it changes nothing.
--
--   aque_user      sees tasks, submits, and changes its own; reads its own outputs, results and environments
--   aque_operator  sees and changes all, queues and limits too, and may submit for every account
--   aque_worker    captures and completes all tasks, and so reads all that they need
--
-- Nobody but the owner writes tasks: people and workers call functions that run as the owner (with a search_path that
-- nobody else can put anything into), and that ask who calls (guard.sql). What a role may read the policies say.

do $$
declare
    role text;
begin
    foreach role in array array['aque_user', 'aque_operator', 'aque_worker'] loop
        if not exists (select from pg_roles where rolname = role) then
            execute format('create role %I nologin', role);
        end if;
    end loop;
end $$;

insert into aque.sharing default values on conflict do nothing;

revoke all on schema aque from public;
revoke all on all tables in schema aque from public, aque_user, aque_operator, aque_worker;
revoke all on all sequences in schema aque from public, aque_user, aque_operator, aque_worker;
revoke all on all routines in schema aque from public, aque_user, aque_operator, aque_worker;

grant usage on schema aque to aque_user, aque_operator, aque_worker;
grant execute on all procedures in schema aque to aque_user, aque_operator, aque_worker;  -- they run as who calls
grant usage on sequence aque.task_id to aque_user, aque_operator, aque_worker;
grant select on sequence aque.lease_id to aque_user, aque_operator, aque_worker;  -- how many were given out
grant select on
    aque.schema_version, aque.sharing, aque.environ, aque.queue, aque.shape, aque.worker, aque.task, aque.dependency,
    aque.attempt, aque.result, aque.progress, aque.output, aque.event, aque.event_part, aque.signal, aque.reservation,
    aque.named_limit, aque.retention, aque.usage, aque.volume
to aque_user, aque_operator, aque_worker;

-- All of a task's spec but its stdin, which may hold secrets.
do $$
begin
    execute (
        select format('grant select (%s) on aque.spec to aque_user, aque_operator, aque_worker',
                      string_agg(quote_ident(a.attname), ', '))
        from pg_attribute a
        where a.attrelid = 'aque.spec'::regclass and a.attnum > 0 and not a.attisdropped and a.attname <> 'stdin_value');
end $$;

-- The trail is written by who acts, in no other's name.
grant insert (action, selection, before, after, tasks), update (before, after, tasks, undone_by) on aque.event
    to aque_user, aque_operator;
grant insert (event_id, before, after, ids) on aque.event_part to aque_user, aque_operator;

grant insert, update on aque.queue, aque.named_limit to aque_operator;
grant delete on aque.named_limit to aque_operator;
grant update on aque.retention to aque_operator;
grant update (draining) on aque.worker to aque_operator;

grant insert, update on aque.worker to aque_worker;
grant insert, update, delete on aque.output, aque.usage to aque_worker;
grant insert, update on aque.progress to aque_worker;
grant delete on aque.signal, aque.reservation to aque_worker;

-- Functions: what only reads runs with the rights of who calls it; what writes is named here, and runs as the owner.
do $$
declare
    people constant text[] :=
        '{submit,enter,prepare,store,link,kill,waiting,waive,retry,revive,cancel,move,prioritise,edit,remove,tell}';
    workers constant text[] := '{capture,complete,release,interrupt,forsake,expire,tidy}';
    each record;
begin
    for each in
        select p.oid::regprocedure as signature, p.proname = any(people || '{stdin_size}') as is_for_people,
               p.proname = any(workers) as is_for_workers, p.provolatile <> 'v' as is_harmless
        from pg_proc p where p.pronamespace = 'aque'::regnamespace and p.prokind = 'f'
    loop
        if each.is_for_people or each.is_for_workers then
            execute format('alter function %s security definer set search_path = pg_catalog, pg_temp', each.signature);
        end if;
        if each.is_for_people or each.is_harmless then
            execute format('grant execute on function %s to aque_user, aque_operator, aque_worker', each.signature);
        elsif each.is_for_workers then
            execute format('grant execute on function %s to aque_worker', each.signature);
        end if;
    end loop;
end $$;

create or replace trigger shared_tasks after insert on aque.task
    referencing new table as made for each statement execute function aque.check_tasks();
create or replace trigger shared_edges after insert on aque.dependency
    referencing new table as made for each statement execute function aque.check_edges();

-- Rows: the owner of the tables, as whom functions run, passes by all of this.
do $$
declare
    each record;
begin
    for each in select schemaname, tablename, policyname from pg_policies where schemaname = 'aque' loop
        execute format('drop policy %I on %I.%I', each.policyname, each.schemaname, each.tablename);
    end loop;
end $$;

alter table aque.environ enable row level security;
create policy own on aque.environ for select to aque_user using (owner = session_user);
create policy every on aque.environ for select to aque_operator, aque_worker using (true);

alter table aque.result enable row level security;
create policy own on aque.result for select to aque_user
    using ((select t.owner from aque.task t where t.id = task_id) = session_user);
create policy every on aque.result for select to aque_operator, aque_worker using (true);

alter table aque.output enable row level security;
create policy own on aque.output for select to aque_user
    using ((select t.owner from aque.task t where t.id = task_id) = session_user);
create policy every on aque.output for select to aque_operator using (true);
create policy written on aque.output for all to aque_worker using (true) with check (true);

alter table aque.worker enable row level security;
create policy seen on aque.worker for select to aque_user, aque_operator, aque_worker using (true);
create policy made on aque.worker for insert to aque_worker with check (owner = session_user);
create policy own on aque.worker for update to aque_worker using (owner = session_user) with check (owner = session_user);
create policy drained on aque.worker for update to aque_operator using (true);

alter table aque.event enable row level security;
create policy seen on aque.event for select to aque_user, aque_operator, aque_worker using (true);
create policy entered on aque.event for insert to aque_user, aque_operator with check (who = session_user);
create policy own on aque.event for update to aque_user using (who = session_user) with check (who = session_user);
create policy every on aque.event for update to aque_operator using (true);

alter table aque.event_part enable row level security;
create policy seen on aque.event_part for select to aque_user, aque_operator, aque_worker using (true);
-- An operator who takes an act back gives tasks the values that stand here: nobody may put some there for another's.
create policy entered on aque.event_part for insert to aque_user, aque_operator
    with check (exists (select from aque.event e where e.id = event_id and e.who = session_user)
                and (before::jsonb - 'state' = '{}'
                     or not exists (select from aque.task t where t.id = any(ids) and t.owner <> session_user)
                     or pg_has_role('aque_operator', 'usage')));
