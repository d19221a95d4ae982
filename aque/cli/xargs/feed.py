"""The reading side: commands as the input comes in, a bounded number ahead of those that are queued."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from .job import Job
from .settings import Refused

_AHEAD: Final = 2000


@dataclass(frozen=True, slots=True)
class Ready:
    """A command is complete."""

    job: Job


@dataclass(frozen=True, slots=True)
class InputEnd:
    """There are no more; `error` says why, where the input is not at its end."""

    error: str | None = None


class Feed:
    """Reads on a thread of its own, since a read may last."""

    def __init__(self, jobs: Iterator[Job], inbox: queue.SimpleQueue[Any]) -> None:
        self._jobs = jobs
        self._inbox = inbox
        self._room = threading.Semaphore(_AHEAD)
        self._stopped = False

    def start(self) -> None:
        """Begin to read."""
        threading.Thread(target=self._run, name="aque-xargs-input", daemon=True).start()

    def taken(self, count: int) -> None:
        """So many commands went on: as many more may be read."""
        if count:
            self._room.release(count)

    def stop(self) -> None:
        """Read no more."""
        self._stopped = True
        self._room.release()

    def _run(self) -> None:
        error = None
        try:
            for job in self._jobs:
                self._room.acquire()
                if self._stopped:
                    return
                self._inbox.put(Ready(job))
        except Refused as refused:
            error = str(refused)
        self._inbox.put(InputEnd(error))
