"""Groups: tasks that have children, and how far those are."""

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
class GroupRow:
    """A group itself; `state` None: it is gone, and its children are not."""

    id: int
    name: str | None
    user: str | None
    state: str | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of a group's children are in which states; `failed`: as an error, or killed.

    `recent`: how many ended in the last minute, by the time that was asked for; `started_at` and `ended_at`: the first
    start and the last end.
    """

    id: int
    total: int
    waiting: int
    paused: int
    running: int
    success: int
    failed: int
    cancelled: int
    recent: int
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def complete(self) -> int:
        """How many are complete."""
        return self.success + self.failed + self.cancelled


def latest(conn: Connection, limit: int) -> list[int]:
    """The ids of the latest groups, descending: an index is read once for each."""
    return [row[0] for row in conn.execute(_SQL["latest"], {"limit": limit})]


def rows(conn: Connection, ids: Sequence[int]) -> list[GroupRow]:
    """Groups of these ids, in any order."""
    with conn.cursor(row_factory=class_row(GroupRow)) as cursor:
        return cursor.execute(_SQL["rows"], {"ids": list(ids)}).fetchall()


def progress(conn: Connection, ids: Sequence[int], now: datetime) -> list[Progress]:
    """How far groups are: all their children are read, so ask seldom where these are many."""
    with conn.cursor(row_factory=class_row(Progress)) as cursor:
        return cursor.execute(_SQL["progress"], {"ids": list(ids), "now": now}).fetchall()
