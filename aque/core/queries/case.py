"""Why a task does not run, and what became of one that is over: the facts; aque.core.why makes words of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntFlag
from typing import Any, Final

from ..states import State
from ..units import Cpus
from .keeping import Keep
from .limits import Limit
from .needs import Need

_CRUMB: Final = 0.001  # cpus that are no room
_ERROR: Final = 1e-4  # cpus that are lost or won where reals are added
_WAITING: Final = frozenset({State.PENDING, State.PAUSED})


class Demand(IntFlag):
    """What a task asks of a worker; the bits of aque.misfits()."""

    QUEUE = 1
    USER = 2
    TAGS = 4
    PLATFORM = 8
    HOST = 16
    CPUS = 32
    MEMORY = 64


@dataclass(frozen=True, slots=True)
class Task:
    """A task and its queue, at the server's time `now`. Memory in bytes; `running`: tasks of a limited queue."""

    id: int
    name: str
    state: str
    shape_id: int
    queue: str
    user: str
    cpus: float
    cpu_share: int
    memory: int
    host: list[str]
    platform: str
    tags: list[str]
    limits: dict[str, int]
    volume: str
    run_at: datetime | None
    blockers: int
    attempt: int
    now: datetime
    priority: int
    duration: float
    guessed: bool
    paused_by: str | None
    paused_at: datetime | None
    owner: str
    created_at: datetime
    is_queue_paused: bool
    queue_paused_by: str | None
    queue_paused_at: datetime | None
    max_running: int | None
    running: int | None
    worker_id: int | None
    worker: str | None
    started_at: datetime | None
    finished_at: datetime | None
    progress_done: float | None
    progress_total: float | None
    progress_message: str | None

    @property
    def demand(self) -> tuple[int, int]:
        """What tasks that fit the same workers have in common."""
        return self.shape_id, self.memory

    @property
    def needs_open(self) -> int:
        """How many dependencies are not complete."""
        return self.blockers - (self.run_at is not None)

    @property
    def is_waiting(self) -> bool:
        """Whether it is still to run."""
        return self.state in _WAITING

    @property
    def is_limited(self) -> bool:
        """Whether its queue runs as many tasks as it may."""
        return self.max_running is not None and (self.running or 0) >= self.max_running

    @property
    def is_ready(self) -> bool:
        """Whether it, and its queue, may run as soon as a worker has room."""
        return self.state == State.PENDING and self.blockers == 0 and not self.is_queue_paused

    def order_at(self, host: Host) -> tuple[float, ...]:
        """The smallest comes first there."""
        return -self.priority, -self.duration, host.rank(self.volume), self.id

    @property
    def known_duration(self) -> float | None:
        """The seconds that it was said to take, where somebody said so."""
        return self.duration if self.duration > 0 and not self.guessed else None

    def cpus_on(self, host_cpus: float) -> float:
        """How many cpus it takes on a host that has so many."""
        return Cpus(self.cpus, self.cpu_share).on(host_cpus)


@dataclass(frozen=True, slots=True)
class Host:
    """A worker that lives. `takes`: the cpus of each of its runs; `ends`: in how many seconds it ends, where known."""

    id: int
    name: str
    draining: bool
    tags: list[str]
    volumes: dict[str, dict[str, Any]] | None
    cpus: float
    memory: int
    memory_taken: int
    takes: list[float]
    ends: list[float | None]

    @property
    def cpus_free(self) -> float:
        """Never less than none, though a worker may capture short tasks ahead of their time."""
        return max(self.cpus - sum(self.takes), 0.0)

    @property
    def memory_free(self) -> int:
        return max(self.memory - self.memory_taken, 0)

    def rank(self, volume: str) -> int:
        """Where it puts those among equals whose files lie there: 0 first."""
        return int((self.volumes or {}).get(volume, {}).get("rank", 0))

    def has_room(self, task: Task) -> bool:
        """Whether a task that it could run fits into what is free now."""
        is_enough = self.cpus_free > _CRUMB and task.cpus_on(self.cpus) <= self.cpus_free + _ERROR
        return is_enough and task.memory <= self.memory_free


@dataclass(frozen=True, slots=True)
class Place:
    """How many ready tasks stand before one, at most counted to one more than asked; what they are expected to take."""

    id: int
    ahead: int
    work: float
    unknown: int


@dataclass(frozen=True, slots=True)
class End:
    """How a complete task ended: `dependent` itself, or one that it did so because of; last the first to fail.

    `stands`: it would do so now as well.
    """

    dependent: int
    id: int
    stands: bool
    name: str
    state: str
    message: str | None
    exit_code: int | None
    signal: int | None


@dataclass(frozen=True, slots=True)
class Match:
    """Which workers could run tasks of a demand, were they empty; if none, what they lack."""

    shape_id: int
    memory: int
    able: list[int]
    lacking: int
    closest: int
    closest_lacks: int

    @property
    def demand(self) -> tuple[int, int]:
        return self.shape_id, self.memory


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known of why a task does not run. `workers`: all that live; `able`: those that could run it.

    `match` is None where no worker lives, or the task waits no more; `place` where it is not ready, or has no line.
    `keeps`: the workers that make room for a task, by their ids.
    """

    task: Task
    needs: tuple[Need, ...] = ()
    workers: tuple[Host, ...] = ()
    able: tuple[Host, ...] = ()
    match: Match | None = None
    place: Place | None = None
    most: int = 0
    ends: tuple[End, ...] = ()
    keeps: Mapping[int, Keep] = field(default_factory=dict)
    limits: tuple[Limit, ...] = ()

    @property
    def is_limited(self) -> bool:
        """Whether its queue, or a limit that it names, has no room for it."""
        return self.task.is_limited or any(each.lacks(self.task.limits[each.name]) for each in self.limits)

    @property
    def takers(self) -> tuple[Host, ...]:
        """Workers that could run it, and take tasks."""
        return tuple(each for each in self.able if not each.draining)

    @property
    def roomy(self) -> tuple[Host, ...]:
        """Workers that have room for it now, be it kept for another or not."""
        if not self.task.is_ready or self.is_limited:
            return ()
        return tuple(each for each in self.takers if each.has_room(self.task))

    @property
    def rooms(self) -> tuple[Host, ...]:
        """Workers that would claim it now, had they no better task to claim."""
        return tuple(each for each in self.roomy if self._passes(each))

    def _passes(self, host: Host) -> bool:
        keep = self.keeps.get(host.id)
        task = self.task
        return keep is None or keep.lets(task.order_at(host), task.known_duration, task.cpus_on(host.cpus), task.memory)

    @property
    def makers(self) -> tuple[Host, ...]:
        """Workers that make room for it."""
        makers = (self.keeps.get(each.id) for each in self.workers)
        mine = {keep.worker_id for keep in makers if keep and keep.task_id == self.task.id}
        return tuple(each for each in self.workers if each.id in mine) if self.task.is_ready else ()
