"""Statements for many tasks that were submitted together: their output in order, and the end of their group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from psycopg.rows import class_row

from ..db.source import Connection
from ..db.statements import statements
from .submission import Change, changes

_SQL: Final = statements(__name__)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A piece of output among those of several tasks."""

    id: int = 0
    attempt: int = 0
    seq: int = -1


@dataclass(frozen=True, slots=True)
class PlacedPiece:
    """A piece of a task's output; stream is 1 for stdout, 2 for stderr, and 0 for a mark."""

    id: int
    attempt: int
    seq: int
    stream: int
    data: bytes

    @property
    def place(self) -> Place:
        return Place(self.id, self.attempt, self.seq)


@dataclass(frozen=True, slots=True)
class Run:
    """How the last run of a task went.

    `started` in seconds since 1970; `error`: its type; `written`: bytes of stdout.
    """

    id: int
    state: str
    hostname: str | None
    started: float | None
    seconds: float | None
    exit_code: int | None
    signal: int | None
    error: str | None
    written: int


def seal(conn: Connection, group: int) -> None:
    """Let a group that was held open end with its children."""
    conn.execute(_SQL["seal"], {"id": group})


def waive(conn: Connection, ids: Sequence[int]) -> None:
    """Let tasks run whatever they wait for, and wake idle workers; where a server fell, ask again."""
    conn.execute(_SQL["waive"], {"ids": list(ids)})


def withdraw(conn: Connection, ids: Sequence[int]) -> list[Change]:
    """Cancel those of the tasks that have not begun; returns all tasks that ended by it."""
    return changes(conn.execute(_SQL["withdraw"], {"ids": list(ids)}))


def outputs(conn: Connection, ids: Sequence[int], after: Place) -> list[PlacedPiece]:
    """The next pieces of the output of tasks, in the order of their ids; none where there are no more."""
    parameters = {"ids": list(ids), "id": after.id, "attempt": after.attempt, "seq": after.seq}
    with conn.cursor(row_factory=class_row(PlacedPiece), binary=True) as cursor:
        return cursor.execute(_SQL["outputs"], parameters).fetchall()


def runs(conn: Connection, ids: Sequence[int]) -> list[Run]:
    """How those of the tasks went that have ended by a run of theirs."""
    with conn.cursor(row_factory=class_row(Run)) as cursor:
        return cursor.execute(_SQL["runs"], {"ids": list(ids)}).fetchall()
