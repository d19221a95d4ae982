"""The turns of a worker: what its runs brought is stored, what is next is captured, and everybody is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from ..errors import BrokerError
from ..queries.submission import Change, Ready
from ..queries.work import Captured
from ..states import State
from .ledger import Ledger, Owed
from .pace import Pace
from .runs import Unrun
from .session import Ask, Got, Session

_FEW: Final = 20  # ends; where more come at once, somebody waits for all of them, and one statement costs less than two
_BRIEF: Final = 0.01  # seconds; of a run that ends within them its start is told with its end


class Exchange:
    """Takes turns with the broker. What cannot be told now is told later: `tell_at`, by the steady clock."""

    def __init__(self, session: Session, ledger: Ledger, pace: Pace) -> None:
        self._session = session
        self._ledger = ledger
        self._pace = pace
        self._untold: list[Change] = []
        self._left: set[int | None] = set()
        self.tell_at = float("inf")

    def note(self, changes: Iterable[Change], left: Ready = frozenset()) -> None:
        """Have something told with the next turn; that tasks run has a little time. `left`: what others may run now."""
        new = list(changes)
        if new:
            self._left |= left
            is_urgent = any(change.state != State.RUNNING for change in new)
            self.tell_at = min(self.tell_at, time.monotonic() + (0.0 if is_urgent else _BRIEF))
            self._untold += new

    def turn(self, meanwhile: Callable[[int], object]) -> Sequence[Captured]:
        """Store what is owed, and capture what there is room for; see Session.turn(). Raises BrokerError."""
        owed = self._ledger.owed()
        self._pace.is_hungry = self._pace.is_hungry or owed.makes_room
        ask = self._pace.ask(self._ledger)
        self.note(self._ledger.take_started())
        if 0 < len(owed.parts) <= _FEW and owed.is_plain and not owed.is_tied:
            self._report(owed)
            owed = Owed()
        if not (owed or ask):
            return ()
        got = self._try(owed, ask, meanwhile)
        self.note(got.changes, got.ready)
        self._left.difference_update(task.id for task in got.claimed)
        self._ledger.settle(owed)
        kept = self._keep(got.claimed)
        self._pace.note(ask, kept)
        return kept

    def _keep(self, claimed: Sequence[Captured]) -> Sequence[Captured]:
        """Those that may wait here; the others go back with the next turn."""
        kept = self._pace.keep(claimed)
        for task in claimed[len(kept) :]:
            self._ledger.end(self._ledger.open(task), Unrun())
        return kept

    def tell(self) -> None:
        """Tell what became of tasks, and whether this worker wants to hear of new ones. Raises BrokerError.

        Others are woken for what this one leaves them alone: which became ready, and that it has not captured by now.
        """
        if self._left or time.monotonic() >= self.tell_at:
            self.announce()
        if self._session.set_idle(self._pace.wants_news) and self._pace.wants_news:
            self._pace.is_hungry = True  # for what came before the broker knew

    def announce(self) -> None:
        """Tell what became of tasks. Raises BrokerError."""
        if self._left or self._untold:
            self._session.announce(self._untold, self._left)
        self._left.clear()
        self._told_all()

    def _report(self, owed: Owed) -> None:
        """Store a few ends that nothing hangs on, and tell of them at once: a claim may take long, or find nothing."""
        try:
            self._left |= self._session.report(owed, self._untold)
        except BrokerError as error:
            self._refuse(owed, error)
            raise
        self._ledger.settle(owed)
        self._told_all()

    def _try(self, owed: Owed, ask: Ask | None, meanwhile: Callable[[int], object]) -> Got:
        try:
            return self._session.turn(owed, ask, meanwhile)
        except BrokerError as error:
            if owed and ask and _is_refusal(error):  # whose fault is it? What is owed is not to suffer for a claim.
                return self._try(owed, None, meanwhile)
            self._refuse(owed, error)
            raise

    def _refuse(self, owed: Owed, error: BrokerError) -> None:
        """What the broker does not take is tried no more as it is; where the broker is lost, all is."""
        if _is_refusal(error):
            self._ledger.refuse(owed, str(error))

    def _told_all(self) -> None:
        self._untold.clear()
        self.tell_at = float("inf")


def _is_refusal(error: BrokerError) -> bool:
    """Whether the broker is there, and does not take what it was given."""
    return type(error) is BrokerError
