"""What is to become of the commands that are under way when someone interrupts."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from typing import Final

from ...core.broker import Broker
from . import terminal
from .helper import Helper

INTERRUPTED: Final = 128
"""Added to a signal's number, the exit status."""


class Rest:
    """Asked once, killed at once when asked for twice."""

    def __init__(self, broker: Broker, helper: Helper) -> None:
        self._broker = broker
        self._helper = helper
        self.is_killed = False
        self.is_left = False

    def interrupted(self, number: int, running: Sequence[int]) -> None:
        """Ctrl-C asks; again, or any other signal, kills."""
        if number == signal.SIGINT and not self.is_killed and running and self._is_to_be_left(len(running)):
            self.is_left = True
            self._helper.hand_over()
        else:
            self.kill(running)

    def kill(self, running: Sequence[int]) -> None:
        """Stop them; those that do not heed it the first time at once."""
        number, grace = (signal.SIGKILL, 0.0) if self.is_killed else (signal.SIGTERM, 5.0)
        self.is_killed = True
        if running:
            self._broker.kill(running, number, grace)

    @staticmethod
    def _is_to_be_left(count: int) -> bool:
        question = f"\n{count} commands are not done: kill them, or leave them to run? [K/l] "
        try:
            return terminal.ask(question.encode()).lower().startswith("l")
        except (KeyboardInterrupt, OSError):
            return False
