-- What retries by hand need.

-- The dependent had begun when what it needs was retried: the edge holds it back no more, until it is retried itself.
alter table aque.dependency add column waived boolean not null default false;

-- As asked for; task.retries grows by the runs that are not to count.
alter table aque.spec add column retries smallint not null default 0;
update aque.spec p set retries = t.retries from aque.task t where t.id = p.task_id and t.retries > 0;
