-- name: server
-- What the server is, and how this session stands in it. Asked without a look at the schema, which may be of any age.
select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
       clock_timestamp() as now, session_user::text as role,
       (select r.rolsuper from pg_roles r where r.rolname = session_user) as is_super,
       array(select s.name from pg_settings s
             where s.name in ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout')
               and s.setting = '0' order by s.name) as endless,
       array(select s.name from pg_settings s
             where s.name in ('fsync', 'full_page_writes', 'synchronous_commit', 'autovacuum', 'track_counts')
               and s.setting = 'off'
             order by s.name) as off,
       current_setting('max_connections')::int as most_connections,
       (select count(*) from pg_stat_activity a where a.backend_type = 'client backend')::int as connections,
       (select l.ssl from pg_stat_ssl l where l.pid = pg_backend_pid()) as is_encrypted,
       not (inet_server_addr() <<= any('{127.0.0.0/8,::1}'::inet[])) as is_remote,
       (select age(d.datfrozenxid) from pg_database d where d.datname = current_database()) as transactions,
       to_regnamespace('aque') is not null as has_schema

-- name: snapshots
-- What keeps rows that are gone from being cleared away, the oldest first: for longer than `seconds`.
select 'session ' || a.pid || ' of ' || coalesce(a.usename, '?') as holder,
       extract(epoch from clock_timestamp() - a.xact_start)::float8 as seconds
from pg_stat_activity a
where a.datname = current_database() and a.xact_start < clock_timestamp() - make_interval(secs => %(seconds)s::float8)
union all
select 'the prepared transaction ' || x.gid, extract(epoch from clock_timestamp() - x.prepared)::float8
from pg_prepared_xacts x where x.prepared < clock_timestamp() - make_interval(secs => %(seconds)s::float8)
order by 2 desc

-- name: tables
-- The tables that are rewritten most: their rows, and those that are gone and not yet cleared away.
select s.relname as name, s.n_live_tup as live, s.n_dead_tup as dead
from pg_stat_user_tables s where s.schemaname = 'aque' and s.relname in ('task', 'worker', 'dependency', 'output')
order by 1

-- name: sharing
-- Whether the schema is shared, what its policies lack, and who may write tasks past the functions.
select exists (select from aque.sharing) as is_shared,
       pg_get_userbyid(n.nspowner)::text as owner,
       (select r.rolsuper from pg_roles r where r.oid = n.nspowner) as is_owner_super,
       array(select c.relname::text from pg_class c
             where c.relnamespace = n.oid and not c.relrowsecurity
               and c.relname in ('environ', 'result', 'output', 'worker', 'event', 'event_part') order by 1) as open,
       array(select p.proname::text from pg_proc p
             where p.pronamespace = n.oid and p.prosecdef
               and not coalesce('search_path=pg_catalog, pg_temp' = any(p.proconfig), false) order by 1) as unpinned,
       array(select r.rolname::text from pg_roles r
             where not r.rolsuper and r.oid <> n.nspowner and r.rolname !~ '^pg_'
               and not pg_has_role(r.oid, n.nspowner, 'member')
               and exists (
                   select from unnest('{task,spec,shape,environ,dependency}'::text[]) t (name)
                   where has_table_privilege(r.oid, 'aque.' || t.name, 'insert, update, delete')
                      or has_any_column_privilege(r.oid, 'aque.' || t.name, 'insert, update')) order by 1) as writers,
       array(select s.name::text from unnest(current_schemas(false)) s (name)
             where has_schema_privilege('public', s.name, 'create')) as doors,
       array(select r.name from unnest('{aque_user,aque_operator,aque_worker}'::text[]) r (name)
             where not exists (select from pg_roles o where o.rolname = r.name)) as missing,
       array(select r.rolname::text from pg_roles r
             where r.rolname in ('aque_user', 'aque_operator', 'aque_worker')
               and pg_has_role(session_user, r.oid, 'usage') order by 1) as granted
from pg_namespace n where n.nspname = 'aque'

-- name: waiting
-- Whether any task is ready to run.
select exists (select from aque.task t where t.state = 'pending' and t.blockers = 0)
