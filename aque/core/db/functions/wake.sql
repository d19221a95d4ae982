-- Wake-up: whom new work concerns. A notification takes a lock that all commits queue for, and a worker that looks in vain
-- takes the processor from those who submit.

-- Whether a worker that sleeps could run some of these tasks, were it empty, which are ready now; null: any tasks. Of what
-- becomes ready later is told then, and of what waits for its time each worker knows.
create or replace function aque.is_waited_for(tasks bigint[]) returns boolean
language plpgsql stable set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off
as $$
begin
    return exists (
        select from aque.worker w
        where w.idle and w.ended_at is null
          and (tasks is null or exists (
              select from aque.task t join aque.shape s on s.id = t.shape_id
              where t.id = any(tasks) and t.state = 'pending' and (t.blockers = 0 or t.run_at <= clock_timestamp())
                and aque.fits(w, s))));
end $$;

-- All who listen hear `payloads`, and idle workers are woken where one could run some of `news` (null: any tasks). What is told was
-- committed before, so this need not wait for the disk, and must not fail, lest somebody submit it again: where it does, or
-- the server's queue of notifications is full, nobody hears.
-- Of tasks that wait mostly nobody wants to hear, and who submits need not queue for a notification: those who listen for
-- them hold a lock as long. Who comes while we hold it waits for us, and looks for itself then; two who try it at the same
-- moment may take each other for a listener.
create or replace function aque.tell(payloads text[], news bigint[]) returns void language plpgsql as $$
declare
    payload text;
    done text;  -- what is assigned needs no statement, of which each costs more than a notification
begin
    done := set_config('synchronous_commit', 'off', true);
    if pg_notification_queue_usage() < 0.99 then
        if news is distinct from '{}' and aque.is_waited_for(news) then
            done := pg_notify('aque_work', '');
        end if;
        foreach payload in array payloads loop
            if payload !~ '^(creating|pending|paused) ' then
                done := pg_notify('aque_task', payload);
            elsif not pg_try_advisory_xact_lock(1634825587, 0) then
                done := pg_notify('aque_new', payload);
            end if;
        end loop;
    end if;
exception when others or query_canceled then
    null;
end $$;

-- What is told of tasks that have these states now: `success 3,7-19`, in as many texts as the ids need, for none may have
-- more than 8,000 bytes.
create or replace function aque.payloads(ids bigint[], states text[]) returns text[]
language plpgsql immutable parallel safe set plan_cache_mode = force_generic_plan as $$
declare
    most constant int := 150;  -- ranges of ids to a text
begin
    if cardinality(ids) = 1 then
        return array[states[1] || ' ' || ids[1]];
    end if;
    return array(
        select p.state || ' ' || string_agg(p.low || case when p.high > p.low then '-' || p.high else '' end, ',')
        from (select r.*, (row_number() over (partition by r.state order by r.low) - 1) / most as part
              from (select n.state, min(n.id) as low, max(n.id) as high
                    from (select x.*, x.id - row_number() over (partition by x.state order by x.id) as span
                          from unnest(ids, states) x (id, state)) n
                    group by n.state, n.span) r) p
        group by p.state, p.part);
end $$;

-- A submission that fits into one statement, and what is told of it. One turn, for what telling costs is mostly the turn; but
-- two transactions: a worker that falls asleep says so and then looks once more, so it is seen after our commit, or sees
-- the tasks.
create or replace procedure aque.submit_and_tell(
    ids bigint[], places int[], args json, kinds json, common json, demands json, environs json, edges json,
    dependents bigint[], needs bigint[], parents bigint[], children bigint[], news bigint[], payloads text[],
    out ended bigint[], out states text[]
) language plpgsql as $$
begin
    select coalesce(array_agg(s.id), '{}'), coalesce(array_agg(s.state::text), '{}') into ended, states
    from aque.submit(ids, places, args, kinds, common, demands, environs, edges, dependents, needs, parents, children) s;
    commit;
    -- what is needed was locked meanwhile, so that who looked for work passed it by
    perform aque.tell(payloads, case when news is not null then news || needs || parents end);
end $$;

-- The same of tasks that nothing ties, which get their ids here; `states` are those that they will have. Of more than a
-- `few` any idle worker is told.
create or replace procedure aque.enter_and_tell(
    places int[], args json, kinds json, common json, demands json, environs json, states text[], few int, out ids bigint[]
) language plpgsql as $$
declare
    payloads text[];
begin
    ids := aque.enter(places, args, kinds, common, demands, environs);
    payloads := aque.payloads(ids, states);
    commit;
    perform aque.tell(payloads, case when cardinality(ids) <= few then ids end);
end $$;

-- Ends of runs that nothing waits for, as far as is known, and what is told of them, after `payloads`: in one turn, so that
-- those who wait for a result wait for nothing else. Returns what may be run now, by ids; null among them: any tasks.
create or replace procedure aque.complete_and_tell(
    ids bigint[], leases bigint[], states aque.state[], starts float8[], ends float8[],
    exit_codes int[], signals smallint[], user_times real[], system_times real[], max_rsses bigint[],
    reads bigint[], writes bigint[], errors json[], results json[], payloads text[], out ready bigint[]
) language plpgsql as $$
declare
    changed bigint[];
    became text[];
begin
    select coalesce(array_agg(c.id) filter (where c.state is not null), '{}'),
           coalesce(array_agg(c.state::text) filter (where c.state is not null), '{}'),
           array_agg(c.id) filter (where c.state is null or c.state = 'pending')
    into changed, became, ready
    from aque.complete(ids, leases, states, starts, ends, exit_codes, signals, user_times, system_times, max_rsses, reads,
                       writes, errors, results) c;
    commit;
    perform aque.tell(payloads || aque.payloads(changed, became), '{}');
end $$;
