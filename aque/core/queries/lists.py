"""What a screen shows of many tasks: who they are, some of them in rows, and their sums."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

from psycopg.rows import class_row

from ..db.source import Connection
from ..db.statements import statements
from ..states import State
from .output import OutputPiece

_SQL: Final = statements(__name__)


@dataclass(frozen=True, slots=True)
class ListedTask:
    """A task as a line shows it. `args` is the beginning of a JSON text; a blocker is what keeps it from running.

    `cpu` (percent of one core) and `rss` (bytes) are what it uses now; `over_memory`: that was more than it asked for.
    """

    id: int
    name: str
    state: str
    pattern: str
    func: str | None
    args: str | None
    priority: int
    user: str
    worker: str | None
    blockers: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cpu: float | None
    rss: int | None
    over_memory: bool


@dataclass(frozen=True, slots=True)
class Farm:
    """What all living workers have together; memory in bytes."""

    workers: int
    cpus: float
    cpus_used: float
    memory: int
    memory_used: int


def ids(conn: Connection, since: int = 0) -> array[int]:
    """The ids of all tasks from `since` on, ascending."""
    return _unpacked(conn, _SQL["ids"], {"since": since})


def latest(conn: Connection, limit: int) -> array[int]:
    """The highest `limit` ids, ascending."""
    return _unpacked(conn, _SQL["latest"], {"limit": limit})


def rows(conn: Connection, wanted: Sequence[int]) -> list[ListedTask]:
    """Tasks in the order of these ids; those that are gone are left out."""
    with conn.cursor(row_factory=class_row(ListedTask)) as cursor:
        found = {row.id: row for row in cursor.execute(_SQL["rows"], {"ids": list(wanted)})}
    return [found[each] for each in wanted if each in found]


def counts(conn: Connection) -> dict[State, int]:
    """How many tasks are in each state that any is in."""
    return {State(state): count for state, count in conn.execute(_SQL["counts"])}


def farm(conn: Connection) -> Farm:
    """What all living workers have together."""
    with conn.cursor(row_factory=class_row(Farm)) as cursor:
        found = cursor.execute(_SQL["farm"]).fetchone()
    assert found
    return found


def falls(conn: Connection, wanted: Sequence[int]) -> int:
    """How many tasks that are still to run could not run any more if these were stopped."""
    row = conn.execute(_SQL["falls"], {"ids": list(wanted)}).fetchone()
    assert row
    return int(row[0])


def tail(conn: Connection, task: int, limit: int) -> list[OutputPiece]:
    """The last `limit` pieces of the output of a task's last attempt, in the order in which they came."""
    with conn.cursor(row_factory=class_row(OutputPiece), binary=True) as cursor:
        return cursor.execute(_SQL["tail"], {"id": task, "limit": limit}).fetchall()[::-1]


def _unpacked(conn: Connection, statement: LiteralString, parameters: Mapping[str, int]) -> array[int]:
    row = conn.execute(statement, parameters, binary=True).fetchone()
    assert row
    found = array("q", row[0])
    if sys.byteorder == "little":
        found.byteswap()
    return found
