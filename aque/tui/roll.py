"""What is dear to read of a large broker is read as often as it is cheap."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from ..core.monitor import Monitor

Value = TypeVar("Value")
_SHARE: Final = 20  # a read may take one part in so many of the time
_TAIL: Final = 1000  # ids that are looked at each time: what is submitted late may have an id lower than the highest


class Paced(Generic[Value]):
    """A read that is repeated only when 20 times what it took has passed."""

    def __init__(self, read: Callable[[], Value]) -> None:
        self._read = read
        self._due = 0.0

    def __call__(self) -> Value | None:
        """What it reads; None while it is not due."""
        started = time.monotonic()
        if started < self._due:
            return None
        value = self._read()
        ended = time.monotonic()
        self._due = ended + _SHARE * (ended - started)
        return value


class Roll:
    """The ids of all tasks: the latest of them at each look, all now and then."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor
        self._all = Paced(monitor.ids)
        self.ids: array[int] = array("q")

    def refresh(self) -> array[int]:
        """The ids as they are now; the same object as before, where nothing changed."""
        if (found := self._read()) != self.ids:
            self.ids = found
        return self.ids

    def _read(self) -> array[int]:
        if not self.ids:
            return self._monitor.latest(_TAIL)
        found = self._all()
        return self._joined() if found is None else found

    def _joined(self) -> array[int]:
        if len(self.ids) <= _TAIL:
            return self._monitor.ids()
        kept = self.ids[:-_TAIL]
        return kept + self._monitor.ids(kept[-1] + 1)
