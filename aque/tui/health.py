"""Whether what the screen shows is what is there."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

from ..core.text import clean
from .feed import Lost

_SILENCE: Final = 3.0  # seconds without an answer, after which the screen says so


class Health:
    """What is known of the broker: it is there, it is lost until the next try, or it does not answer.

    `silence` gives the seconds for which it has not answered.
    """

    def __init__(self, silence: Callable[[], float]) -> None:
        self.reason = ""
        self._silence = silence
        self._next_try = 0.0

    def lose(self, lost: Lost) -> None:
        """It could not be read."""
        self.reason = lost.reason
        self._next_try = time.monotonic() + lost.seconds

    def find(self) -> None:
        """It was read."""
        self.reason = ""

    def trouble(self) -> str:
        """What is wrong now, in words; empty where nothing is."""
        if self.reason:
            seconds = max(0, math.ceil(self._next_try - time.monotonic()))
            return f"{clean(self.reason)} · {f'next try in {seconds} s' if seconds else 'trying now'}"
        silence = self._silence()
        return f"the broker has not answered for {silence:.0f} s" if silence > _SILENCE else ""
