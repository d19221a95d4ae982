"""How a broker is set up: what the doctor looks at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from psycopg.rows import class_row

from ..db.source import Connection
from ..db.statements import statements

_SQL: Final = statements(__name__)


@dataclass(frozen=True, slots=True)
class Server:
    """The server and this session. `endless`: time limits that are not set; `off`: what should be on.

    `transactions`: how many there were since the oldest row was frozen.
    """

    version: str
    number: int
    now: datetime
    role: str
    is_super: bool
    endless: list[str]
    off: list[str]
    most_connections: int
    connections: int
    is_encrypted: bool | None
    is_remote: bool | None
    transactions: int
    has_schema: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Who holds an old snapshot, and for how many seconds."""

    holder: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its rows, and those that are gone and take up room."""

    name: str
    live: int
    dead: int


@dataclass(frozen=True, slots=True)
class Sharing:
    """The roles and rights of a schema. `open`: tables without policies; `unpinned`: functions with a caller's names.

    `writers`: roles that may write tasks past the functions; `granted`: the roles that this session has. `doors`:
    schemas in this session's search_path that everybody may put functions into.
    """

    is_shared: bool
    owner: str
    is_owner_super: bool
    open: list[str]
    unpinned: list[str]
    writers: list[str]
    doors: list[str]
    missing: list[str]
    granted: list[str]


def server(conn: Connection) -> Server:
    """What the server tells of itself; asks nothing of the schema."""
    with conn.cursor(row_factory=class_row(Server)) as cursor:
        found = cursor.execute(_SQL["server"]).fetchone()
    assert found
    return found


def snapshots(conn: Connection, seconds: float) -> list[Snapshot]:
    """Snapshots that are older than so many seconds, as far as this role may see them."""
    with conn.cursor(row_factory=class_row(Snapshot)) as cursor:
        return cursor.execute(_SQL["snapshots"], {"seconds": seconds}).fetchall()


def tables(conn: Connection) -> list[Table]:
    """The tables that are rewritten most."""
    with conn.cursor(row_factory=class_row(Table)) as cursor:
        return cursor.execute(_SQL["tables"]).fetchall()


def sharing(conn: Connection) -> Sharing:
    """Who owns the schema, and who shares it."""
    with conn.cursor(row_factory=class_row(Sharing)) as cursor:
        found = cursor.execute(_SQL["sharing"]).fetchone()
    assert found
    return found


def is_work_waiting(conn: Connection) -> bool:
    """Whether any task is ready to run."""
    row = conn.execute(_SQL["waiting"]).fetchone()
    return bool(row and row[0])
