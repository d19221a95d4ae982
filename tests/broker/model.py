"""A small model of what the broker does to tasks, to hold the SQL against."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from aque.core.states import COMPLETE_STATES, FAILED_STATES, State

_WAITING = frozenset({State.CREATING, State.PENDING, State.PAUSED})
_MEETS = {"success": frozenset({State.SUCCESS}), "failure": FAILED_STATES, "complete": COMPLETE_STATES}


class Need(NamedTuple):
    """An edge: what is needed, how it is to end, and what follows where it ends otherwise."""

    task: int
    condition: str
    otherwise: str = "fail"


@dataclass
class Task:
    """A task, and the runs that it had."""

    state: State = State.PENDING
    needs: list[Need] = field(default_factory=list)
    priority: int = 1000
    retries: int = 0
    asked_retries: int = 0
    attempt: int = 0
    losses: int = 0
    lease: int | None = None
    worker: int | None = None
    is_wanted_stopped: bool = False
    is_delayed: bool = False
    limit: int = 0
    """How many units it takes of the one limit that there is."""
    has_fallen: bool = False
    """It ended without a run, because of what it needs."""
    waived: set[int] = field(default_factory=set)
    """What it needs and was retried after it had begun."""


class Model:
    """All tasks, by id."""

    def __init__(self) -> None:
        self.tasks: dict[int, Task] = {}
        self.size: int | None = None
        """Of the limit; None: it is not set."""

    def open_edges(self, task: int) -> int:
        """How many dependencies keep a task waiting."""
        needs = [each for each in self.tasks[task].needs if each.task not in self.tasks[task].waived]
        return sum(self.tasks[need.task].state not in _MEETS[need.condition] for need in needs)

    def promote(self) -> None:
        """The delay of retries is over."""
        for task in self.tasks.values():
            task.is_delayed = False

    def ready(self) -> list[int]:
        """Tasks that may run, in the order in which they are claimed."""
        found = [each for each, task in self.tasks.items() if task.state is State.PENDING and not self.open_edges(each)]
        return sorted(found, key=lambda each: (-self.tasks[each].priority, each))

    def used(self) -> int:
        """How many units of the limit are in use."""
        return sum(task.limit for task in self.tasks.values() if task.state is State.RUNNING)

    def claimable(self) -> list[int]:
        """Those of the ready tasks that the limit allows: what the first lacks that could have it is kept for it."""
        size = self.size or 0
        free, found = size - self.used(), list[int]()
        for each in self.ready():
            amount = self.tasks[each].limit
            if amount == 0 or amount <= free:
                found.append(each)
            if amount <= size:
                free -= amount
        return found

    def submit(self, task: int, new: Task, parent: int | None) -> None:
        """A new task; a parent that waits waits for it as well."""
        self.tasks[task] = new
        if parent is not None and self.tasks[parent].state in _WAITING:
            self.tasks[parent].needs.append(Need(task, "success"))

    def look_back(self, new: Iterable[int]) -> None:
        """New tasks learn of what had ended before they came."""
        self._settle({need.task for each in new for need in self.tasks[each].needs}, set(new))

    def claim(self, task: int, worker: int, lease: int) -> None:
        """A run begins."""
        found = self.tasks[task]
        found.state, found.worker, found.lease = State.RUNNING, worker, lease
        found.attempt += 1
        found.has_fallen = False
        found.is_wanted_stopped = False

    def complete(self, ends: dict[int, State]) -> None:
        """Runs end."""
        for each, state in ends.items():
            is_wanted_stopped = self.tasks[each].is_wanted_stopped
            task = self._stopped(each)
            task.is_delayed = state is State.ERROR and task.attempt <= task.retries and not is_wanted_stopped
            task.state = State.PENDING if task.is_delayed else state
        self._settle(ends)

    def release(self, tasks: Iterable[int]) -> None:
        """Runs have never been, unless someone wants them stopped."""
        unwanted = [each for each in tasks if self.tasks[each].is_wanted_stopped]
        for each in set(tasks).difference(unwanted):
            task = self._stopped(each)
            task.state = State.PENDING
            task.attempt -= 1
        self.interrupt(unwanted, is_loss=False)

    def interrupt(self, tasks: Iterable[int], *, is_loss: bool) -> None:
        """Runs come to no end of their own."""
        for each in tasks:
            is_wanted_stopped = self.tasks[each].is_wanted_stopped
            task = self._stopped(each)
            task.retries += 1
            task.losses += is_loss
            task.state = State.PENDING
            if is_wanted_stopped:
                task.state = State.KILLED
            elif is_loss and task.losses > 2:
                task.state = State.ERROR
        self._settle(tasks)

    def kill(self, tasks: Iterable[int]) -> None:
        """Waiting tasks are cancelled, and runs are asked for."""
        waiting = [each for each in tasks if self.tasks[each].state in _WAITING]
        for each in tasks:
            self.tasks[each].is_wanted_stopped = self.tasks[each].state is State.RUNNING
        for each in waiting:
            self.tasks[each].state = State.CANCELLED
            self.tasks[each].is_delayed = False
            self.tasks[each].has_fallen = False
        self._settle(waiting)

    def retry(self, targets: Iterable[int]) -> None:
        """What is complete runs again with those that fell because of it, as far as they can."""
        back = {each for each in targets if self.tasks[each].state in COMPLETE_STATES}
        while more := {each for each in self.tasks if self._has_fallen_with(each, back)} - back:
            back |= more
        while hopeless := {each for each in back if self._is_hopeless(each, back)}:
            back -= hopeless
        for task in self.tasks.values():
            if task.state is State.RUNNING:
                task.waived |= back & {need.task for need in task.needs}
        for each in back:
            self._begin_anew(self.tasks[each])

    def _has_fallen_with(self, task: int, back: set[int]) -> bool:
        found = self.tasks[task]
        return found.has_fallen and found.state in COMPLETE_STATES and any(need.task in back for need in found.needs)

    def _is_hopeless(self, task: int, back: set[int]) -> bool:
        return any(self._breaks(need) for need in self.tasks[task].needs if need.task not in back)

    def _breaks(self, need: Need) -> bool:
        """Whether it ended, and ends who needs it."""
        state = self.tasks[need.task].state
        return need.otherwise != "wait" and state in COMPLETE_STATES - _MEETS[need.condition]

    def _begin_anew(self, task: Task) -> None:
        task.state = State.PENDING
        task.has_fallen = False
        task.waived = set()
        task.losses = 0
        task.retries = task.asked_retries + task.attempt

    def move(self, targets: Iterable[int], origin: State, goal: State) -> None:
        """Pause or resume."""
        for each in targets:
            if self.tasks[each].state is origin:
                self.tasks[each].state = goal

    def edit(self, targets: Iterable[int], priority: int, retries: int, limit: int) -> None:
        """Those that have not begun ask for something else."""
        for task in (self.tasks[each] for each in targets):
            if task.state in _WAITING:
                task.priority = priority
                task.limit = limit
                task.retries += retries - task.asked_retries
                task.asked_retries = retries

    def prioritise(self, targets: Iterable[int], amount: int) -> None:
        """Those that are not complete come earlier or later."""
        for task in (self.tasks[each] for each in targets):
            if task.state not in COMPLETE_STATES:
                task.priority += amount

    def remove(self, targets: Iterable[int]) -> set[int]:
        """What is complete goes, unless it is needed; returns what went."""
        needed = {need.task for task in self.tasks.values() if task.state not in COMPLETE_STATES for need in task.needs}
        gone = {each for each in targets if self.tasks[each].state in COMPLETE_STATES} - needed
        for each in gone:
            del self.tasks[each]
        for task in self.tasks.values():
            task.needs = [edge for edge in task.needs if edge.task not in gone]
        return gone

    def _stopped(self, task: int) -> Task:
        found = self.tasks[task]
        found.lease = found.worker = None
        found.is_wanted_stopped = False
        return found

    def _settle(self, done: Iterable[int], among: set[int] | None = None) -> None:
        ended = {each for each in done if self.tasks[each].state in COMPLETE_STATES}
        while ended:
            fell = {each: state for each in among or self.tasks for state in self._fall(each, ended)}
            for each, state in fell.items():
                self.tasks[each].state = state
                self.tasks[each].is_delayed = False
                self.tasks[each].has_fallen = True
            ended, among = set(fell), None

    def _fall(self, task: int, ended: set[int]) -> Iterable[State]:
        """What a task becomes that cannot run any more, if so."""
        told = ended - self.tasks[task].waived
        broken = [need for need in self.tasks[task].needs if need.task in told and self._breaks(need)]
        if broken and self.tasks[task].state in _WAITING:
            is_void = any(
                self.tasks[need.task].state is State.CANCELLED
                or need.condition == "failure"
                or need.otherwise == "cancel"
                for need in broken
            )
            yield State.CANCELLED if is_void else State.ERROR
