"""The reading side: commands as the input comes in, a bounded number ahead of those that are queued."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .job import Job
from .refusal import Refused

_AHEAD: Final = 2000  # commands
_BYTES: Final = 2**20


@dataclass(frozen=True, slots=True)
class Ready:
    """A command is complete."""

    job: Job


@dataclass(frozen=True, slots=True)
class InputEnd:
    """There are no more; `error` says why, where the input is not at its end."""

    error: str | None = None


class _Room:
    """Commands that may be read ahead: so many, of so many bytes; one in any case."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = self._bytes = 0
        self._is_open = True

    def take(self, size: int) -> bool:
        """Wait for room; False where there will be none."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_open or self._has(size))
            self._count += 1
            self._bytes += size
            return self._is_open

    def give(self, count: int, size: int) -> None:
        with self._changed:
            self._count -= count
            self._bytes -= size
            self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._is_open = False
            self._changed.notify()

    def _has(self, size: int) -> bool:
        return not self._count or (self._count < _AHEAD and self._bytes + size <= _BYTES)


class Feed:
    """Reads on a thread of its own, since a read may last."""

    def __init__(self, jobs: Iterator[Job], inbox: queue.SimpleQueue[Any]) -> None:
        self._jobs = jobs
        self._inbox = inbox
        self._room = _Room()

    def start(self) -> None:
        """Begin to read."""
        threading.Thread(target=self._run, name="aque-xargs-input", daemon=True).start()

    def taken(self, jobs: Sequence[Job]) -> None:
        """These went on: as many more may be read."""
        if jobs:
            self._room.give(len(jobs), sum(job.size for job in jobs))

    def stop(self) -> None:
        """Read no more."""
        self._room.close()

    def _run(self) -> None:
        error = None
        try:
            for job in self._jobs:
                if not self._room.take(job.size):
                    return
                self._inbox.put(Ready(job))
        except Refused as refused:
            error = str(refused)
        self._inbox.put(InputEnd(error))
