"""What running tasks use, and what each run of a task used."""

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
class Used:
    """What a run uses now: cpu in percent of one core, rss and its peak in bytes, of all its processes together."""

    id: int
    lease: int
    cpu: float
    rss: int
    peak: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of a task that has ended; number 0: the task ended without one.

    Times in seconds; max_rss, read_bytes and written_bytes in bytes; error is a JSON text. What the system does not
    tell is None.
    """

    number: int
    state: str
    worker: str | None
    hostname: str | None
    started_at: datetime | None
    finished_at: datetime
    user_time: float | None
    system_time: float | None
    max_rss: int | None
    read_bytes: int | None
    written_bytes: int | None
    exit_code: int | None
    signal: int | None
    error: str | None

    @property
    def wall_time(self) -> float | None:
        """Seconds from its start to its end."""
        return (self.finished_at - self.started_at).total_seconds() if self.started_at else None


def store(conn: Connection, worker: int, used: Sequence[Used]) -> None:
    """Let these be what the runs of a worker use now: others of its have no row any more."""
    columns = {name: [getattr(each, name) for each in used] for name in Used.__slots__}
    with conn.transaction():
        conn.execute("set local synchronous_commit = off")
        conn.execute(_SQL["store"], {"worker": worker, **columns})


def attempts(conn: Connection, task: int) -> list[Attempt]:
    """The runs of a task that have ended, the first of them first."""
    with conn.cursor(row_factory=class_row(Attempt)) as cursor:
        return cursor.execute(_SQL["attempts"], {"task": task}).fetchall()
