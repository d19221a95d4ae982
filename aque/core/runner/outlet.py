"""What tasks write and tell, on its way to the worker."""

import time
from collections.abc import Iterable
from typing import Any

from .cap import Chunk, Tail, split
from .channel import Channel
from .progress import Progress
from .timers import Timers

PAUSE = 0.25  # seconds until more of what is beyond the limit goes on
GAP = 0.2  # seconds between two words of a task about its progress


class Outlet:
    """Passes output and messages on as they come, and of progress the last word, now and then."""

    def __init__(self, channel: Channel, timers: Timers) -> None:
        """Everything goes through this channel."""
        self._channel = channel
        self._timers = timers
        self._told: dict[Any, float] = {}
        self._waiting: dict[Any, Progress] = {}
        self._head: float = float("inf")
        self._room = 0
        self._left: dict[Any, float] = {}
        self._tails: dict[Any, Tail] = {}

    def limit(self, size: int) -> None:
        """From now on pass on so many bytes of a task's output, more or less."""
        self._head, self._room = split(size)

    def output(self, lease: Any, stream: int, data: bytes) -> None:
        """A task wrote something."""
        left = self._left.get(lease, self._head)
        self._left[lease] = max(0, left - len(data))
        if left >= len(data):
            self._channel.queue({"type": "output", "lease": lease, "stream": stream}, data)
            return
        if left:
            self._channel.queue({"type": "output", "lease": lease, "stream": stream}, data[: int(left)])
        tail = self._tails.setdefault(lease, Tail(self._room))
        tail.take(stream, data[int(left) :])
        self._pass_on(lease, tail.give())

    def _pass_on(self, lease: Any, chunks: Iterable[Chunk]) -> None:
        """Pass on what may go of a tail, and see to the rest later."""
        for chunk in chunks:
            header = {"type": "output", "lease": lease, "stream": chunk.stream, "skipped": chunk.skipped}
            self._channel.queue(header, chunk.data)
        tail = self._tails[lease]
        if tail and not tail.is_waiting:
            tail.is_waiting = True
            self._timers.after(PAUSE, lambda: self._look(lease))

    def _look(self, lease: Any) -> None:
        if tail := self._tails.get(lease):
            tail.is_waiting = False
            # After a rush, what follows is not to wait behind it.
            self._pass_on(lease, tail.give_all() if tail.is_calm(PAUSE) else tail.give())

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
        self._left.pop(lease, None)
        if lease in self._tails:
            self._pass_on(lease, self._tails[lease].give_all())
            del self._tails[lease]

    def _flush(self, lease: Any) -> None:
        if (told := self._waiting.pop(lease, None)) is not None:
            self._told[lease] = time.monotonic()
            self.message(lease, told.body())
