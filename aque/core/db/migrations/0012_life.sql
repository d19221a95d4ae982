-- What workers tell of their hosts.

-- The load average of the last minute.
alter table aque.worker add column load real;

-- Stands in the environment of all that its tasks started; another worker of its host ends what is left of them by it.
alter table aque.worker add column mark text;
