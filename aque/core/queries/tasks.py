"""How tasks ended, and the workers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from psycopg.rows import class_row

from ..db.source import Connection
from ..db.statements import statements
from . import arrays

_SQL: Final = statements(__name__)
_REMOVED: Final = json.dumps(
    {"type": "aque.core.errors:TaskNotFound", "message": "it was removed before its end was heard of"}
)


class Ending(NamedTuple):  # made by the thousand
    """How a task ended; error and result are JSON texts."""

    id: int
    state: str
    pattern: str
    exit_code: int | None
    signal: int | None
    error: str | None
    result: str | None


_SILENT: Final = 5.0  # seconds: several heartbeats are missing


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A worker that lives. Memory in bytes; `silent_for`: seconds since its last heartbeat; `running`: tasks.

    `load`: its host's load average of the last minute, None where it does not tell.
    `volumes`: what it thinks of those that files of tasks lie on, see aque.core.worker.volumes; None: nothing.
    """

    id: int
    name: str
    hostname: str
    ip: str | None
    pid: int
    platform: str
    username: str
    cpus: float
    cpus_used: float
    memory: int
    memory_used: int
    load: float | None
    queues: list[str] | None
    tags: list[str]
    volumes: dict[str, dict[str, Any]] | None
    version: str
    started_at: datetime
    last_active: datetime
    idle: bool
    draining: bool
    running: int
    silent_for: float

    def state(self, silent_for: float) -> str:
        """What it does, by the first that applies, when so many seconds have gone by since its last heartbeat."""
        states = (("silent", silent_for > _SILENT), ("draining", self.draining), ("busy", self.running))
        return next((name for name, applies in states if applies), "idle")


def outcomes(conn: Connection, ids: Sequence[int]) -> list[Ending]:
    """How those of the tasks ended that are complete."""
    return list(map(Ending._make, conn.execute(_SQL["outcomes"], {"ids": arrays.plain(ids)})))


def removed(conn: Connection, ids: Iterable[int]) -> list[Ending]:
    """An ending for each of the ids that no task has any more: how it really ended nobody knows."""
    return [Ending(each, "error", "", None, None, _REMOVED, None) for each in missing(conn, list(ids))]


def missing(conn: Connection, ids: Sequence[int]) -> list[int]:
    """Those of the ids that no task has."""
    return [row[0] for row in conn.execute(_SQL["missing"], {"ids": list(ids)})]


def workers(conn: Connection) -> list[WorkerRow]:
    """The workers that live."""
    with conn.cursor(row_factory=class_row(WorkerRow)) as cursor:
        return cursor.execute(_SQL["workers"]).fetchall()


def now(conn: Connection) -> datetime:
    """The server's time."""
    row = conn.execute(_SQL["now"]).fetchone()
    assert row
    return row[0]  # type: ignore[no-any-return]
