"""Queues as a whole, and workers that are to end."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg.rows import class_row

from ..db.source import Connection
from ..db.statements import statements

_SQL: Final = statements(__name__)


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A queue. `pending`: tasks still to run; `max_running` None: no limit; `paused_by`: a role of the server."""

    name: str
    pending: int
    running: int
    max_running: int | None
    paused: bool
    paused_by: str | None
    paused_at: datetime | None


@dataclass(frozen=True, slots=True)
class Called:
    """A living worker, and the word that it was called by."""

    id: int
    name: str
    draining: bool
    word: str | None


def queues(conn: Connection) -> list[QueueRow]:
    """All queues that there are tasks of, or that anything was ever said of, by name."""
    with conn.cursor(row_factory=class_row(QueueRow)) as cursor:
        return cursor.execute(_SQL["queues"]).fetchall()


def alone(conn: Connection) -> None:
    """Wait for others that change queues, limits or workers, and let them wait until the end of the transaction."""
    conn.execute(_SQL["alone"])


def hold(conn: Connection, names: Sequence[str], *, paused: bool) -> list[str]:
    """Pause queues, or resume them; returns the names of those that were not so before."""
    found = conn.execute(_SQL["hold"], {"names": list(dict.fromkeys(names)), "paused": paused})
    return [row[0] for row in found]


def limit(conn: Connection, names: Sequence[str], most: int | None) -> dict[str, int | None]:
    """Set how many tasks of each queue may run at once (None: as many as there is room for); the limits before."""
    return dict(conn.execute(_SQL["limit"], {"names": list(dict.fromkeys(names)), "limit": most}).fetchall())


def unknown_queues(conn: Connection, names: Sequence[str]) -> list[str]:
    """Those of some queues that nothing is known of, in the order given."""
    return [name for (name,) in conn.execute(_SQL["unknown_queues"], {"names": list(names)})]


def restore_queue(
    conn: Connection, name: str, before: Mapping[str, Any], after: Mapping[str, Any], *, dry: bool
) -> bool:
    """Give a queue its values of before, unless it has others by now than those `after`; whether that was so."""
    texts = {"before": json.dumps(before), "after": json.dumps(after)}
    statement = _SQL["queue_stands" if dry else "restore_queue"]
    return conn.execute(statement, {"name": name, **texts}).fetchone() is not None


def restore_worker(
    conn: Connection, worker: str, before: Mapping[str, Any], after: Mapping[str, Any], *, dry: bool
) -> bool:
    """Let a worker (its id) drain or not, as before, unless it has ended or does so already; whether that was so."""
    statement = _SQL["worker_stands" if dry else "restore_worker"]
    done = conn.execute(statement, {"id": int(worker), "draining": after["draining"]}).fetchone()
    return done is not None and bool(before != after)


def called(conn: Connection, words: Sequence[str] | None) -> list[Called]:
    """The living workers that have an id or a name among `words`; None: all that live."""
    with conn.cursor(row_factory=class_row(Called)) as cursor:
        return cursor.execute(_SQL["called"], {"words": None if words is None else list(words)}).fetchall()


def drain(conn: Connection, ids: Sequence[int]) -> list[int]:
    """Tell workers to drain; returns the ids of those that had not been told."""
    return [row[0] for row in conn.execute(_SQL["drain"], {"ids": list(ids)})]
