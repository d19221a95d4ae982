"""With -P 1 commands are stored some way ahead, and held: each is let go when the one before it has ended.

To store one takes longer than `true` runs; many at a time cost little more, and to let one go costs least.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from .settings import Options
from .steady import Steady
from .window import Window

AHEAD: Final = 100
"""Commands that are held, at most."""


class Gate:
    """Lets one command through at a time, while `is_shut`."""

    def __init__(self, broker: Steady, window: Window, options: Options) -> None:
        self._broker = broker
        self._window = window
        self._held: deque[int] = deque()
        self._running = 0
        is_seen = options.trace or options.delay > 0  # what is shown or timed is stored when its turn comes
        self.is_shut = options.procs == 1 and not (is_seen or options.detach or options.slot_variable)

    @property
    def is_holding(self) -> bool:
        """Whether commands wait for their turn."""
        return bool(self._held)

    def hold(self, ids: Iterable[int]) -> None:
        """These were stored so that they are held."""
        self._held.extend(ids)

    def pass_on(self) -> None:
        """Let go what may run now. Raises BrokerUnavailable."""
        while self._held and not (self.is_shut and self._window.is_open(self._running)):
            self._running = self._held[0]
            if self._window.is_open(self._running):
                self._broker.let_go(self._running)
            self._held.popleft()

    def remind(self) -> None:
        """What was let go last may have been forgotten with a server that fell. Raises BrokerUnavailable."""
        if self._window.is_open(self._running):
            self._broker.let_go(self._running)

    def open(self) -> None:
        """Let all go, and hold no more. Raises BrokerUnavailable."""
        self.is_shut = False
        self.pass_on()
