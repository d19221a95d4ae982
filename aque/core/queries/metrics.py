"""What monitoring asks of a broker, each time with few and quick statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from psycopg.rows import class_row

from ..db.source import Connection
from ..db.statements import statements

_SQL: Final = statements(__name__)


@dataclass(frozen=True, slots=True)
class Backlog:
    """The tasks of a queue that are in one state, and not complete.

    `ready`: those of them that wait for nothing but a worker; `oldest`: when the first of them was submitted.
    """

    queue: str
    state: str
    tasks: int
    ready: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Ends:
    """Tasks of a queue that ended in one step of time.

    `kind` says what `key` is: `state`, or the number of the class that their `wait` (from submission to start) or `run`
    falls into; `seconds`: of all of them together.
    """

    step: int
    queue: str
    kind: str
    key: str
    tasks: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Standing:
    """The server's time, ids and captures that it has given out, all queues, those that are paused, limits by queue."""

    at: datetime
    submitted: int
    captured: int
    queues: list[str]
    paused: list[str]
    most: dict[str, int]


def backlog(conn: Connection) -> list[Backlog]:
    """What is not complete: every such task is looked at, so ask seldom where there are many."""
    with conn.cursor(row_factory=class_row(Backlog)) as cursor:
        return cursor.execute(_SQL["backlog"]).fetchall()


def ends(conn: Connection, since: datetime, step: float, bounds: Sequence[float]) -> list[Ends]:
    """What ended since a moment, by steps of so many seconds; `bounds` are the upper ones of classes, in seconds."""
    with conn.cursor(row_factory=class_row(Ends)) as cursor:
        return cursor.execute(_SQL["ends"], {"since": since, "step": step, "bounds": list(bounds)}).fetchall()


def standing(conn: Connection) -> Standing:
    """How the broker stands, without a look at its tasks."""
    with conn.cursor(row_factory=class_row(Standing)) as cursor:
        found = cursor.execute(_SQL["standing"]).fetchone()
    assert found
    return found
