"""What monitoring is told of a broker. A look costs the same whatever lies there, but for the count of the backlog."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Final, NamedTuple

from . import config, embedded
from .broker import Broker
from .db.failures import translated
from .db.kept import answers
from .db.source import Connection
from .db.watchdog import limited
from .errors import BrokerUnavailable
from .queries import metrics, pulse, tasks
from .queries.metrics import Backlog, Ends, Standing
from .queries.pulse import Use
from .queries.tasks import WorkerRow

BOUNDS: Final = (0.01, 0.1, 1.0, 10.0, 60.0, 300.0, 1800.0, 3600.0, 21600.0, 86400.0)
"""Upper bounds of the classes of waits and runs, in seconds."""
LATELY: Final = 300.0
"""Seconds that `recent` tells of."""
_STEP: Final = 1.0  # seconds
_OPEN: Final = 60  # steps that are read again: an end is stored after it happened, or else its lease is lost
_LIMIT: Final = 20.0  # seconds for a look
_REST: Final = 20.0  # so many times as long as it took, the backlog is not counted again


class Key(NamedTuple):
    """What is counted of a queue: see `Ends`."""

    queue: str
    kind: str
    key: str


class Sum(NamedTuple):
    """Tasks, and their seconds together."""

    tasks: int = 0
    seconds: float = 0.0

    def plus(self, other: Sum) -> Sum:
        """Both together."""
        return Sum(self.tasks + other.tasks, self.seconds + other.seconds)


@dataclass(frozen=True)
class Reading:
    """One look at a broker. `counted_at`: when the backlog was counted, by the broker's clock; `took`: seconds."""

    standing: Standing
    backlog: Mapping[tuple[str, str], Backlog]
    counted_at: datetime
    limits: Sequence[Use]
    workers: Sequence[WorkerRow]
    ends: Mapping[Key, Sum]
    took: float

    def waiting(self, queue: str, state: str) -> Backlog:
        """The tasks of a queue that are in a state, and not complete."""
        return self.backlog.get((queue, state)) or Backlog(queue, state, 0, 0, None)

    def ended(self, queue: str, key: str, kind: str = "state") -> Sum:
        """Those of a queue that ended in a state, or after a wait or a run of a class."""
        return self.ends.get(Key(queue, kind, key)) or Sum()


class Tally:
    """Counts what ended since its first look. No count ever falls: not by a retry, not by the removal of a task.

    The last minute is read again each time; in a step that was read before the larger count stands.
    """

    def __init__(self) -> None:
        self._since: int | None = None
        self._steps: dict[int, dict[Key, Sum]] = {}
        self._settled: dict[Key, Sum] = {}

    def look(self, conn: Connection, now: datetime) -> Mapping[Key, Sum]:
        """All that ended so far."""
        last = int(now.timestamp() // _STEP)
        since = last if self._since is None else self._since
        self._take(metrics.ends(conn, pulse.moment(since, _STEP), _STEP, BOUNDS))
        self._since = max(since, last - _OPEN)
        for step in [step for step in self._steps if step < self._since]:
            _add(self._settled, self._steps.pop(step))
        total = dict(self._settled)
        for found in self._steps.values():
            _add(total, found)
        return total

    def _take(self, found: Sequence[Ends]) -> None:
        for each in found:
            step = self._steps.setdefault(each.step, {})
            key, new = Key(each.queue, each.kind, each.key), Sum(each.tasks, each.seconds)
            step[key] = max(step.get(key, new), new)


class Census:
    """Counts the backlog, and rests afterwards: however large it is, a twentieth of one core goes into it at most."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._again_at = -inf
        self._found: Mapping[tuple[str, str], Backlog] = {}
        self._counted_at: datetime | None = None

    def look(self, conn: Connection, now: datetime) -> tuple[Mapping[tuple[str, str], Backlog], datetime]:
        """The backlog, and when it was counted."""
        began = self._clock()
        if self._counted_at is None or began >= self._again_at:
            self._found = {(each.queue, each.state): each for each in metrics.backlog(conn)}
            self._counted_at = now
            ended = self._clock()
            self._again_at = ended + (ended - began) * _REST
        return self._found, self._counted_at


class Meter:
    """Looks at a broker, over and over, through a connection of its own. To be used by one thread."""

    def __init__(self, broker: Broker) -> None:
        self._database = broker.database
        self._conn: Connection | None = None
        self._tally = Tally()
        self._census = Census()

    def read(self) -> Reading:
        """What there is now, and what ended since the first look. Raises BrokerError."""
        return self._read(self._tally.look)

    def recent(self) -> Reading:
        """The same, with what ended in the last minutes, see LATELY."""
        return self._read(_lately)

    def close(self) -> None:
        """Let go of the broker."""
        if self._conn:
            self._conn.close()

    def _read(self, count: Callable[[Connection, datetime], Mapping[Key, Sum]]) -> Reading:
        with translated(), self._connected() as conn, limited(conn, _LIMIT):
            began = time.monotonic()
            standing = metrics.standing(conn)
            backlog, counted_at = self._census.look(conn, standing.at)
            return Reading(
                standing=standing,
                backlog=backlog,
                counted_at=counted_at,
                limits=pulse.limits(conn),
                workers=tasks.workers(conn),
                ends=count(conn, standing.at),
                took=time.monotonic() - began,
            )

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        if self._conn is None or self._conn.closed or not answers(self._conn):
            self._conn = self._connect(is_first=self._conn is None)
        yield self._conn

    def _connect(self, *, is_first: bool) -> Connection:
        """What it watches it does not start: where somebody stopped the embedded server it stays so."""
        source = self._database.source
        if is_first:
            self._database.prepare()
        elif source.embedded and not embedded.status(config.embedded_home(source.url)).running:
            raise BrokerUnavailable("the embedded server is stopped")
        return source.connect()


def _lately(conn: Connection, now: datetime) -> Mapping[Key, Sum]:
    found: dict[Key, Sum] = {}
    for each in metrics.ends(conn, now - timedelta(seconds=LATELY), _STEP, BOUNDS):
        _add(found, {Key(each.queue, each.kind, each.key): Sum(each.tasks, each.seconds)})
    return found


def _add(total: dict[Key, Sum], more: Mapping[Key, Sum]) -> None:
    for key, each in more.items():
        total[key] = total.get(key, Sum()).plus(each)
