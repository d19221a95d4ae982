"""Which task may start: first come, first served, within the cpus and the memory of the worker."""

from collections import deque
from collections.abc import Iterable, Sequence

from .job import Job

# Sums of shares such as 0.1 are not exact.
TOLERANCE = 1e-9


class Admission:
    """The tasks that wait, and what the running ones leave free."""

    def __init__(self) -> None:
        """One cpu and any memory until the worker says more."""
        self.waiting: deque[Job] = deque()
        self._cpus = 1.0
        self._memory: int | None = None

    def resize(self, cpus: float, memory: int | None) -> None:
        """Take a new capacity; running tasks stay."""
        self._cpus, self._memory = cpus, memory

    def next(self, running: Iterable[Job]) -> Job | None:
        """Take the first waiting task off the queue if it may start now."""
        if not self.waiting or not self._fits(self.waiting[0], list(running)):
            return None
        return self.waiting.popleft()

    def take(self, lease: object) -> Job | None:
        """Take one task off the queue wherever it stands."""
        job = next((job for job in self.waiting if job.lease == lease), None)
        if job is not None:
            self.waiting.remove(job)
        return job

    def take_all(self) -> list[Job]:
        """Empty the queue."""
        jobs = list(self.waiting)
        self.waiting.clear()
        return jobs

    def take_alike(self, key: object, limit: int) -> list[Job]:
        """Take up to so many tasks off the front that can share a process with others of this key."""
        found: list[Job] = []
        while len(found) < limit and self.waiting and self.waiting[0].key == key:
            found.append(self.waiting.popleft())
        return found

    def put_back(self, jobs: Sequence[Job]) -> None:
        """Let tasks wait again, before all others."""
        for job in jobs:
            job.wait_again()
        self.waiting.extendleft(reversed(jobs))

    def _fits(self, job: Job, running: list[Job]) -> bool:
        """Whether a task fits beside the running ones; alone, any task does."""
        if not running:
            return True
        if sum(one.cpus for one in running) + job.cpus > self._cpus + TOLERANCE:
            return False
        return self._memory is None or sum(one.memory for one in running) + job.memory <= self._memory
