-- What workers tell of their hosts.

-- The load average of the last minute.
alter table aque.worker add column load real;
