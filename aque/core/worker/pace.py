"""How much a worker takes on, and when it is done."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..queries import work
from ..queries.work import Captured
from .ledger import Ledger
from .runs import Run
from .session import Ask, Session

_BATCH: Final = 400
_SHORT: Final = 0.1  # seconds of work to hold ready beyond what runs, where tasks are short
_AHEAD: Final = 500.0  # times the cpus, at most
_WORTH: Final = 0.25  # of that; for less room a turn is not taken, if it would store nothing either
_GATHER: Final = 0.05  # seconds between two turns, at most, while the runner has enough before it
_VAIN: Final = 0.005  # seconds between two turns, at least, while one wake-up after the other is for others
_OFTEN: Final = 3  # turns for nothing after which that is so
_CRUMB: Final = 0.001  # cpus that are no room
_EXACT: Final = 10  # beats
_UNKNOWN: Final = 1.0  # seconds that a task takes, as long as nothing else is known


class Pace:
    """What a worker of some cpus and some memory (bytes) asks for.

    It is hungry while there may be something to capture, and wants news while it has room that nothing fits into.
    """

    def __init__(self, cpus: float, memory: int) -> None:
        self._cpus = cpus
        self._memory = memory
        self._average = _UNKNOWN
        self.is_ending = False
        self._is_told = False
        self.ends_at = float("inf")  # by the steady clock, whatever still runs then
        self.begin(None, until_empty=False)

    @property
    def is_draining(self) -> bool:
        """Whether no more is to be captured: by its own decision, for good, or as somebody wants it."""
        return self.is_ending or self._is_told

    def begin(self, limit: int | None, until_empty: bool) -> None:
        """Work for so many tasks, or until there is nothing left to do."""
        self._limit = limit
        self._in_vain = 0
        self._lasting: list[Run] = []
        self._exact = 0  # beats for which no more is asked for than there is room for
        self._until_empty = until_empty
        self.captured = 0
        self.is_over = False
        self.is_hungry = True
        self.wants_news = False

    def hear(self, is_to_drain: bool) -> None:
        """Somebody wants the worker to drain, or takes that back."""
        self.is_hungry = self.is_hungry or self._is_told > is_to_drain
        self._is_told = is_to_drain

    def drain(self, limit: float | None) -> None:
        """Take no more, and end after `limit` seconds at the latest; None: with the last that runs."""
        if limit is not None:
            self.ends_at = min(self.ends_at, time.monotonic() + limit)
        self.is_ending = True

    @property
    def is_late(self) -> bool:
        """Whether it is to end now, whatever still runs."""
        return time.monotonic() >= self.ends_at

    def ask(self, ledger: Ledger) -> Ask | None:
        """What to capture now; None: nothing."""
        left = _BATCH if self._limit is None else min(_BATCH, self._limit - self.captured)
        if self.is_draining or not self.is_hungry or left <= 0:
            return None
        held = [run.task for run in ledger.unfinished()]
        turning_cpus, turning_memory = self._turning()
        times = self._ahead()
        ahead = turning_cpus * times
        cpus = self._cpus + ahead - sum(task.cpus for task in held)
        if cpus <= max(_CRUMB, 0.0 if ledger.is_owing else ahead * _WORTH):
            return None
        memory = self._memory + int(turning_memory * times) - sum(task.memory for task in held)
        return Ask(cpus, max(0, memory), left)

    def keep(self, claimed: Sequence[Captured]) -> Sequence[Captured]:
        """Those that can wait here. From the first on that could not start before runs end that have lasted for a while
        they go back: others may have room for it, and what stands behind it is not to go first. Then nothing is asked
        for ahead for a while.
        """
        cpus, memory = self._turning()
        fits = [task.cpus <= cpus + _CRUMB and task.memory <= memory for task in claimed]
        if all(fits):
            return claimed
        self._exact = _EXACT
        return claimed[: fits.index(False)]

    def beat(self, ledger: Ledger) -> bool:
        """Take down what lasts; whether tasks wait here for longer than was thought: others may have room for them."""
        runs = ledger.unfinished()
        for run in runs:
            run.beats += 1
        self._lasting = [run for run in runs if run.is_started and run.beats > 1]
        self._exact = max(0, self._exact - 1)
        is_stuck = any(run.beats > 1 and not run.is_started for run in runs)
        if is_stuck:
            self._average = max(self._average, _UNKNOWN)
        return is_stuck

    def note(self, ask: Ask | None, claimed: Sequence[Captured]) -> None:
        """Take down what came of it."""
        self.captured += len(claimed)
        if ask:
            self._in_vain = 0 if claimed else self._in_vain + 1
            has_room = ask.cpus - sum(task.cpus for task in claimed) > _CRUMB
            self.is_hungry = len(claimed) == ask.limit
            self.wants_news = has_room and not self.is_hungry
        elif self.is_draining:
            self.wants_news = False

    def learn(self, header: Mapping[str, Any]) -> None:
        """Take down what the runner says: an end makes room, and tells how long tasks take."""
        if header["type"] == "returned":
            self.captured -= 1
        if header["type"] != "finished":
            return
        self.is_hungry = True
        if header.get("started") is not None:
            self._average += (header["ended"] - header["started"] - self._average) * 0.5

    def judge(self, session: Session) -> None:
        """Whether a worker that holds nothing is done. Raises BrokerError."""
        has_all = self._limit is not None and self.captured >= self._limit
        if self._until_empty and not self.is_hungry:
            has_all = has_all or not session.read(work.is_more_to_come, session.worker)
        self.is_over = self.is_draining or has_all

    def rest(self, ledger: Ledger) -> float:
        """Seconds from one turn to the next that is of use.

        While tasks wait in the runner, ends may come together, and so may wake-ups where many tasks are submitted that
        this worker cannot run.
        """
        waiting = sum(run.task.cpus for run in ledger.unfinished()) - self._cpus
        return max(_VAIN if self._in_vain > _OFTEN else 0.0, min(_GATHER, waiting * self._average / self._cpus / 2))

    def _turning(self) -> tuple[float, int]:
        """The cpus and the memory that no run holds which has lasted for a while."""
        lasting = [run.task for run in self._lasting if run.ending is None]
        return self._cpus - sum(task.cpus for task in lasting), self._memory - sum(task.memory for task in lasting)

    def _ahead(self) -> float:
        """How many times over room is to be filled with tasks that wait their turn here, so that the next is at hand
        when a short one ends.
        """
        return 0.0 if self._exact or self._average >= _SHORT else min(_AHEAD, _SHORT / max(self._average, 0.0001))
