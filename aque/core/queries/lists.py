"""What a screen shows besides lists: sums, edges, the words of filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from psycopg.rows import class_row

from ..db.source import Connection
from ..db.statements import statements
from ..states import State

_SQL: Final = statements(__name__)


@dataclass(frozen=True, slots=True)
class Farm:
    """What all living workers have together; memory in bytes."""

    workers: int
    cpus: float
    cpus_used: float
    memory: int
    memory_used: int


def counts(conn: Connection) -> dict[State, int]:
    """How many tasks are in each state that any is in."""
    return {State(state): count for state, count in conn.execute(_SQL["counts"])}


def farm(conn: Connection) -> Farm:
    """What all living workers have together."""
    with conn.cursor(row_factory=class_row(Farm)) as cursor:
        found = cursor.execute(_SQL["farm"]).fetchone()
    assert found
    return found


@dataclass(frozen=True, slots=True)
class Branch:
    """An edge of a task, to one that it needs, or one that needs it."""

    to: int
    condition: str
    otherwise: str
    is_child: bool


def branches(conn: Connection, ids: Sequence[int], *, upwards: bool) -> dict[int, list[Branch]]:
    """What tasks depend on, or `upwards` what depends on them, in the order of ids."""
    found: dict[int, list[Branch]] = {}
    for task, *rest in conn.execute(_SQL["needed_by" if upwards else "needs"], {"ids": list(ids)}):
        found.setdefault(task, []).append(Branch(*rest))
    return found


def branching(conn: Connection, ids: Sequence[int], *, upwards: bool) -> frozenset[int]:
    """Those of some tasks that depend on any, or `upwards` that any depends on."""
    statement = _SQL["with_dependents" if upwards else "with_needs"]
    return frozenset(row[0] for row in conn.execute(statement, {"ids": list(ids)}))


def vocabulary(conn: Connection) -> dict[str, list[str]]:
    """Values that occur, by the name of their field."""
    found: dict[str, list[str]] = {}
    for field, value in conn.execute(_SQL["vocabulary"]):
        found.setdefault(field, []).append(value)
    return found
