-- The schema of aque. What is asked for lies apart from how it stands: `spec` is wide and written once, `task` is
-- narrow and hot, so that a claim or a completion rewrites some 130 bytes and never a command line.
--
--   spec ──── 1:1 ──── task ──── shape          a demand: queue, user, cpus, memory, host, platform, tags
--     │                 │ └───── worker         who runs it now, under which lease
--   environ             ├─ dependency           edges; task.blockers counts those that are still open
--                       ├─ attempt              how each run ended, and what it took
--                       ├─ result, progress     one row a task
--                       └─ output               what it wrote, in pieces
--   queue               paused as a whole, limited
--   event               who did what to which tasks
--
-- `blockers` counts everything that keeps a pending task from running: each open dependency, and the time in `run_at`
-- while that is to come. A task is ready when it is pending and has none.

create type aque.state as enum
    ('creating', 'pending', 'paused', 'running', 'success', 'error', 'killed', 'cancelled');
create type aque.condition as enum ('success', 'complete', 'failure');

create sequence aque.task_id;
create sequence aque.lease_id;

create table aque.environ (
    id     bigint generated always as identity primary key,
    digest bytea not null unique,          -- SHA-256 of the variables, sorted
    vars   json  not null,
    owner  text  not null default session_user
);

create table aque.queue (
    name        text primary key,
    paused      boolean not null default false,
    max_running int                        -- null: no limit
);

-- Distinct demands: a few dozen rows. The claim looks at the first ready task of each that fits the worker.
create table aque.shape (
    id        int generated always as identity primary key,
    queue     text   not null,
    username  text   not null,             -- the account that its tasks run as
    cpus      real   not null,
    cpu_share int    not null default 0,   -- N: the N-th part of the host, instead of cpus
    memory    bigint not null,             -- bytes
    host      text[] not null default '{}',  -- globs; with ! those that must not match
    platform  text   not null default '',  -- sys.platform; empty: any
    tags      text[] not null default '{}',
    unique (queue, username, cpus, cpu_share, memory, host, platform, tags)
);

create table aque.spec (
    task_id     bigint primary key,
    name        text not null,
    pattern     text not null,
    func        text,
    args        json,                      -- an array, each argument encoded apart
    kwargs      json,
    environ_id  bigint,
    cwd         text,
    groupname   text,
    interpreter text,
    stdin       text,
    stdout      text,
    stderr      text,
    stdin_value bytea,
    timeout     real,                      -- seconds
    retry_delay real not null default 0,   -- seconds before the first retry; doubled for each that follows
    run_at      timestamptz,               -- as asked for; task.run_at is what is still to come
    io_paths    text[],
    extra       json
);

create table aque.worker (
    id          bigint generated always as identity primary key,
    started_at  timestamptz not null default clock_timestamp(),
    last_active timestamptz not null default clock_timestamp(),
    ended_at    timestamptz,
    memory      bigint not null,
    memory_used bigint not null default 0,
    cpus        real not null,
    cpus_used   real not null default 0,
    pid         int  not null,
    idle        boolean not null default false,
    draining    boolean not null default false,
    name        text not null,
    hostname    text not null,
    ip          text,
    platform    text not null,
    username    text not null,             -- its account
    any_user    boolean not null,          -- it may run tasks of every account
    queues      text[],                    -- null: all
    tags        text[] not null default '{}',
    version     text not null,
    owner       text not null default session_user
) with (fillfactor = 50);

create index worker_alive on aque.worker (id) where ended_at is null;

create table aque.task (
    id          bigint primary key,
    parent_id   bigint,
    lease       bigint,                    -- the fence of the run that is going on; null unless running
    worker_id   bigint,
    created_at  timestamptz not null default clock_timestamp(),
    run_at      timestamptz,               -- not before; null once it has come
    started_at  timestamptz,
    finished_at timestamptz,
    shape_id    int  not null references aque.shape,
    priority    int  not null default 1000,
    duration    real not null default 0,   -- a hint; 0: unknown
    blockers    int  not null default 0,
    kill_grace  real,                      -- seconds between the signal and SIGKILL
    state       aque.state not null default 'creating',
    attempt     smallint not null default 0,
    retries     smallint not null default 0,
    losses      smallint not null default 0,   -- how often its worker died with it
    kill_signal smallint,                  -- someone asks that the run be stopped
    key         text,
    owner       text not null default session_user
) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 2000,
        autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0.05);

create index task_ready on aque.task (shape_id, priority desc, duration desc, id)
    where state = 'pending' and blockers = 0;
create index task_open on aque.task (id) where state in ('creating', 'pending', 'paused', 'running');
create index task_running on aque.task (worker_id) where state = 'running';
create index task_due on aque.task (run_at) where run_at is not null;
create index task_done on aque.task (finished_at) where state in ('success', 'error', 'killed', 'cancelled');
create index task_children on aque.task (parent_id) where parent_id is not null;
create unique index task_key on aque.task (key)
    where key is not null and state in ('creating', 'pending', 'paused', 'running');

-- `task_id` waits for `needs_id`.
create table aque.dependency (
    needs_id  bigint not null,
    task_id   bigint not null,
    condition aque.condition not null default 'success',
    place     int not null default 0,      -- the order in which the task names what it needs
    is_child  boolean not null default false,
    primary key (needs_id, task_id)
);
create index dependency_task on aque.dependency (task_id, needs_id);

-- One row for each run that ended; number 0 for a task that ended without one.
create table aque.attempt (
    task_id     bigint not null,
    worker_id   bigint,
    started_at  timestamptz,
    finished_at timestamptz not null,
    max_rss     bigint,                    -- bytes
    user_time   real,                      -- seconds
    system_time real,
    exit_code   int,
    number      smallint not null,
    signal      smallint,
    state       aque.state not null,
    error       json,                      -- {"type", "message", "traceback", "value"}
    primary key (task_id, number)
);

create table aque.result (
    task_id bigint primary key,
    value   json not null
);

create table aque.progress (
    task_id bigint primary key,
    at      timestamptz not null default clock_timestamp(),
    done    double precision not null,
    total   double precision,
    message text
) with (fillfactor = 70);

create table aque.output (
    task_id bigint not null,
    at      timestamptz not null default clock_timestamp(),
    seq     int not null,
    attempt smallint not null,
    stream  smallint not null,             -- 1 stdout, 2 stderr
    data    bytea not null,
    primary key (task_id, attempt, seq)
);
alter table aque.output alter column data set storage external;

create table aque.event (
    id        bigint generated always as identity primary key,
    at        timestamptz not null default clock_timestamp(),
    who       text not null default session_user,
    action    text not null,
    selection json not null,
    before    json,
    after     json
);
