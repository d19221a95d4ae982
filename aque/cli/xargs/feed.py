"""The reading side: commands as the input comes in, a bounded number ahead of those that are queued."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from .commands import Command
from .options import Refused

_AHEAD: Final = 2000


@dataclass(frozen=True, slots=True)
class Ready:
    """A command is complete."""

    command: Command


@dataclass(frozen=True, slots=True)
class InputEnd:
    """There are no more; `error` says why, where the input is not at its end."""

    error: str | None = None


class Feed:
    """Reads on a thread of its own, since a read may last."""

    def __init__(self, commands: Iterator[Command], inbox: queue.SimpleQueue[Any]) -> None:
        self._commands = commands
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
            for command in self._commands:
                self._room.acquire()
                if self._stopped:
                    return
                self._inbox.put(Ready(command))
        except Refused as refused:
            error = str(refused)
        self._inbox.put(InputEnd(error))
