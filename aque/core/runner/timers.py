"""Things to do later, and the dead man's switch."""

import heapq
import itertools
import time
from collections.abc import Callable

# Sleep of the machine stops the monotonic clock but not the leases in the database.
WALL = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
SWITCH_LOOK = 1.0
MANY_VOID = 64  # cancelled calls, beyond which they are removed as soon as they are the most


class Timer:
    """One call to come; None once there is none."""

    __slots__ = ("_timers", "call")

    def __init__(self, timers: "Timers", call: Callable[[], None]) -> None:
        """It will be made."""
        self._timers = timers
        self.call: Callable[[], None] | None = call

    def cancel(self) -> None:
        """Make no call, and hold nothing of it."""
        if self.call:
            self.call = None
            self._timers.tidy()


class Timers:
    """Calls at times of the monotonic clock; a call checks itself whether it still matters."""

    def __init__(self) -> None:
        """Start with none."""
        self._heap: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._void = 0

    def after(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Have something called once that many seconds have gone by."""
        timer = Timer(self, call)
        heapq.heappush(self._heap, (time.monotonic() + seconds, next(self._order), timer))
        return timer

    def tidy(self) -> None:
        """One more was cancelled: remove those once they are many."""
        self._void += 1
        if self._void > max(MANY_VOID, len(self._heap) // 2):
            self._heap = [each for each in self._heap if each[2].call]
            heapq.heapify(self._heap)
            self._void = 0

    def remaining(self) -> float | None:
        """Seconds until the next call is due."""
        while self._heap and not self._heap[0][2].call:
            self._void -= 1
            heapq.heappop(self._heap)
        return max(0.0, self._heap[0][0] - time.monotonic()) if self._heap else None

    def run(self) -> None:
        """Make the calls that are due."""
        while self.remaining() == 0.0:
            timer = heapq.heappop(self._heap)[2]
            call, timer.call = timer.call, None
            if call:
                call()


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
