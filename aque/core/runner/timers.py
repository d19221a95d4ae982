"""Things to do later, and the dead man's switch."""

import heapq
import itertools
import time
from collections.abc import Callable

# Sleep of the machine stops the monotonic clock but not the leases in the database.
WALL = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
SWITCH_LOOK = 1.0


class Timers:
    """Calls at times of the monotonic clock; a call checks itself whether it still matters."""

    def __init__(self) -> None:
        """Start with none."""
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        """Have something called once that many seconds have gone by."""
        heapq.heappush(self._heap, (time.monotonic() + seconds, next(self._order), call))

    def remaining(self) -> float | None:
        """Seconds until the next call is due."""
        return max(0.0, self._heap[0][0] - time.monotonic()) if self._heap else None

    def run(self) -> None:
        """Make the calls that are due."""
        while self._heap and self._heap[0][0] <= time.monotonic():
            heapq.heappop(self._heap)[2]()


class Switch:
    """Expires unless it is set again in time, sleep of the machine included."""

    def __init__(self) -> None:
        """Not set: never expires."""
        self._until: float | None = None

    def set(self, seconds: float) -> None:
        """Expire that many seconds from now instead."""
        self._until = time.clock_gettime(WALL) + seconds

    def expired(self) -> bool:
        """Whether it has run out; says so once."""
        if self._until is None or time.clock_gettime(WALL) < self._until:
            return False
        self._until = None
        return True

    def remaining(self) -> float | None:
        """Seconds to wait before looking again: short, for waits do not count sleep of the machine."""
        if self._until is None:
            return None
        return min(SWITCH_LOOK, max(0.0, self._until - time.clock_gettime(WALL)))
