"""The reading side: commands as the input comes in, a bounded number ahead of those that are queued."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from .job import Job
from .refusal import Refused

_AHEAD: Final = 2000  # commands
_BYTES: Final = 2**20


@dataclass(frozen=True, slots=True)
class Ready:
    """There are commands, and somebody waits for them."""


@dataclass(frozen=True, slots=True)
class InputEnd:
    """There are no more; `error` says why, where the input is not at its end."""

    error: str | None = None


class _Room:
    """Commands that may be read ahead: so many, of so many bytes; one in any case.

    One thread takes room, another gives it back: each counts for itself, and neither waits for the other while there is
    some.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._taken = self._bytes_taken = 0
        self._given = self._bytes_given = 0
        self._is_open = True

    def take(self, size: int) -> bool:
        """Wait for room; False where there will be none."""
        if not self._has(size):
            with self._changed:
                self._changed.wait_for(lambda: not self._is_open or self._has(size))
        self._taken += 1
        self._bytes_taken += size
        return self._is_open

    def give(self, count: int, size: int) -> None:
        self._given += count
        self._bytes_given += size
        with self._changed:
            self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._is_open = False
            self._changed.notify()

    def _has(self, size: int) -> bool:
        ahead = self._taken - self._given
        return not ahead or (ahead < _AHEAD and self._bytes_taken - self._bytes_given + size <= _BYTES)


class Feed:
    """Reads on a thread of its own, since a read may last; who waits for a command, and nobody else, is told of it."""

    def __init__(self, jobs: Iterator[Job], tell: Callable[[Any], object]) -> None:
        self._jobs = jobs
        self._tell = tell
        self._room = _Room()
        self._ready: deque[Job] = deque()
        self._is_awaited = False
        self._is_stopped = False
        self.read = 0
        """Commands so far."""

    def start(self) -> None:
        """Begin to read."""
        threading.Thread(target=self._run, name="aque-xargs-input", daemon=True).start()

    @property
    def ready(self) -> deque[Job]:
        """The commands that can be taken; there are none any more once it has stopped."""
        return deque() if self._is_stopped else self._ready

    def expect(self) -> None:
        """Somebody will wait: tell them if there is something, or once there is."""
        self._is_awaited = True
        if self._ready:
            self._wake()

    def taken(self, count: int, size: int) -> None:
        """So many went on, of so many bytes: as many more may be read."""
        self._room.give(count, size)

    def stop(self) -> None:
        """Read no more."""
        self._is_stopped = True
        self._room.close()

    def _run(self) -> None:
        error = None
        try:
            for job in self._jobs:
                if not self._room.take(job.size):
                    return
                self.read += 1
                self._ready.append(job)
                if self._is_awaited:
                    self._wake()
        except Refused as refused:
            error = str(refused)
        self._tell(InputEnd(error))

    def _wake(self) -> None:
        self._is_awaited = False
        self._tell(Ready())
