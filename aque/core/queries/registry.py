"""Statements of workers: to register, to stay alive, to find who is dead."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg.rows import class_row

from ..db.pooler import has_session
from ..db.source import Connection
from ..db.statements import statements
from .single import value
from .submission import Change, changes

_SQL: Final = statements(__name__)


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """What a worker tells of itself when it registers. Memory in bytes; `queues` None means all.

    `mark` is in the environment of all that its tasks start.
    """

    name: str
    hostname: str
    ip: str | None
    pid: int
    platform: str
    username: str
    any_user: bool
    cpus: float
    memory: int
    queues: list[str] | None
    tags: list[str]
    version: str
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What a worker hears when it beats: whether it is to drain, and the server's time."""

    draining: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class Suspect:
    """A worker that looks dead, and when it was last heard of; `certain`: no need to look again."""

    id: int
    last_active: datetime
    certain: bool


def register(conn: Connection, info: WorkerInfo) -> int:
    """Store a new worker and return its id."""
    parameters = {name: getattr(info, name) for name in WorkerInfo.__slots__}
    return int(value(conn, _SQL["register"], parameters))


def hold(conn: Connection, worker: int) -> bool:
    """Take the lock that says the worker of this session lives; False where another session has it still.

    Where a pooler stands in between it takes none, and has others go by its heartbeats alone.
    """
    return bool(value(conn, _SQL["hold"], {"worker": worker, "has_session": has_session(conn)}))


def beat(
    conn: Connection,
    worker: int,
    *,
    draining: bool,
    cpus_used: float,
    memory_used: int,
    load: float | None = None,
) -> Heard | None:
    """Tell that a worker lives, what it has in use, and its host's load average; None: it was given up for dead."""
    parameters = {
        "worker": worker,
        "draining": draining,
        "cpus_used": cpus_used,
        "memory_used": memory_used,
        "load": load,
    }
    with conn.transaction():
        conn.execute("set local synchronous_commit = off")
        row = conn.execute(_SQL["beat"], parameters).fetchone()
    return Heard(*row) if row else None


def volumes(conn: Connection) -> list[str]:
    """All volumes that files of tasks lie on."""
    return list(value(conn, _SQL["volumes"], {}))


def rank(conn: Connection, worker: int, opinions: Mapping[str, Mapping[str, Any]]) -> None:
    """Tell what a worker thinks of volumes: `rank`, the smallest is the best, and why."""
    conn.execute(_SQL["rank"], {"worker": worker, "volumes": json.dumps(opinions)})


def is_to_drain(conn: Connection, worker: int) -> bool:
    """Whether somebody wants a worker to drain."""
    return bool(value(conn, _SQL["is_to_drain"], {"worker": worker}))


def set_idle(conn: Connection, worker: int, idle: bool) -> None:
    """Tell whether a worker wants to hear of new work."""
    conn.execute(_SQL["set_idle"], {"worker": worker, "idle": idle})


def leave(conn: Connection, worker: int) -> None:
    """Tell that a worker has ended, with nothing left to run."""
    conn.execute(_SQL["leave"], {"worker": worker})


def dead_workers(conn: Connection, grace: float, *, settled: bool) -> list[Suspect]:
    """Workers that have not been heard of for `grace` seconds, or, where `settled`, whose session is gone.

    `settled`: this session has been there long enough for others to have come back after a restart of the server.
    """
    with conn.cursor(row_factory=class_row(Suspect)) as cursor:
        return cursor.execute(_SQL["dead_workers"], {"grace": grace, "settled": settled}).fetchall()


def marks(conn: Connection, workers: Sequence[int], hostname: str) -> list[str]:
    """The marks of those of the workers that were on a host, and have ended."""
    return [row[0] for row in conn.execute(_SQL["marks"], {"workers": list(workers), "hostname": hostname})]


def forsake(conn: Connection, workers: Sequence[int]) -> list[Change]:
    """Take the tasks of dead workers away from them; returns all tasks whose state changed by it."""
    return changes(conn.execute(_SQL["forsake"], {"workers": list(workers)}))
