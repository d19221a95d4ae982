-- Among equals, those first whose files lie on file systems that are fast or idle for the worker.

-- The places that files of tasks lie on: mount points, as whoever submits sees them. They are few: aque.volume_of().
create table aque.volume (
    name text primary key
);

-- Where the files of a shape's tasks lie; empty: nothing is known of that.
alter table aque.shape add column volume text not null default '';
alter table aque.shape drop constraint shape_demand;
alter table aque.shape add constraint shape_demand
    unique (queue, username, cpus, cpu_share, host, platform, tags, limits, volume, memory, memory_least);
alter type aque.demand add attribute volume text;

-- What a worker thinks of volumes: {name: {"rank", "type", "load"}}, the smallest rank is the best. Null: it has none.
alter table aque.worker add column volumes jsonb;

-- The rank of the shape at the worker that claims.
alter type aque.head add attribute rank int;
