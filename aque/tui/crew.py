"""The living workers as a source."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from datetime import datetime

from ..core.monitor import Monitor
from ..core.queries import tasks
from ..core.queries.tasks import WorkerRow
from .keys import Ids, Keys


class Crew:
    """The workers in the order of their ids; they are few, and read as a whole."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor
        self._keys = Ids(newest_first=False)
        self._rows: Mapping[int, WorkerRow] = {}

    def keys(self) -> Keys:
        """Their ids as they were read last."""
        return self._keys

    def refresh(self) -> Keys:
        """Their ids as they are now."""
        self._rows = {row.id: row for row in self._monitor.read(tasks.workers)}
        found = Ids(array("q", self._rows), newest_first=False)
        self._keys = self._keys if found == self._keys else found
        return self._keys

    def expire(self) -> None:
        """All is read at each refresh."""

    def rows(self, keys: Sequence[int]) -> Mapping[int, WorkerRow]:
        """The workers of these ids."""
        return {key: self._rows[key] for key in keys if key in self._rows}


def silence(worker: WorkerRow, now: datetime) -> float:
    """Seconds since a worker was last heard of."""
    return max(0.0, (now - worker.last_active).total_seconds())


def state(worker: WorkerRow, now: datetime) -> str:
    """What a worker does."""
    return worker.state(silence(worker, now))
