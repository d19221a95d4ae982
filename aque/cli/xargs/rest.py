"""What is to become of the commands that are under way when someone interrupts."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from typing import Final

from . import terminal
from .helper import Helper
from .job import Job
from .steady import Steady

INTERRUPTED: Final = 128
"""Added to a signal's number, the exit status."""


class Rest:
    """Asked once, killed at once when asked for twice."""

    def __init__(self, broker: Steady, helper: Helper, let_go: Callable[[Sequence[Job]], None]) -> None:
        self._broker = broker
        self._helper = helper
        self._let_go = let_go
        self.is_killed = False
        self.is_left = False

    def interrupted(self, number: int, queued: Sequence[int], waiting: Sequence[Job]) -> None:
        """Ctrl-C asks; again, or any other signal, kills. What is left includes what was read and still `waiting`."""
        count = len(queued) + len(waiting)
        if number == signal.SIGINT and not self.is_killed and count and self._is_to_be_left(count):
            self._leave(waiting)
        else:
            self.kill(queued)

    def _leave(self, waiting: Sequence[Job]) -> None:
        self.is_left = True
        self._let_go(waiting)
        self._helper.hand_over()

    def kill(self, running: Sequence[int]) -> None:
        """Stop them; those that do not heed it the first time at once."""
        number, grace = (signal.SIGKILL, 0.0) if self.is_killed else (signal.SIGTERM, 5.0)
        self.is_killed = True
        if running:
            self._broker.kill(running, number, grace)

    @staticmethod
    def _is_to_be_left(count: int) -> bool:
        what = (
            "1 command is not done: kill it, or leave it"
            if count == 1
            else (f"{count} commands are not done: kill them, or leave them")
        )
        try:
            return terminal.ask(b"\n", f"{what} to run? [K/l] ".encode()).lower().startswith("l")
        except (KeyboardInterrupt, OSError):
            return False
