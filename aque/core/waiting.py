"""Waiting for the ends of tasks without their values: nothing is decoded, imported or unpickled here."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import Final

from .broker import Broker
from .errors import BrokerUnavailable
from .listener import Event
from .queries.tasks import Ending
from .states import COMPLETE_STATES

_CHUNK: Final = 5000  # tasks to a query


class Waiter:
    """The tasks of one broker, which are stored, whose ends somebody waits for; woken by notification.

    A broker that is lost meanwhile is waited for as well: it may only be restarting.
    """

    def __init__(self, broker: Broker, ids: Iterable[int]) -> None:
        self._broker = broker
        self._look = threading.Event()
        self._look.set()
        self.open = set(ids)
        """The tasks whose ends were not told yet."""
        broker.bind("task_run", self._heard)

    def __enter__(self) -> Waiter:
        return self

    def __exit__(self, *_: object) -> None:
        self._broker.unbind("task_run", self._heard)

    def wait(self, timeout: float | None = None) -> list[Ending]:
        """The tasks that have ended since the last call; none after `timeout` seconds without any."""
        until = None if timeout is None else time.monotonic() + timeout
        while self.open:
            if not self._look.wait(None if until is None else max(0.0, until - time.monotonic())):
                return []
            self._look.clear()
            if found := self._ended():
                return found
        return []

    def _ended(self) -> list[Ending]:
        wanted = sorted(self.open)
        try:
            found = [
                ending
                for start in range(0, len(wanted), _CHUNK)
                for ending in self._broker.outcomes(wanted[start : start + _CHUNK], stored=True)
            ]
        except BrokerUnavailable:
            return []  # the listener says when it is back
        self.open.difference_update(ending.id for ending in found)
        return found

    def _heard(self, event: Event) -> None:
        is_end = event.state in COMPLETE_STATES and any(not self.open.isdisjoint(span) for span in event.ids)
        if event.resync or is_end:
            self._look.set()
