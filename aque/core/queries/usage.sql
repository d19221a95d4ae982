-- name: store
-- What the runs of a worker use now; the rows of its other runs go.
with gone as (
    delete from aque.usage u where u.worker_id = %(worker)s and u.task_id <> all(%(id)s::bigint[])
)
insert into aque.usage (task_id, lease, worker_id, cpu, rss, peak)
select x.task_id, x.lease, %(worker)s, x.cpu, x.rss, x.peak
from unnest(%(id)s::bigint[], %(lease)s::bigint[], %(cpu)s::real[], %(rss)s::bigint[], %(peak)s::bigint[])
    x (task_id, lease, cpu, rss, peak)
order by x.task_id
on conflict (task_id) do update
set lease = excluded.lease, worker_id = excluded.worker_id, cpu = excluded.cpu, rss = excluded.rss, peak = excluded.peak
