"""With -P 1 commands are stored some way ahead, each behind the one before it.

Where that goes well, the next runs at once, and nobody has to say so: the turn that stores the end brings the next.
Where it fails, the next waits until we say that the run goes on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import Final

from .settings import Options
from .steady import Steady
from .window import Window

AHEAD: Final = 100
"""Commands that stand in line, at most."""


class Gate:
    """Has commands run one after the other, while `is_shut`."""

    def __init__(self, broker: Steady, window: Window, options: Options) -> None:
        self._broker = broker
        self._window = window
        self._line: deque[int] = deque()
        self._fallen: set[int] = set()
        is_seen = options.trace or options.delay > 0  # what is shown or timed is stored when its turn comes
        is_met_by_success = options.halt is not None and options.halt.counts_successes
        is_apart = is_seen or is_met_by_success or options.detach or options.slot_variable is not None
        self.is_shut = options.procs == 1 and not is_apart

    @property
    def is_holding(self) -> bool:
        """Whether commands wait for their turn."""
        return len(self._line) > 1

    @property
    def last(self) -> int | None:
        """The one behind which the next has to wait, if any."""
        return self._line[-1] if self._line and self._window.is_open(self._line[-1]) else None

    def hold(self, ids: Iterable[int]) -> None:
        """These were stored, each behind the one before it."""
        self._line.extend(ids)

    def fell(self, task: int) -> None:
        """One has ended otherwise than well: the next waits for a word of ours."""
        self._fallen.add(task)

    def pass_on(self) -> None:
        """Let go what may run now. Raises BrokerUnavailable."""
        while self._line and not self._window.is_open(self._line[0]):
            if self._line.popleft() in self._fallen:
                self._let_go(1)
        self._fallen.clear()

    def remind(self) -> None:
        """What was let go last may have been forgotten with a server that fell. Raises BrokerUnavailable."""
        self._let_go(1)

    def open(self) -> None:
        """Let all go, and hold no more. Raises BrokerUnavailable."""
        self.is_shut = False
        self._let_go(len(self._line))
        self._line.clear()

    def _let_go(self, count: int) -> None:
        if ids := [each for each in islice(self._line, count) if self._window.is_open(each)]:
            self._broker.waive(ids)
