-- Wake-up: whom new work concerns. A notification takes a lock that all commits queue for, and a worker that looks in vain
-- takes the processor from those who submit.

-- Whether a worker that sleeps could run some of these tasks, were it empty; null: any tasks. Whether they are ready now does
-- not matter: of those that wait for their time it has to know as well.
create or replace function aque.is_waited_for(tasks bigint[]) returns boolean
language sql stable set enable_seqscan = off as $$
    select exists (
        select from aque.worker w
        where w.idle and w.ended_at is null
          and (tasks is null or exists (
              select from aque.task t join aque.shape s on s.id = t.shape_id
              where t.id = any(tasks) and aque.fits(w, s))))
$$;
