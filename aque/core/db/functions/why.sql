-- Why tasks do not run: what workers lack for them, and what stands before them. Nothing here takes a lock.

-- Workers that live, as far as is known: a silent one counts until its tasks may be given away.
create or replace function aque.alive() returns setof aque.worker
language sql stable rows 20 as $$
    select w.* from aque.worker w where w.ended_at is null and w.last_active > clock_timestamp() - interval '30 s'
$$;

-- Which demands of a task a worker does not meet, even were it empty: bits, as aque.core.queries.case.Demand names them.
-- 0 where aque.fits() holds and its own memory is enough for the task: then it may claim it.
create or replace function aque.misfits(w aque.worker, s aque.shape, memory bigint) returns int
language sql stable parallel restricted as $$
    select case when s.queue <> all(w.queues) then 1 else 0 end
         + case when w.any_user or s.username = w.username then 0 else 2 end
         + case when s.tags <@ w.tags then 0 else 4 end
         + case when s.platform in ('', w.platform) then 0 else 8 end
         + case when s.host = '{}' or aque.is_host_of(w.hostname, s.host) then 0 else 16 end
         + case when aque.cpus_on(w.cpus, s.cpus, s.cpu_share) <= w.cpus then 0 else 32 end
         + case when memory <= w.memory then 0 else 64 end
$$;

-- What stands before those of the tasks `asked` that are ready: ready tasks, in queues that are not paused, of the shapes
-- that the workers serve which could run it. They are counted up to `most`, then it is `most` + 1. `work`: the cpu seconds
-- that they are expected to take, `unknown`: how many of them say nothing of that.
-- Tasks that wait for the same workers stand in one line, which is gone through once. `lead`: whether a shape's tasks go
-- before their equals there (1), by id (0), or behind them (-1): by what one of the workers at least makes of their files.
create or replace function aque.in_line(asked bigint[], most int)
returns table (id bigint, ahead int, work float8, unknown int)
language plpgsql stable rows 50
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
set plan_cache_mode = force_generic_plan set jit = off
as $$
#variable_conflict use_column
declare
    line record;
    waiting record;
    part record;
    above record;
begin
    for line in
        with recursive live as (
            (select t.shape_id from aque.task t
             where t.state = 'pending' and t.blockers = 0 order by t.shape_id limit 1)
            union all
            select following.* from live cross join lateral (
                select t.shape_id from aque.task t
                where t.state = 'pending' and t.blockers = 0 and t.shape_id > live.shape_id
                order by t.shape_id limit 1) following
        ), served as materialized (
            select s::aque.shape as shape from live l
            cross join lateral (select * from aque.shape s where s.id = l.shape_id offset 0) s
            where not exists (select from aque.queue q where q.name = s.queue and q.paused)
        ), workers as materialized (
            select w as worker from aque.alive() w where not w.draining
        ), demands as materialized (
            select t.shape_id, t.memory, array_agg(t.id) as ids from aque.task t
            where t.id = any(asked) and t.state = 'pending' and t.blockers = 0 group by t.shape_id, t.memory
        ), lines as (
            select d.ids, o.shapes, o.leads
            from demands d join aque.shape s on s.id = d.shape_id
            cross join lateral (
                select array_agg(x.id order by x.id) as shapes, array_agg(x.lead order by x.id) as leads
                from (
                    select (v.shape).id, case when (v.shape).volume = s.volume then (
                               select 0 from workers w
                               where aque.misfits(w.worker, s, d.memory) = 0 and aque.fits(w.worker, v.shape) limit 1)
                           else (
                               select max(sign(aque.rank_at(w.worker, s.volume)
                                               - aque.rank_at(w.worker, (v.shape).volume))::int)
                               from workers w
                               where aque.misfits(w.worker, s, d.memory) = 0 and aque.fits(w.worker, v.shape))
                           end as lead
                    from served v
                ) x where x.lead is not null
            ) o
        )
        select l.shapes, l.leads, array_agg(i.id) as ids,
               array(select aque.cpus_on((select avg((w.worker).cpus)::real from workers w), (v.shape).cpus,
                                         (v.shape).cpu_share)
                     from served v where (v.shape).id = any(l.shapes) order by (v.shape).id) as cpus
        from lines l cross join lateral unnest(l.ids) i (id)
        where l.shapes is not null group by l.shapes, l.leads
    loop
        ahead := 0;
        work := 0;
        unknown := 0;
        select 2147483647 as priority, 'infinity'::real as duration, 9223372036854775807 as place into above;
        for waiting in
            select t.id, t.priority, t.duration, -t.id as place from aque.task t where t.id = any(line.ids)
            order by t.priority desc, t.duration desc, t.id
        loop
            if ahead <= most then
                select count(*)::int as count, coalesce(sum(x.duration * x.cpus), 0) as work,
                       count(*) filter (where x.duration <= 0)::int as unknown into part
                from (
                    select t.duration, s.cpus from unnest(line.shapes, line.cpus, line.leads) s (id, cpus, lead)
                    cross join lateral (
                        select t.duration from aque.task t
                        where t.state = 'pending' and t.blockers = 0 and t.shape_id = s.id
                          and (t.priority, t.duration, -t.id) > (waiting.priority, waiting.duration, aque.place_among(waiting.place, s.lead, 0))
                          and (t.priority, t.duration, -t.id) <= (above.priority, above.duration, aque.place_among(above.place, s.lead, 0))
                        order by t.priority desc, t.duration desc, -t.id desc limit most + 1 - ahead  -- by its index
                    ) t
                    limit most + 1 - ahead
                ) x;
                ahead := ahead + part.count;
                work := work + part.work;
                unknown := unknown + part.unknown;
            end if;
            id := waiting.id;
            return next;
            above := waiting;
        end loop;
    end loop;
end $$;
