"""The commands on their way from the input into the broker: how many at a time, and when."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Final

from . import terminal
from .batch import Batches
from .feed import Feed
from .gate import AHEAD, Gate
from .inbox import Inbox
from .job import Job
from .refusal import Refused
from .settings import Options
from .shell import shown
from .steady import Steady
from .window import Flight, Window

_BATCH: Final = 500  # commands to a transaction, or as many as are under way
_WINDOW: Final = 5000  # commands that are queued and not shown
_BYTES: Final = 2**18  # of commands to a transaction, nearly
_WINDOW_BYTES: Final = 6 * 2**20  # of commands that are queued, where they have to be remembered
_MANY: Final = 200  # commands under way
_REFILL: Final = 4  # the part of a window that is empty before more is queued: few large transactions


class Supply:
    """Reads commands, holds those that are complete, and queues them as there is room in the window."""

    def __init__(self, options: Options, broker: Steady, window: Window, jobs: Iterator[Job], inbox: Inbox) -> None:
        self._options = options
        self._window = window
        self._procs = options.procs or 0
        self._feed = Feed(jobs, inbox.put)
        self._next_at = 0.0
        self.batches = Batches(broker, options)
        self.gate = Gate(broker, window, options)

    def start(self) -> None:
        """Begin to read."""
        self._feed.start()

    def stop(self) -> None:
        """Read and queue no more."""
        self._feed.stop()

    @property
    def ready(self) -> Sequence[Job]:
        """The commands that were read and not queued."""
        return self._feed.ready

    @property
    def read(self) -> int:
        """Commands that were read so far."""
        return self._feed.read

    @property
    def many(self) -> int:
        """Commands under way beside which no end and no new one is worth a turn of its own."""
        return AHEAD // 2 if self.gate.is_shut else _MANY

    def expect(self) -> None:
        """Somebody will wait for what there is to queue."""
        if not self.ready:
            self._feed.expect()

    def step(self, by: int) -> None:
        """Run so many more at a time."""
        self._procs = max(self._procs + by, 1)
        if self._procs > 1:
            self.gate.open()

    def queue(self) -> bool:
        """Queue some of what may be queued now; whether there was any. Raises BrokerUnavailable."""
        jobs = self._next()
        if jobs:
            self._store(jobs)
        return bool(jobs)

    @property
    def is_done(self) -> bool:
        """Whether all that was read is queued, and held back no more."""
        return not self.ready and not self.gate.is_holding

    def leave(self, jobs: Sequence[Job]) -> None:
        """Queue these too, and let all run without us. Raises BrokerUnavailable."""
        if jobs:
            self._store(jobs)
        self.gate.open()

    def pause(self) -> float | None:
        """Seconds to wait because of --delay; None: it is not for this that anything waits."""
        if not (self.ready and self._options.delay):
            return None
        left = self._next_at - time.monotonic()
        return max(0.0, left) if left > 0 or not self._window else None

    def _store(self, jobs: Sequence[Job]) -> None:
        slots = [self._window.next_slot() for _ in jobs]
        is_shut = self.gate.is_shut
        ids = self.batches.store(jobs, slots, self._procs, in_line=is_shut, behind=self.gate.last)
        for task, job, slot in zip(ids, jobs, slots, strict=True):
            self._window.add(Flight(task, job if self._options.needs_jobs else None, job.name, slot))
        if is_shut:
            self.gate.hold(ids)
        if self._options.detach:
            self._window.clear()
        self._next_at = time.monotonic() + self._options.delay

    def _next(self) -> list[Job]:
        """The commands that may be queued now; the feed may read as many more."""
        taken: list[Job] = []
        ready, room, size = self._feed.ready, min(self._room(), max(_BATCH, self._window.flying)), 0
        while ready and len(taken) < room and size < _BYTES:
            taken.append(ready.popleft())
            size += taken[-1].size
        if taken:
            self._feed.taken(len(taken), size)
        return list(filter(self._is_wanted, taken)) if self._options.trace else taken

    def _room(self) -> int:
        if self._options.delay and time.monotonic() < self._next_at:
            return 0
        most = self._at_once()
        room = min(most - self._window.flying, _WINDOW - len(self._window))
        is_heavy = self._window.bytes > _WINDOW_BYTES and self._window.flying >= self._procs
        if room < most // _REFILL or is_heavy:
            return 0
        return min(room, 1) if self._options.delay else room

    def _at_once(self) -> int:
        if self.gate.is_shut:
            return AHEAD
        if self._options.detach:
            return _WINDOW
        is_counted = self._procs == 1 or self._options.slot_variable is not None
        return (self._procs if is_counted else 0) or _WINDOW

    def _is_wanted(self, job: Job) -> bool:
        """Show a command that is to be run, and ask for leave if so told."""
        if not self._options.interactive:
            terminal.put(shown(job.words) + b"\n")
            return True
        return _is_allowed(shown(job.words))


def _is_allowed(command: bytes) -> bool:
    """Whether someone at the terminal lets a command run. Raises Refused where there is no terminal."""
    try:
        return terminal.ask(command, b"?...").startswith(("y", "Y"))
    except OSError as error:
        raise Refused(f"failed to open {error.filename} for reading: {error.strerror}") from None
