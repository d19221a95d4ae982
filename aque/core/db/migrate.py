"""The schema: made, brought up to date, or found to be newer than this program.

Tables change by migrations, which are numbered and run once. Functions are replaced as a whole whenever they are not
those of this program: a digest of their text is kept as the comment of the schema.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from psycopg import Connection, sql
from psycopg.errors import UndefinedTable

from ..errors import SchemaError
from .statements import count, scripts

_LOCK: Final = 0x61717565_6D696772  # "aquemigr": one migration at a time, whoever starts it

_FOUND: Final = """
select coalesce(max(version), 0), coalesce(obj_description(to_regnamespace('aque'), 'pg_namespace'), '')
from aque.schema_version
"""
_MAY_SHARE: Final = "select to_regclass('aque.sharing') is not null"
_IS_SHARED: Final = "select exists (select from aque.sharing)"
_OWNER: Final = """
select pg_get_userbyid(nspowner), pg_has_role(nspowner, 'usage') from pg_namespace where nspname = 'aque'
"""
_PREPARE: Final = """
create schema if not exists aque;
create table if not exists aque.schema_version (
    version    int primary key,
    applied_at timestamptz not null default clock_timestamp(),
    program    text not null
);
"""
# A function whose result has other columns than before cannot be replaced, only made anew. The triggers of a shared
# schema go with their functions, and are made anew too; those that others put on our tables are theirs.
_DROP_FUNCTIONS: Final = """
do $$
declare
    each regprocedure;
    watch record;
begin
    for watch in
        select tgname, tgrelid::regclass as place from pg_trigger t join pg_proc p on p.oid = t.tgfoid
        where p.pronamespace = 'aque'::regnamespace and not t.tgisinternal
    loop
        execute format('drop trigger %I on %s', watch.tgname, watch.place);
    end loop;
    for each in select oid from pg_proc where pronamespace = 'aque'::regnamespace loop
        execute format('drop routine %s', each);
    end loop;
end $$
"""


@dataclass(frozen=True, slots=True)
class Schema:
    """The version of the tables, 0 where there are none, and the digest of the functions."""

    version: int = 0
    functions: str = ""

    def is_current(self) -> bool:
        """Whether it is what this program is made for; raises SchemaError where it is newer."""
        if self.version > known().version:
            raise SchemaError(
                f"the broker's schema is version {self.version}, this aque knows {known().version} at most:"
                " upgrade aque here"
            )
        return self == known()


@cache
def known() -> Schema:
    """The schema that this program is made for."""
    text = "\n".join(script for folder in ("functions", "shared") for _, script in scripts(folder))
    return Schema(count("migrations"), f"functions {len(text)}-{zlib.crc32(text.encode()):08x}")


def found(conn: Connection[Any]) -> Schema:
    """The schema that the broker has."""
    try:
        return Schema(*_row(conn, _FOUND))
    except UndefinedTable:  # to ask first whether it is there would be a turn more for each command
        return Schema()


def migrate(conn: Connection[Any], program: str) -> int:
    """Bring the schema up to date, in one transaction, and return the version that it has then.

    Safe when several processes do it at once: the others wait, and then find it done.
    Raises SchemaError where the schema is newer than this program, or belongs to another role.
    """
    if not found(conn).is_current():
        with conn.transaction():
            _require_owner(conn)
            conn.execute("set local statement_timeout = '10min'")
            conn.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
            conn.execute(_PREPARE)
            _apply(conn, found(conn), program)
    return known().version


def _apply(conn: Connection[Any], have: Schema, program: str) -> None:
    if have.is_current():
        return
    for version, (_, script) in enumerate(scripts("migrations"), 1):
        if version > have.version:
            conn.execute(script)
            conn.execute("insert into aque.schema_version (version, program) values (%s, %s)", [version, program])
    conn.execute(_DROP_FUNCTIONS)
    for _, script in scripts("functions"):
        conn.execute(script)
    if is_shared(conn):
        _share(conn)
    conn.execute(sql.SQL("comment on schema aque is {}").format(known().functions))


def is_shared(conn: Connection[Any]) -> bool:
    """Whether roles that do not trust each other share the schema."""
    return bool(_row(conn, _MAY_SHARE)[0] and _row(conn, _IS_SHARED)[0])


def share(conn: Connection[Any]) -> None:
    """Make the roles, and give each its rights; the schema must be up to date. Raises SchemaError as `migrate` does."""
    with conn.transaction():
        _require_owner(conn)
        conn.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        _share(conn)


def _share(conn: Connection[Any]) -> None:
    for _, script in scripts("shared"):
        conn.execute(script)


def owner(conn: Connection[Any]) -> str | None:
    """The role that the schema belongs to, where that is none of this session's; else None."""
    row = conn.execute(_OWNER).fetchone()
    return None if row is None or row[1] else str(row[0])


def _require_owner(conn: Connection[Any]) -> None:
    if other := owner(conn):
        raise SchemaError(
            f"the broker's schema belongs to {other}: only that role brings it up to date with `aque init`"
        )


def reset(conn: Connection[Any]) -> None:
    """Drop the schema with everything in it."""
    with conn.transaction():
        conn.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        conn.execute("drop schema if exists aque cascade")


def _row(conn: Connection[Any], query: Any) -> Any:
    row = conn.execute(query).fetchone()
    assert row
    return row
