"""The schema: made, brought up to date, or found to be newer than this program."""

from __future__ import annotations

from typing import Any, Final, LiteralString

from psycopg import Connection

from ..errors import SchemaError
from .statements import scripts

_LOCK: Final = 0x61717565_6D696772  # "aquemigr": one migration at a time, whoever starts it

_VERSION: Final = "select coalesce(max(version), 0) from aque.schema_version"
_IS_THERE: Final = "select to_regclass('aque.schema_version') is not null"
_PREPARE: Final = """
create schema if not exists aque;
create table if not exists aque.schema_version (
    version    int primary key,
    applied_at timestamptz not null default clock_timestamp(),
    program    text not null
);
"""


def known_version() -> int:
    """The version of the schema that this program is made for."""
    return len(scripts("migrations"))


def schema_version(conn: Connection[Any]) -> int:
    """The version of the broker's schema; 0 where there is none."""
    if not _scalar(conn, _IS_THERE):
        return 0
    return int(_scalar(conn, _VERSION))


def migrate(conn: Connection[Any], program: str) -> int:
    """Bring the schema up to date, in one transaction, and return the version that it has then.

    Safe when several processes do it at once: the others wait, and then find it done.
    Raises SchemaError where the schema is newer than this program.
    """
    if check(schema_version(conn)):
        return known_version()
    with conn.transaction():
        conn.execute("set local statement_timeout = '10min'")
        conn.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        conn.execute(_PREPARE)
        have = schema_version(conn)
        if check(have):
            return known_version()
        for version, (_, script) in enumerate(scripts("migrations"), 1):
            if version > have:
                conn.execute(script)
                conn.execute("insert into aque.schema_version (version, program) values (%s, %s)", [version, program])
        for _, script in scripts("functions"):
            conn.execute(script)
    return known_version()


def check(version: int) -> bool:
    """Whether a schema is up to date; raises SchemaError where it is newer than this program."""
    if version > known_version():
        raise SchemaError(
            f"the broker's schema is version {version}, this aque knows {known_version()} at most: upgrade aque here"
        )
    return version == known_version()


def reset(conn: Connection[Any]) -> None:
    """Drop the schema with everything in it."""
    with conn.transaction():
        conn.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        conn.execute("drop schema if exists aque cascade")


def _scalar(conn: Connection[Any], query: LiteralString) -> Any:
    row = conn.execute(query).fetchone()
    return row[0] if row else None
