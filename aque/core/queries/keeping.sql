-- name: keeps
-- What workers keep free of what they have, and for which task.
select k.worker_id, k.task_id, k.priority, k.duration::float8 as duration, k.seconds, k.cpus::float8 as cpus, k.memory, k.rank
from aque.kept() k
