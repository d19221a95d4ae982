-- The pieces of a filter's condition. `r` is a row of queries/listing.sql; what stands in braces is filled in by
-- condition.py: columns, types and parameters, never a text of a user's.

-- name: group
({parts})

-- name: not
(({part}) is not true)

-- name: compare
{column} {operator} {value}::{type}

-- name: any_of
{column} = any({values}::{type}[])

-- name: any_of_many
{column} && {values}::{type}[]

-- name: unset
{column} is null

-- name: regex
{column} ~ {pattern}::text

-- name: regex_many
exists (select from unnest({column}) each where each ~ {pattern}::text)

-- name: word
-- In the "C" collation lower() knows ASCII alone, in every database.
(strpos(lower(r.name collate "C"), {text}::text) > 0 or strpos(lower(r.command collate "C"), {text}::text) > 0)

-- name: plain_word
-- The same for a word without anything that is written otherwise in JSON or in a command line: commands are put
-- together only where the word is in what they are made of.
(strpos(lower(r.name collate "C"), {text}::text) > 0
 or strpos(lower(r.raw_command collate "C"), {text}::text) > 0
    and strpos(lower(r.command collate "C"), {text}::text) > 0)

-- name: worker
(r.worker_id = any({ids}::bigint[]) or r.worker = any({names}::text[]))

-- name: dep
r.id in (select d.needs_id from aque.dependency d where d.task_id = any({ids}::bigint[]))

-- name: needs
r.id in (select d.task_id from aque.dependency d where d.needs_id = any({ids}::bigint[]))
