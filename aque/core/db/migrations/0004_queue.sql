-- Who paused a queue, and when; null unless it is paused.
alter table aque.queue add column paused_by text, add column paused_at timestamptz;
