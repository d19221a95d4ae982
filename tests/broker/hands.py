"""Workers that run nothing: what they tell the broker, and hear of it, is a worker's own; no beat has them look."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from aque.core.broker import Broker
from aque.core.listener import Event
from aque.core.queries import work
from aque.core.queries.work import Captured, Outcome
from aque.core.states import State
from aque.core.worker.exchange import Exchange
from aque.core.worker.host import describe
from aque.core.worker.ledger import Ledger
from aque.core.worker.pace import Pace
from aque.core.worker.runs import Ending, Run, Unrun
from aque.core.worker.session import Session


class Hand:
    """Takes a turn when it is told to, and else knows whether it was woken."""

    def __init__(self, broker: Broker, cpus: float = 2.0, *tags: str) -> None:
        info = describe(None, cpus, 1 << 30, None, tags)
        self.session = Session(broker.database.source, info)
        self.pace = Pace(info.cpus, info.memory)
        self._ledger = Ledger()
        self._exchange = Exchange(self.session, self._ledger, self.pace)
        self._has_news = False
        self.session.wire.bind(self._hear)
        self.session.open()

    def _hear(self, event: Event) -> None:
        self._has_news = self._has_news or event.is_for(self.session.worker)

    @property
    def runs(self) -> list[Run]:
        """What it runs."""
        return self._ledger.unfinished()

    @property
    def is_woken(self) -> bool:
        """Whether it was told of work since its last turn."""
        assert self.session.wire.hear()
        return self._has_news

    def turn(self, *ends: tuple[Run, State | None]) -> None:
        """Store ends of runs (None: it goes back unrun), take what there is room for, and fall asleep."""
        for run, state in ends:
            self._ledger.end(run, _ending(run, state))
        self._has_news = False
        self.pace.is_hungry = True
        while self._ledger.is_owing or (self.pace.is_hungry and self.pace.ask(self._ledger)):
            for task in self._exchange.turn(id):
                self._ledger.open(task)
            self._exchange.tell()

    def misses(self) -> list[Captured]:
        """What it would take, did it look now."""
        self.pace.is_hungry = True
        ask = self.pace.ask(self._ledger)
        with self.session.wire.talking() as conn, conn.transaction(force_rollback=True):
            return work.claim(conn, self.session.worker, *ask) if ask else []


def _ending(run: Run, state: State | None) -> Ending:
    now = datetime.now(UTC).timestamp()
    return Outcome(run.task.id, run.task.lease, state, now, now) if state else Unrun()


@contextmanager
def hands(broker: Broker, *whose: tuple[float, str]) -> Iterator[list[Hand]]:
    """Hands of some cpus with a tag each, all asleep."""
    made = [Hand(broker, cpus, tag) for cpus, tag in whose]
    try:
        for each in made:
            each.turn()
        yield made
    finally:
        for each in made:
            each.session.leave()
