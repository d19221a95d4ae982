"""What is dear to read of a large broker is read as often as it is cheap."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

Value = TypeVar("Value")
SHARE: Final = 50  # a read may take one part in so many of the time


class Paced(Generic[Value]):
    """A read that is repeated only when 50 times what it took has passed, or another `share` of the time."""

    def __init__(self, read: Callable[[], Value], share: int = SHARE) -> None:
        self._read = read
        self._share = share
        self._due = 0.0
        self._turn = 0  # counts how often it was made due

    def expire(self) -> None:
        """Make it due, be it that it is being read just now: what comes of that may be old already."""
        self._turn += 1
        self._due = 0.0

    def __call__(self) -> Value | None:
        """What it reads; None while it is not due."""
        started, turn = time.monotonic(), self._turn
        if started < self._due:
            return None
        value = self._read()
        ended = time.monotonic()
        if turn == self._turn:
            self._due = ended + self._share * (ended - started)
        return value
