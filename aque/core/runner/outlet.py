"""What tasks write and tell, on its way to the worker."""

import time
from typing import Any

from .channel import Channel
from .progress import Progress
from .timers import Timers

GAP = 0.2  # seconds between two words of a task about its progress


class Outlet:
    """Passes output and messages on as they come, and of progress the last word, now and then."""

    def __init__(self, channel: Channel, timers: Timers) -> None:
        """Everything goes through this channel."""
        self._channel = channel
        self._timers = timers
        self._told: dict[Any, float] = {}
        self._waiting: dict[Any, Progress] = {}

    def output(self, lease: Any, stream: int, data: bytes) -> None:
        """A task wrote something."""
        self._channel.queue({"type": "output", "lease": lease, "stream": stream}, data)

    def message(self, lease: Any, line: bytes) -> None:
        """A task told something."""
        self._channel.queue({"type": "message", "lease": lease}, line)

    def progress(self, lease: Any, told: Progress | None) -> None:
        """A task is so far; None: it said nothing of it."""
        if told is None:
            return
        now = time.monotonic()
        if lease in self._waiting:
            self._waiting[lease] = told
        elif now - self._told.get(lease, -GAP) >= GAP:
            self._told[lease] = now
            self.message(lease, told.body())
        else:
            self._waiting[lease] = told
            self._timers.after(GAP, lambda: self._flush(lease))

    def end(self, lease: Any) -> None:
        """A task has ended: pass on what waits."""
        self._flush(lease)
        self._told.pop(lease, None)

    def _flush(self, lease: Any) -> None:
        if (told := self._waiting.pop(lease, None)) is not None:
            self._told[lease] = time.monotonic()
            self.message(lease, told.body())
