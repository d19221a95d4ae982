-- Nearly all edges may be of one task, as those of a group are, and the estimate would have any other's be as many: claims read
-- the whole of the wrong index for each task. What counts is that most tasks have few.
alter table aque.dependency
    alter column task_id set (n_distinct = -0.5),
    alter column needs_id set (n_distinct = -0.5);
