"""How many small tasks a process has before it at a time."""

import time

from .admission import Admission
from .batches import Batches
from .carrier import Carrier
from .job import Job
from .roster import Roster
from .timers import Timers

STUCK = 0.1  # seconds after which nothing waits behind a task any more


class Supply:
    """Hands tasks over to the processes that run many, and takes them back."""

    def __init__(self, admission: Admission, roster: Roster, timers: Timers) -> None:
        """Know the tasks that wait."""
        self._admission = admission
        self._roster = roster
        self._timers = timers
        self._batches = Batches()

    def begin(self, carrier: Carrier, job: Job) -> None:
        """Hand over a task, and those like it that wait behind it."""
        self._give(carrier, [job, *self._admission.take_alike(job.key, self._batches.size(job.key) - 1)])

    def go_on(self, carrier: Carrier, seconds: float) -> None:
        """One took so long: hand more over before a process has nothing left to do."""
        self._batches.learn(carrier.key, seconds)
        size = self._batches.size(carrier.key)
        if carrier.is_over or not 0 < len(carrier.jobs) <= size // 2:
            return
        if more := self._admission.take_alike(carrier.key, size - len(carrier.jobs)):
            self._give(carrier, more)

    def end(self, carrier: Carrier, others: list[Job]) -> None:
        """Give a process nothing more; others wait for another."""
        carrier.is_over = True
        self._admission.put_back(others)

    def _give(self, carrier: Carrier, jobs: list[Job]) -> None:
        carrier.give(jobs)
        self._roster.flush(carrier)
        self._watch(carrier)

    def _watch(self, carrier: Carrier) -> None:
        """Look after a process as long as tasks wait in it."""
        if not carrier.is_watched and not carrier.is_over and len(carrier.jobs) > 1:
            carrier.is_watched = True
            self._timers.after(STUCK, lambda: self._look(carrier))

    def _look(self, carrier: Carrier) -> None:
        """Let nothing wait behind a task that takes long."""
        carrier.is_watched = False
        if time.monotonic() - carrier.since >= STUCK and carrier.pid and not carrier.is_over:
            self._admission.put_back(carrier.take_back())
        self._watch(carrier)
