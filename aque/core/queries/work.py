"""Statements of runs: to claim, to complete or give back, to stop, and what they need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from psycopg.rows import class_row

from ..db.pipelines import ask
from ..db.source import Connection
from ..db.statements import statements
from ..states import State
from . import arrays
from .in_order import in_order
from .single import value
from .submission import Change, Ready, changes, payloads

_SQL: Final = statements(__name__)


class Captured(NamedTuple):  # these two are made by the thousand a second, and a tuple in a tenth of a class's time
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


class Outcome(NamedTuple):
    """How a run ended. Times in seconds, those of its start and end since 1970 by the server's clock.

    max_rss and what was read and written in bytes; error and result are JSON texts.
    """

    id: int
    lease: int
    state: State
    started_at: float | None
    finished_at: float
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
class Stop:
    """Someone asks that a run get a signal; grace in seconds, None: no SIGKILL.

    `is_standing`: it ends the run, and is asked until it has.
    """

    lease: int
    kill_signal: int
    kill_grace: float | None
    is_standing: bool


def claim(conn: Connection, worker: int, cpus: float, memory: int, limit: int) -> list[Captured]:
    """Capture up to `limit` tasks that together take no more than `cpus` and `memory`."""
    parameters = {"worker": worker, "cpus": cpus, "memory": memory, "limit": limit}
    with conn.cursor(row_factory=in_order(Captured._make)) as cursor:
        return cursor.execute(_SQL["claim"], parameters).fetchall()


_COLUMNS: Final = (
    "ids",
    "leases",
    "states",
    "starts",
    "ends",
    "exit_codes",
    "signals",
    "user_times",
    "system_times",
    "max_rsses",
    "reads",
    "writes",
    "errors",
    "results",
)
"""Those of outcomes, in their order."""
_TEXTS: Final = {"errors", "results"}


class Ended(NamedTuple):
    """What came of the ends of runs: the tasks whose state changed, dependents too, and what may be run now."""

    changes: list[Change]
    ready: Ready = frozenset()


def complete(conn: Connection, outcomes: Sequence[Outcome]) -> Ended:
    """End runs under their leases."""
    return _ended(conn.execute(_SQL["complete"], _columns(outcomes)).fetchall() if outcomes else ())


def complete_and_tell(conn: Connection, outcomes: Sequence[Outcome], untold: Iterable[Change]) -> Ready:
    """What `complete` does, and then tell all who listen of it, after what is `untold`; in one round trip.

    Returns what may be run now, of which nobody is told.
    """
    parameters = {**_columns(outcomes), "payloads": arrays.texts(payloads(untold))}
    return frozenset(value(conn, _SQL["complete_and_tell"], parameters) or ())


def complete_and_claim(
    conn: Connection,
    outcomes: Sequence[Outcome],
    worker: int,
    cpus: float,
    memory: int,
    limit: int,
    meanwhile: Callable[[int], object] = id,
) -> tuple[Ended, list[Captured]]:
    """What `complete` and `claim` do, in one statement.

    `meanwhile` is called while the server works, with the descriptor on which its answer comes.
    """
    parameters = {**_columns(outcomes), "worker": worker, "cpus": cpus, "memory": memory, "limit": limit}
    with conn.pipeline():
        cursor = conn.execute(_SQL["complete_and_claim"], parameters)
        ask(conn)
        meanwhile(conn.fileno())
    rows = cursor.fetchall()
    ids, states, *_ = rows[0]
    captured = [Captured._make(row[2:-1]) for row in rows if row[-1] is not None]
    return _ended(list(zip(ids or (), states or (), strict=True))), captured


def _ended(rows: Sequence[tuple[Any, ...]]) -> Ended:
    """A task of no state became ready, and one that is pending again may be so at once."""
    return Ended(changes(rows), frozenset(row[0] for row in rows if row[1] in (None, State.PENDING)))


def _columns(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    columns = zip(*outcomes, strict=True) if outcomes else ((),) * len(_COLUMNS)
    return {
        name: (arrays.texts if name in _TEXTS else arrays.plain)(column)
        for name, column in zip(_COLUMNS, columns, strict=True)
    }


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
    seconds = value(conn, _SQL["next_due"], {})
    return None if seconds is None else float(seconds)


def is_more_to_come(conn: Connection, worker: int) -> bool:
    """Whether a worker with nothing to do now will have, with no one's help."""
    return bool(value(conn, _SQL["is_more_to_come"], {"worker": worker}))


def environs(conn: Connection, ids: Iterable[int]) -> dict[int, str]:
    """Stored environments by id, as JSON texts."""
    found = conn.execute(_SQL["environs"], {"ids": list(ids)})
    return {row[0]: row[1] for row in found}
