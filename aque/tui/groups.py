"""Groups as a source: the latest of them, counted as seldom as that is dear."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf, sqrt
from typing import Final

from ..core.monitor import Monitor
from ..core.queries import groups
from ..core.queries.groups import GroupRow, Progress
from ..core.states import COMPLETE_STATES
from .keys import Keys, Ranked
from .pace import SHARE, Paced

MOST: Final = 10_000  # groups that can be scrolled through
_PART: Final = 8  # groups that are counted at once
_BUDGET: Final = 0.3  # seconds of counting to a look; what is left comes with the next
_LONG: Final = 30.0  # seconds for which the counts of what is complete hold
_ENDED: Final = frozenset(COMPLETE_STATES)


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A group, and how far it is, where that is known already."""

    row: GroupRow
    progress: Progress | None

    @property
    def is_over(self) -> bool:
        """Whether nothing of it is left to do."""
        p = self.progress
        return self.row.state in _ENDED and p is not None and p.complete == p.total


@dataclass(frozen=True, slots=True)
class _Count:
    line: GroupLine
    at: float  # by time.monotonic()
    cost: float  # seconds


class Groups:
    """The latest tasks with children, newest first."""

    def __init__(self, monitor: Monitor, now: Callable[[], datetime]) -> None:
        self._monitor = monitor
        self._now = now
        self._all = Paced(lambda: monitor.read(groups.latest, MOST))
        self._keys = Ranked()
        self._counts: dict[int, _Count] = {}

    def keys(self) -> Keys:
        """Their ids as they were read last."""
        return self._keys

    def refresh(self) -> Keys:
        """Their ids as they were of late."""
        if (read := self._all()) is not None and (found := Ranked(array("q", read))) != self._keys:
            self._keys = found
        return self._keys

    def expire(self) -> None:
        """Read and count all anew."""
        self._all.expire()
        self._counts = {key: _Count(count.line, -inf, 0.0) for key, count in self._counts.items()}

    def rows(self, keys: Sequence[int]) -> Mapping[int, GroupLine]:
        """The groups of these ids."""
        found = {row.id: row for row in (self._monitor.read(groups.rows, keys) if keys else ())}
        self._count(found)
        return {key: GroupLine(row, self._known(key)) for key, row in found.items()}

    def _known(self, key: int) -> Progress | None:
        return self._counts[key].line.progress if key in self._counts else None

    def _count(self, rows: Mapping[int, GroupRow]) -> None:
        """Count those that are due, as long as there is time."""
        began = time.monotonic()
        roots = sum(sqrt(self._counts[key].cost) for key in rows if key in self._counts)
        due = [key for key, row in rows.items() if self._is_due(key, row, began, roots)]
        for start in range(0, len(due), _PART):
            if time.monotonic() - began > _BUDGET:
                return
            self._take(due[start : start + _PART], rows)

    def _is_due(self, key: int, row: GroupRow, now: float, roots: float) -> bool:
        """Whether to count a group: with these rests all together take their share of the time, and the small hurry."""
        count = self._counts.get(key)
        if count is None or count.line.row != row:
            return True
        rest = SHARE * sqrt(count.cost) * roots
        return now >= count.at + max(rest, _LONG if count.line.is_over else 0.0)

    def _take(self, keys: Sequence[int], rows: Mapping[int, GroupRow]) -> None:
        began = time.monotonic()
        read = self._monitor.read(groups.progress, keys, self._now())
        ended = time.monotonic()
        cost = (ended - began) / max(1, sum(each.total for each in read))
        for each in read:
            self._counts[each.id] = _Count(GroupLine(rows[each.id], each), ended, cost * each.total)


def rate(progress: Progress, now: datetime) -> float:
    """Ends in a second: of the last minute, or since the first start where none ended in that."""
    if progress.started_at is None:
        return 0.0
    age = max(1.0, ((progress.ended_at or now) - progress.started_at).total_seconds())
    if progress.recent:
        return progress.recent / min(60.0, max(1.0, (now - progress.started_at).total_seconds()))
    return (progress.success + progress.failed) / age


def remaining(progress: Progress, now: datetime) -> float | None:
    """Seconds until all are complete, if they go on as of late; None where nothing tells."""
    pace = rate(progress, now)
    left = progress.waiting + progress.running
    return left / pace if left and pace else None


def elapsed(line: GroupLine, now: datetime) -> float | None:
    """Seconds since the first start, until the last end where nothing is left to do."""
    p = line.progress
    if p is None or p.started_at is None:
        return None
    return ((p.ended_at if line.is_over and p.ended_at else now) - p.started_at).total_seconds()


def shares(progress: Progress) -> Iterable[tuple[float, str]]:
    """The parts of a bar, with a sign each that is told from the others without colour."""
    of = progress.total or 1
    signs = ((progress.success, "█"), (progress.failed, "x"), (progress.cancelled, "-"), (progress.running, "▒"))
    return ((count / of, sign) for count, sign in signs)
