"""Statements of workers: to register, to claim, to complete, to stay alive."""

from __future__ import annotations

import json
import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg.rows import class_row, dict_row

from ..db.pooler import has_session
from ..db.source import Connection
from ..db.statements import statements
from ..states import State
from . import arrays
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


@dataclass(frozen=True, slots=True)
class Captured:
    """A task that was captured, with what is needed to run it; args, kwargs and extra are JSON texts."""

    id: int
    lease: int
    attempt: int
    cpus: float
    memory: int
    started_at: datetime
    name: str
    pattern: str
    func: str | None
    args: str | None
    kwargs: str | None
    environ_id: int | None
    cwd: str | None
    username: str
    groupname: str | None
    interpreter: str | None
    stdin: str | None
    stdout: str | None
    stderr: str | None
    stdin_value: bytes | None
    timeout: float | None
    priority: int
    queue: str
    parent_id: int | None
    extra: str | None
    isolation: str | None
    has_inputs: bool
    volume: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. Times in seconds, max_rss and what was read and written in bytes.

    Error and result are JSON texts.
    """

    id: int
    lease: int
    state: State
    started_at: datetime | None
    finished_at: datetime
    exit_code: int | None = None
    signal: int | None = None
    user_time: float | None = None
    system_time: float | None = None
    max_rss: int | None = None
    read_bytes: int | None = None
    written_bytes: int | None = None
    error: str | None = None
    result: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a run's output, as it came."""

    id: int
    lease: int
    seq: int
    stream: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Cut:
    """What a run's output does without: its pieces from `mark` up to `until`, `size` bytes in all."""

    id: int
    lease: int
    mark: int
    until: int
    size: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is."""

    id: int
    lease: int
    done: float
    total: float | None
    message: str | None


@dataclass(frozen=True, slots=True)
class Stop:
    """Someone asks that a run get a signal; grace in seconds, None: no SIGKILL.

    `is_standing`: it ends the run, and is asked until it has.
    """

    lease: int
    kill_signal: int
    kill_grace: float | None
    is_standing: bool


def register(conn: Connection, info: WorkerInfo) -> int:
    """Store a new worker and return its id."""
    parameters = {name: getattr(info, name) for name in WorkerInfo.__slots__}
    return int(_one(conn, "register", parameters))


def hold(conn: Connection, worker: int) -> bool:
    """Take the lock that says the worker of this session lives; False where another session has it still.

    Where a pooler stands in between it takes none, and has others go by its heartbeats alone.
    """
    return bool(_one(conn, "hold", {"worker": worker, "has_session": has_session(conn)}))


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
    return list(_one(conn, "volumes", {}))


def rank(conn: Connection, worker: int, opinions: Mapping[str, Mapping[str, Any]]) -> None:
    """Tell what a worker thinks of volumes: `rank`, the smallest is the best, and why."""
    conn.execute(_SQL["rank"], {"worker": worker, "volumes": json.dumps(opinions)})


def is_to_drain(conn: Connection, worker: int) -> bool:
    """Whether somebody wants a worker to drain."""
    return bool(_one(conn, "is_to_drain", {"worker": worker}))


def set_idle(conn: Connection, worker: int, idle: bool) -> None:
    """Tell whether a worker wants to hear of new work."""
    conn.execute(_SQL["set_idle"], {"worker": worker, "idle": idle})


def leave(conn: Connection, worker: int) -> None:
    """Tell that a worker has ended, with nothing left to run."""
    conn.execute(_SQL["leave"], {"worker": worker})


def claim(conn: Connection, worker: int, cpus: float, memory: int, limit: int) -> list[Captured]:
    """Capture up to `limit` tasks that together take no more than `cpus` and `memory`."""
    parameters = {"worker": worker, "cpus": cpus, "memory": memory, "limit": limit}
    with conn.cursor(row_factory=class_row(Captured)) as cursor:
        return cursor.execute(_SQL["claim"], parameters).fetchall()


_COLUMNS: Final = {
    "ids": "id",
    "leases": "lease",
    "states": "state",
    "starts": "started_at",
    "ends": "finished_at",
    "exit_codes": "exit_code",
    "signals": "signal",
    "user_times": "user_time",
    "system_times": "system_time",
    "max_rsses": "max_rss",
    "reads": "read_bytes",
    "writes": "written_bytes",
    "errors": "error",
    "results": "result",
}
_TEXTS: Final = {"error", "result"}


def complete(conn: Connection, outcomes: Sequence[Outcome]) -> list[Change]:
    """End runs under their leases; returns all tasks whose state changed by it, dependents too."""
    if not outcomes:
        return []
    parameters = {
        name: (arrays.texts if column in _TEXTS else arrays.plain)(map(operator.attrgetter(column), outcomes))
        for name, column in _COLUMNS.items()
    }
    return changes(conn.execute(_SQL["complete"], parameters))


def release(conn: Connection, runs: Iterable[tuple[int, int]]) -> list[Change]:
    """Give captured tasks (id, lease) back unrun; returns all tasks whose state changed by it.

    They are pending again, unless someone wants them stopped.
    """
    if not (pairs := list(runs)):
        return []
    ids, leases = (list(column) for column in zip(*pairs, strict=True))
    return changes(conn.execute(_SQL["release"], {"ids": ids, "leases": leases}))


def interrupt(conn: Connection, runs: Iterable[tuple[int, int]], *, is_loss: bool, reason: str) -> list[Change]:
    """Give tasks (id, lease) back whose runs came to no end of their own; returns all whose state changed by it."""
    if not (pairs := list(runs)):
        return []
    ids, leases = (list(column) for column in zip(*pairs, strict=True))
    parameters = {"ids": ids, "leases": leases, "is_loss": is_loss, "reason": reason}
    return changes(conn.execute(_SQL["interrupt"], parameters))


def strays(conn: Connection, worker: int, leases: Iterable[int]) -> list[tuple[int, int]]:
    """The runs (id, lease) that a worker has in the broker's books beside those of `leases`."""
    return conn.execute(_SQL["strays"], {"worker": worker, "leases": list(leases)}).fetchall()


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


def stops(conn: Connection, worker: int) -> list[Stop]:
    """What is asked to be stopped of a worker's runs."""
    with conn.cursor(row_factory=class_row(Stop)) as cursor:
        return cursor.execute(_SQL["stops"], {"worker": worker}).fetchall()


def orphans(conn: Connection, worker: int, leases: Iterable[int]) -> list[Stop]:
    """What ends those of a worker's runs, known by their leases, that the broker has not in its books."""
    with conn.cursor(row_factory=class_row(Stop)) as cursor:
        return cursor.execute(_SQL["orphans"], {"worker": worker, "leases": list(leases)}).fetchall()


def next_due(conn: Connection) -> float | None:
    """Seconds until the next task's time comes; None where none waits for its time."""
    value = _one(conn, "next_due", {})
    return None if value is None else float(value)


def is_more_to_come(conn: Connection, worker: int) -> bool:
    """Whether a worker with nothing to do now will have, with no one's help."""
    return bool(_one(conn, "is_more_to_come", {"worker": worker}))


def environs(conn: Connection, ids: Iterable[int]) -> dict[int, str]:
    """Stored environments by id, as JSON texts."""
    found = conn.execute(_SQL["environs"], {"ids": list(ids)})
    return {row[0]: row[1] for row in found}


def inputs(conn: Connection, tasks: Sequence[int], most: int) -> dict[int, list[dict[str, Any]]]:
    """What the runs of tasks may need of those that they depend on: results as JSON texts, stdout as bytes.

    Where a run asks for `size` bytes of stdout in all, and that is more than `most`, it gets none.
    """
    found: dict[int, list[dict[str, Any]]] = {task: [] for task in tasks}
    with conn.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(_SQL["inputs"], {"ids": list(tasks), "most": most}):
            found[row.pop("task_id")].append(row)
    return found


def append(conn: Connection, pieces: Sequence[Piece]) -> None:
    """Store pieces of output."""
    if pieces:
        columns = {
            "ids": [each.id for each in pieces],
            "leases": [each.lease for each in pieces],
            "seqs": [each.seq for each in pieces],
            "streams": [each.stream for each in pieces],
            "pieces": [each.data for each in pieces],
        }
        conn.execute(_SQL["append"], columns, binary=True)


def leave_out(conn: Connection, cuts: Sequence[Cut]) -> None:
    """Delete what lies between head and tail of outputs, and have a mark in its place."""
    if cuts:
        arrays = {name: [getattr(each, name) for each in cuts] for name in Cut.__slots__}
        conn.execute(_SQL["leave_out"], arrays)


def progress(conn: Connection, told: Sequence[Progress]) -> None:
    """Store how far runs are, under their leases."""
    if told:
        columns = {
            "ids": [each.id for each in told],
            "leases": [each.lease for each in told],
            "dones": [each.done for each in told],
            "totals": [each.total for each in told],
            "messages": [each.message for each in told],
        }
        conn.execute(_SQL["progress"], columns)


def _one(conn: Connection, name: str, parameters: dict[str, Any]) -> Any:
    row = conn.execute(_SQL[name], parameters).fetchone()
    return row[0] if row else None
