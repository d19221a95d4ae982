-- What a column of reasons needs.

-- Who paused the task, and when; null unless somebody did, and told nowhere but while it is paused.
alter table aque.task add column paused_by text, add column paused_at timestamptz;

-- A worker with room that keeps some of it for a reserved task: of what comes behind that in the order it takes what ends
-- within `seconds`, and what needs no more than `memory`, where `is_wide`. `memory_free`: all that is free there.
create type aque.gate as (
    memory_free bigint, priority int, duration real, place bigint, seconds float8, is_wide boolean, memory bigint
);
-- What the tasks of a shape have to expect. Of the limits that they name one is not set (`is_unset`), has less than they
-- ask for (`is_small`), or has not enough free (`is_full`); `is_limited` is said of their queue. Amounts of memory: the most that a worker has which meets all the other
-- demands (`able`), takes tasks (`taker`), has the cpus free (`room`, of what is free), and keeps none of that for another
-- (`open`). `lacking`: the demands beside memory that no living worker meets; null where none lives.
create type aque.outlook as (
    shape_id int, is_paused boolean, is_limited boolean, is_unset boolean, is_small boolean, is_full boolean, lacking int, most bigint, able bigint, taker bigint, room bigint,
    open bigint, gates aque.gate[], reserved bigint[], front_priority int, front_duration real, front_place bigint
);
