-- What a function shares its process with: `process` nothing, `shared` others of the same surroundings; null: as its
-- worker has it.
alter table aque.spec add column isolation text check (isolation in ('process', 'shared'));
alter type aque.incoming add attribute isolation text;
