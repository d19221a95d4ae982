-- In which life of the server (aque.incarnation) a worker took its lock; null where it has none, behind a pooler.
alter table aque.worker add column held_in text;
