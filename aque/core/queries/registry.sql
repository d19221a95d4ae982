-- name: register
insert into aque.worker (name, hostname, ip, pid, platform, username, any_user, cpus, memory, queues, tags, version,
                         mark)
values (%(name)s, %(hostname)s, %(ip)s, %(pid)s, %(platform)s, %(username)s, %(any_user)s, %(cpus)s, %(memory)s,
        %(queues)s, %(tags)s, %(version)s, %(mark)s)
returning id

-- name: hold
-- The session's lock: it is gone as soon as the session is, and with it the worker counts as dead. Who has no session of
-- its own takes none, and is judged by its beats alone.
with told as (
    update aque.worker w set held_in = x.life
    from (select case when %(has_session)s then aque.incarnation() end as life) x
    where w.id = %(worker)s and w.held_in is distinct from x.life
)
select case when %(has_session)s then pg_try_advisory_lock(1634825573, %(worker)s::int) else true end

-- name: beat
update aque.worker
set last_active = clock_timestamp(), cpus_used = %(cpus_used)s, memory_used = %(memory_used)s,
    load = coalesce(%(load)s::real, load), draining = draining or %(draining)s
where id = %(worker)s and ended_at is null
returning draining, last_active

-- name: volumes
select coalesce(array_agg(v.name order by v.name), '{}') from aque.volume v

-- name: rank
-- What a worker thinks of volumes, from now on.
update aque.worker set volumes = %(volumes)s::jsonb where id = %(worker)s

-- name: is_to_drain
select draining from aque.worker where id = %(worker)s

-- name: set_idle
-- Whether the worker wants to be told of new work. It does not wait for the disk: a worker that comes back says it again.
update aque.worker set idle = %(idle)s where id = %(worker)s
returning set_config('synchronous_commit', 'off', true)

-- name: leave
with reserved as (delete from aque.reservation where worker_id = %(worker)s),
     measured as (delete from aque.usage where worker_id = %(worker)s)
update aque.worker set ended_at = clock_timestamp(), idle = false where id = %(worker)s

-- name: marks
-- What is in the environment of all that tasks of some workers of a host started, where these have ended.
select mark from aque.worker
where id = any(%(workers)s::bigint[]) and hostname = %(hostname)s and ended_at is not null and mark is not null

-- name: forsake
select id, state::text from aque.forsake(%(workers)s::bigint[])

-- name: dead_workers
select id, last_active, certain from aque.dead_workers(make_interval(secs => %(grace)s::float8), %(settled)s)
