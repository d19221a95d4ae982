"""A process that runs many small tasks, one after another, as the runner sees it.

A task may begin when its number lies in a pipe that both sides hold. What the runner takes out of there again has not
begun and will not; so there is never a doubt about what runs, and a signal for one task cannot meet the next.
"""

import os
import secrets
import socket
import struct
from collections import deque
from collections.abc import Iterable
from typing import Any

from .job import Job, Spent
from .kind import Kind
from .timers import Timer

HEAD = struct.Struct("=II")
NUMBER = struct.Struct("=I")
ROOM = 1 << 16  # bytes of numbers that are taken back at once: all that a pipe holds


class Carrier(Job):
    """One such process. Its `jobs` are those that it has not ended, in the order in which they begin."""

    __slots__ = (
        "_count",
        "_numbers",
        "_orders",
        "_taken",
        "_told",
        "_unsent",
        "has_run",
        "is_over",
        "is_watched",
        "jobs",
        "resting",
        "secret",
        "since",
        "spent",
        "used_at",
    )

    def __init__(self, key: Any, job: Job) -> None:
        """For tasks like this one."""
        # Its first character is nowhere else in it: what ends with a part of a mark cannot shift the mark behind it.
        secret = f"~{secrets.token_hex(16)}"
        own: dict[str, Any] = {
            "lease": f"carrier {secret}",
            "timeout": None,
            "secret": secret,
        }
        super().__init__({**job.order, **own}, b"")
        self.key = key
        self.secret = secret.encode()
        self.jobs: deque[Job] = deque()
        self.is_over = self.has_run = self.is_watched = False
        self.resting: Timer | None = None
        self.spent = Spent(0.0, 0.0)
        self.since = self.used_at = 0.0
        self._count = 0
        self._told: Kind | None = None
        self._unsent = bytearray()
        self._orders, self._numbers, self._taken = -1, -1, -1

    def connect(self) -> list[int]:
        """The descriptors that the process is to have: numbers, orders."""
        theirs, self._numbers = os.pipe()
        # A description of its own, so that our reads need not wait, and theirs do.
        self._taken = os.open(f"/proc/self/fd/{theirs}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        ours, orders = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        ours.setblocking(False)
        self._orders = ours.detach()
        return [theirs, orders.detach()]

    def fileno(self) -> int:
        """The descriptor that orders go through."""
        return self._orders

    @property
    def wants_write(self) -> bool:
        """Whether orders wait to be sent."""
        return bool(self._unsent)

    @property
    def is_idle(self) -> bool:
        """Whether it waits for something to do."""
        return not self.jobs and not self.is_over

    def give(self, jobs: Iterable[Job]) -> None:
        """Hand tasks over. Those that were given before begin first."""
        numbers = bytearray()
        for job in jobs:
            self._count += 1
            job.number = self._count
            if job.kind is not self._told and job.kind:
                self._told = job.kind
                self._unsent += HEAD.pack(0, len(job.kind.body)) + job.kind.body
            self._unsent += HEAD.pack(job.number, len(job.body)) + job.body
            numbers += NUMBER.pack(job.number)
            self.jobs.append(job)
        os.write(self._numbers, numbers)

    def take_back(self) -> list[Job]:
        """Take the tasks back that have not begun."""
        try:
            data = os.read(self._taken, ROOM)
        except OSError:  # nothing there, or closed
            return []
        numbers = {number for (number,) in NUMBER.iter_unpack(data)}
        back = [job for job in self.jobs if job.number in numbers]
        while self.jobs and self.jobs[-1].number in numbers:
            self.jobs.pop()
        return back

    def give_again(self, jobs: Iterable[Job]) -> None:
        """Let tasks begin after all that were taken back, in their order."""
        kept = list(jobs)
        self.jobs.extend(kept)
        if kept:
            os.write(self._numbers, b"".join(NUMBER.pack(job.number) for job in kept))

    def flush(self) -> None:
        """Send what the process takes of the orders."""
        try:
            while self._unsent:
                del self._unsent[: os.write(self._orders, self._unsent)]
        except (BlockingIOError, InterruptedError):
            return
        except OSError:  # it is gone, which its end will tell
            self._unsent.clear()

    def close(self) -> None:
        """Let it end when it has nothing more to do."""
        self.is_over = True
        for descriptor in (self._orders, self._numbers, self._taken):
            if descriptor >= 0:
                os.close(descriptor)
        self._orders = self._numbers = self._taken = -1
