"""The processes that run many small tasks: which there are, which are idle, and when they are let go."""

import selectors
import time
from typing import Any

from .carrier import Carrier
from .job import Job
from .timers import Timers

IDLE = 20.0  # seconds that a process waits for more
LIMIT = 8  # idle processes that are kept


class Roster:
    """All of them, from their order to their end."""

    def __init__(self, selector: selectors.BaseSelector, timers: Timers) -> None:
        """Begin with none."""
        self._selector = selector
        self._timers = timers
        self._carriers: list[Carrier] = []
        self.by_pid: dict[int, Carrier] = {}

    def active(self) -> list[Job]:
        """The tasks that run, one of each process."""
        return [carrier.jobs[0] for carrier in self._carriers if carrier.jobs]

    def find(self, lease: object) -> tuple[Carrier, Job] | None:
        """A task, and the process that it was given to."""
        found = ((each, job) for each in self._carriers for job in each.jobs if job.lease == lease)
        return next(found, None)

    def idle(self, key: Any) -> Carrier | None:
        """A process for tasks of this key that has nothing to do."""
        return next((each for each in self._carriers if each.key == key and each.is_idle), None)

    def take_back(self) -> list[Job]:
        """Take all tasks back that have not begun."""
        return [job for carrier in self._carriers for job in carrier.take_back()]

    def add(self, carrier: Carrier) -> None:
        """One more; if too many are idle, the one that has been so for longest is let go."""
        idle = [each for each in self._carriers if each.is_idle]
        if len(idle) >= LIMIT:
            self.close(min(idle, key=lambda each: each.used_at))
        self._carriers.append(carrier)

    def rest(self, carrier: Carrier) -> None:
        """It has nothing to do: let it go now if it is to run nothing more, or else some time later."""
        if carrier.is_over:
            self.close(carrier)
        elif carrier.resting is None:
            carrier.resting = self._timers.after(IDLE, lambda: self._look(carrier))

    def remove(self, carrier: Carrier) -> None:
        """It has ended."""
        self.close(carrier)
        self._carriers.remove(carrier)
        self.by_pid.pop(carrier.pid, None)

    def flush(self, carrier: Carrier) -> None:
        """Send what it takes of its orders now, and the rest when it takes more."""
        if carrier.fileno() < 0:  # closed since the selector spoke
            return
        carrier.flush()
        is_watched = carrier.fileno() in self._selector.get_map()
        if carrier.wants_write and not is_watched:
            self._selector.register(carrier, selectors.EVENT_WRITE, carrier)
        elif is_watched and not carrier.wants_write:
            self._selector.unregister(carrier)

    def close(self, carrier: Carrier) -> None:
        """Hang up, at which it ends."""
        if carrier.resting:
            carrier.resting.cancel()
        if carrier.fileno() >= 0 and carrier.fileno() in self._selector.get_map():
            self._selector.unregister(carrier)
        carrier.close()

    def _look(self, carrier: Carrier) -> None:
        """Let it go if it has had nothing to do for long enough, or else look again when that will be."""
        carrier.resting = None
        if not carrier.is_idle:
            return
        left = carrier.used_at + IDLE - time.monotonic()
        if left <= 0:
            self.close(carrier)
        else:
            carrier.resting = self._timers.after(left, lambda: self._look(carrier))
