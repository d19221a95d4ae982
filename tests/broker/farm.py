"""Workers that run nothing: a clock that jumps from end to end, and the broker's own claims and completions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aque.core.broker import Broker
from aque.core.db.source import Connection
from aque.core.queries import work
from aque.core.queries.work import Captured, Outcome
from aque.core.states import State

from .backlog import register

# To the server, each run began so many seconds ago.
_ADVANCE = """
update aque.task t set started_at = clock_timestamp() - make_interval(secs => x.age)
from unnest(%s::bigint[], %s::float8[]) x (id, age) where t.id = x.id
"""


@dataclass(frozen=True)
class Job:
    """A task with the seconds that it really takes."""

    id: int
    cpus: float
    memory: int
    priority: int
    duration: float
    seconds: float
    submitted: float

    @property
    def order(self) -> tuple[float, ...]:
        """The smallest comes first."""
        return -self.priority, -self.duration, self.id


@dataclass(frozen=True)
class Stay:
    """A run: where, and from when to when."""

    job: Job
    worker: int
    start: float
    end: float
    captured: Captured


class Farm:
    """Some workers, each of some cpus and some memory, and all that ran there."""

    def __init__(self, broker: Broker, conn: Connection, sizes: Iterable[tuple[float, int]]) -> None:
        conn.execute("truncate aque.task, aque.spec, aque.attempt, aque.worker, aque.reservation")
        self.now = 0.0
        self.stays: dict[int, Stay] = {}
        self.running: list[Stay] = []
        self.waiting: dict[int, Job] = {}
        self._broker, self._conn = broker, conn
        self.workers = {register(conn, cpus=cpus, memory=memory): (cpus, memory) for cpus, memory in sizes}

    def submit(self, jobs: Iterable[Mapping[str, Any]]) -> list[int]:
        """Tasks with cpus, memory, priority, duration (0: unknown), and the seconds that they really take."""
        made = list(jobs)
        ids = self._broker.submit(
            [{"func": "m:f", "user": "me", **{k: v for k, v in job.items() if k != "seconds"}} for job in made], {}
        )
        for task, job in zip(ids, made, strict=True):
            defaults = {"cpus": 1.0, "memory": 0, "priority": 1000, "duration": 0.0}
            self.waiting[task] = Job(task, submitted=self.now, **{**defaults, **job})
        return ids

    def claim(self, workers: Iterable[int] | None = None) -> None:
        """Each worker takes what it can."""
        for worker in self.workers if workers is None else workers:
            cpus, memory = self.free(worker)
            for run in work.claim(self._conn, worker, cpus, memory, 200):
                job = self.waiting.pop(run.id)
                stay = self.stays[run.id] = Stay(job, worker, self.now, self.now + job.seconds, run)
                self.running.append(stay)
            cpus, memory = self.free(worker)
            assert cpus >= 0, "more was promised than there is"
            assert memory >= 0, "more was promised than there is"

    def free(self, worker: int) -> tuple[float, int]:
        """What a worker has left."""
        cpus, memory = self.workers[worker]
        mine = [stay.job for stay in self.running if stay.worker == worker]
        return cpus - sum(job.cpus for job in mine), memory - sum(job.memory for job in mine)

    def step(self) -> None:
        """Go on to the next end, and complete what ends there."""
        self.now = min(stay.end for stay in self.running)
        ended = [stay.captured for stay in self.running if stay.end <= self.now]
        self.running = [stay for stay in self.running if stay.end > self.now]
        at = datetime.now(UTC).timestamp()
        work.complete(self._conn, [Outcome(run.id, run.lease, State.SUCCESS, at, at) for run in ended])
        ages = [self.now - stay.start for stay in self.running]
        self._conn.execute(_ADVANCE, [[stay.job.id for stay in self.running], ages])

    def latest_start(self, job: Job) -> float:
        """When a task has to have started: once all is over that ran when it came to be the first in the order."""
        first = max([job.submitted, *(each.start for each in self.stays.values() if each.job.order < job.order)])
        return max([first, *(each.end for each in self.stays.values() if each.start <= first and each.job != job)])

    def utilisation(self, what: str) -> float:
        """The part of all cpus, or of all memory, that was in use until now."""
        used = sum((min(stay.end, self.now) - stay.start) * getattr(stay.job, what) for stay in self.stays.values())
        there = sum(dict(zip(("cpus", "memory"), size, strict=True))[what] for size in self.workers.values())
        return float(used / (there * self.now))
