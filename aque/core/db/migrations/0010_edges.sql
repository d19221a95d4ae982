-- What becomes of a task when the condition of an edge can no longer be met: it ends (`fail`: as an error where what it
-- needs failed), it is cancelled, or it waits until what it needs is retried, and ends as it should.
create type aque.otherwise as enum ('fail', 'cancel', 'wait');
alter table aque.dependency add column otherwise aque.otherwise not null default 'fail';
alter type aque.edge add attribute otherwise aque.otherwise;
