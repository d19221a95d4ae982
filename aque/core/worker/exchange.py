"""The turns of a worker: what its runs brought is stored, what is next is captured, and everybody is told."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import BrokerError
from ..queries.submission import Change
from ..queries.work import Captured
from .ledger import Ledger, Owed
from .pace import Pace
from .session import Ask, Got, Session


class Exchange:
    """Takes turns with the broker. What cannot be told now is told later."""

    def __init__(self, session: Session, ledger: Ledger, pace: Pace) -> None:
        self._session = session
        self._ledger = ledger
        self._pace = pace
        self._untold: list[Change] = []

    def note(self, changes: Iterable[Change]) -> None:
        """Have something told with the next turn."""
        self._untold += changes

    def turn(self) -> tuple[Captured, ...]:
        """Store what is owed, and capture what there is room for. Raises BrokerError."""
        owed = self._ledger.owed()
        self._pace.is_hungry = self._pace.is_hungry or owed.makes_room
        ask = self._pace.ask(self._ledger)
        self.note(self._ledger.take_started())
        if not (owed or ask):
            return ()
        got = self._try(owed, ask)
        self.note(got.changes)
        self._ledger.settle(owed)
        self._pace.note(ask, got.claimed)
        return got.claimed

    def tell(self) -> None:
        """Tell what became of tasks, and whether this worker wants to hear of new ones. Raises BrokerError."""
        self.announce()
        if self._session.set_idle(self._pace.wants_news) and self._pace.wants_news:
            self._pace.is_hungry = True  # for what came before the broker knew

    def announce(self) -> None:
        """Tell what became of tasks. Raises BrokerError."""
        if self._untold:
            self._session.announce(self._untold)
            self._untold.clear()

    def _try(self, owed: Owed, ask: Ask | None) -> Got:
        try:
            return self._session.turn(owed, ask)
        except BrokerError as error:
            if type(error) is not BrokerError:
                raise
            if owed and ask:  # whose fault is it? What is owed is not to suffer for a claim.
                return self._try(owed, None)
            self._ledger.refuse(owed, str(error))
            raise
