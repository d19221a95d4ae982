"""Where a run hears of everything: messages of all threads, and of signals."""

from __future__ import annotations

import queue
from collections import deque
from contextlib import suppress
from typing import Any, Final

from ...core.listener import Event
from ...core.states import FAILED_STATES

_TAKEN: Final = 5000  # messages at once


class Inbox:
    """Wakes who waits for it with whatever comes; while `is_patient`, not with commands that went well."""

    def __init__(self) -> None:
        self._urgent: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._heard: deque[Event] = deque()
        self.is_patient = False

    def put(self, message: Any) -> None:
        """May be called in the middle of anything, as signals are."""
        self._urgent.put(message)

    def hear(self, event: Event) -> None:
        """What the broker tells."""
        if self.is_patient and not event.resync and event.state not in FAILED_STATES:
            self._heard.append(event)
        else:
            self._urgent.put(event)

    def take(self, timeout: float | None) -> list[Any]:
        """What came; it is waited for, if there is nothing that wakes, for `timeout` seconds."""
        found: list[Any] = []
        with suppress(queue.Empty):
            found.append(self._urgent.get(timeout=timeout))
        while self._heard:
            found.append(self._heard.popleft())
        while len(found) < _TAKEN and not self._urgent.empty():
            found.append(self._urgent.get())
        return found
