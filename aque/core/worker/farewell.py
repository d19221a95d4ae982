"""The last words of a worker: all that it still owes the broker."""

from __future__ import annotations

import time
from typing import Final

from ..errors import BrokerError, BrokerFull, BrokerUnavailable
from ..queries.submission import Change
from .ledger import Ledger
from .session import Session

_PATIENCE: Final = 5.0  # seconds
_PAUSE: Final = 0.1  # seconds between two tries


def hand_in(session: Session, ledger: Ledger) -> list[Change]:
    """Store all that is owed; returns what became of tasks.

    What the broker refuses is tried in smaller parts, so that one run spoils no other; a broker that is lost is tried
    again for a while. Raises BrokerError where something is left then.
    """
    until = time.monotonic() + _PATIENCE
    told: list[Change] = []
    while owed := ledger.owed():
        try:
            if not session.wire.is_open:
                told += session.resume(ledger.runs)
            told += session.turn(owed, None).changes
            ledger.settle(owed)
        except (BrokerUnavailable, BrokerFull):
            _give_up_after(until)
            time.sleep(_PAUSE)
        except BrokerError as error:
            if type(error) is not BrokerError:
                raise
            _give_up_after(until)
            ledger.refuse(owed, str(error))
    return told


def _give_up_after(until: float) -> None:
    """Raise what is being handled once the time is over."""
    if time.monotonic() > until:
        raise  # noqa: PLE0704
