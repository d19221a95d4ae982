"""A worker's heartbeat, and what goes with it: it looks after others, after what is too old, and tells what is used."""

from __future__ import annotations

import logging
import time
from typing import Final

from ..queries import usage, work
from ..queries.submission import ANY
from ..queries.usage import Used
from .crew import Crew
from .exchange import Exchange
from .host import load_average
from .ledger import Ledger
from .pace import Pace
from .service import Service
from .session import Session
from .sweeper import Sweeper
from .volumes import Surveyor

_log: Final = logging.getLogger("aque.worker")
_EVERY: Final = 1.0  # seconds
_DEADLINE: Final = 20.0  # seconds after which the tasks of a worker that the broker does not hear are stopped


class Pulse:
    """Beats at `beat_at`, and when the time of a task comes, `due_at`; both by the steady clock."""

    def __init__(
        self,
        session: Session,
        crew: Crew,
        ledger: Ledger,
        pace: Pace,
        exchange: Exchange,
        service: Service,
        surveyor: Surveyor | None,
    ) -> None:
        self._session = session
        self._crew = crew
        self._ledger = ledger
        self._pace = pace
        self._exchange = exchange
        self._service = service
        self._sweeper = Sweeper(session)
        self._surveyor = surveyor
        self._told: list[Used] = []
        self.beat_at = 0.0
        self._due_at = float("inf")

    @property
    def is_due(self) -> bool:
        """Whether to beat now."""
        return time.monotonic() >= self.next_at

    @property
    def next_at(self) -> float:
        """When to beat next."""
        return min(self.beat_at, self._due_at)

    def beat(self) -> None:
        """Tell that this worker lives, and look for others that do not. Raises BrokerError, also WorkerGivenUp."""
        now = time.monotonic()
        held = [run.task for run in self._ledger.runs.values()]
        is_to_drain = self._session.beat(
            draining=self._pace.is_ending,
            cpus_used=sum(task.cpus for task in held),
            memory_used=sum(task.memory for task in held),
            load=load_average(),
        )
        self._crew.keep_alive(_DEADLINE - (time.monotonic() - now))
        self._drain(is_to_drain)
        self._tell_usage()
        if changes := self._session.bury():
            _log.warning("took %d tasks over from workers that died", len(changes))
            self._exchange.note(changes, ANY)
        self._sweeper.sweep()
        if self._surveyor:
            self._surveyor.survey(held)
        self._due_at = self._next_due(now)
        self.beat_at = now + _EVERY

    def _next_due(self, now: float) -> float:
        """When the time of a task comes. Of one that is overdue the next claim takes care, if there is one now."""
        due = self._session.read(work.next_due)
        self._pace.is_hungry = True
        if due is None or (due <= 0 and not self._pace.ask(self._ledger)):
            return float("inf")
        return now + max(due, 0.0)

    def _drain(self, is_to_drain: bool) -> None:
        self._pace.hear(is_to_drain)
        if self._pace.is_ending:
            self._service.draining()
        is_stuck = self._pace.beat(self._ledger)
        if self._pace.is_draining or is_stuck:
            self._crew.give_back()

    def _tell_usage(self) -> None:
        """Tell what tasks use, where that is news."""
        used = [run.used for run in self._ledger.unfinished() if run.used]
        if used != self._told:
            self._session.read(usage.store, self._session.worker, used)
            self._told = used
