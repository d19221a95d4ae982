-- Signals on their way to runs that they do not end: stop, go on, a user's own. Those that end one stand in the task.
create table aque.signal (
    id        bigint generated always as identity primary key,
    worker_id bigint   not null,
    lease     bigint   not null,           -- a run that is over by then does not get it
    signal    smallint not null
);
create index signal_worker on aque.signal (worker_id, id);
