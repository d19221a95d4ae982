"""What the tasks write: output and messages, forwarded as it comes."""

import os
import selectors
from typing import Any

from .channel import Channel
from .outlet import Outlet
from .progress import Lines, Osc
from .spawn import MESSAGES, PROGRESS
from .timers import Timers

CHUNK = 64 * 1024
# A pipe holds at most this much when its writer is dead (the system's limit for the unprivileged).
DRAIN = 1024 * 1024
LINE_LIMIT = 256 * 1024 * 1024
HIGH_WATER = 1024 * 1024
YOUNG = 0.005  # seconds until messages are read: those of most tasks are their results, and are taken at their ends


class Pipe:
    """Our end of one pipe of a task."""

    __slots__ = ("_progress", "descriptor", "is_watched", "lease", "line", "stream")

    def __init__(self, descriptor: int, stream: int, lease: Any) -> None:
        """Take over the descriptor."""
        self.descriptor = descriptor
        self.stream = stream
        self.lease = lease
        self.is_watched = False
        self.line = bytearray()
        self._progress: Lines | Osc = Lines() if stream == PROGRESS else Osc()

    def read(self, outlet: Outlet) -> int:
        """Forward what can be read at once; how much: 0 at the end, -1 for nothing yet."""
        try:
            data = os.read(self.descriptor, CHUNK)
        except (BlockingIOError, InterruptedError):
            return -1
        self._take(data, outlet)
        return len(data)

    def _take(self, data: bytes, outlet: Outlet) -> None:
        """Forward what was read."""
        if self.stream == MESSAGES:
            for line in self._lines(data):
                outlet.message(self.lease, line)
        elif data:
            self._forward(self.lease, data, outlet)

    def _forward(self, lease: Any, data: bytes, outlet: Outlet) -> None:
        """Forward what a task wrote, and what that tells of its progress."""
        if self.stream != PROGRESS:
            outlet.output(lease, self.stream, data)
        outlet.progress(lease, self._progress.feed(data))

    def _lines(self, data: bytes) -> list[bytes]:
        """The lines that are whole now; the rest waits for its end."""
        self.line += data
        if b"\n" not in data:
            if len(self.line) > LINE_LIMIT:
                self.line.clear()
            return []
        *lines, rest = bytes(self.line).split(b"\n")
        self.line = bytearray(rest)
        return [line for line in lines if line]


class Pipes:
    """The pipes of all running tasks; none is read while the worker does not keep up."""

    def __init__(self, selector: selectors.BaseSelector, channel: Channel, outlet: Outlet, timers: Timers) -> None:
        """Read when the selector says so."""
        self._selector = selector
        self._channel = channel
        self.outlet = outlet
        self._timers = timers
        self._open: dict[Any, list[Pipe]] = {}
        self._young: list[Pipe] = []
        self._paused = False

    def add(self, lease: Any, streams: dict[int, int]) -> None:
        """Forward the pipes of a task: output at once, for its order is known by the time."""
        self._open[lease] = pipes = [Pipe(descriptor, stream, lease) for descriptor, stream in streams.items()]
        for pipe in pipes:
            if pipe.stream != MESSAGES:
                self._watch(pipe)
            else:
                self._watch_later(pipe)

    def add_all(self, lease: Any, pipes: list[Pipe]) -> None:
        """Read these pipes, which are known by one lease."""
        self._open[lease] = pipes
        for pipe in pipes:
            self._watch(pipe)

    def _watch_later(self, pipe: Pipe) -> None:
        if not self._young:
            self._timers.after(YOUNG, self._watch_young)
        self._young.append(pipe)

    def _watch_young(self) -> None:
        while self._young:
            self._watch(self._young.pop())

    def readable(self, pipe: Pipe) -> None:
        """Forward from one pipe; close it at its end."""
        if pipe.descriptor < 0:  # drained since the selector spoke
            return
        if pipe.read(self.outlet) == 0:
            self._open[pipe.lease].remove(pipe)
            self._close(pipe)

    def drain(self, lease: Any) -> None:
        """Forward what a task has left in its pipes, however slow the worker is, and close them."""
        for pipe in self._open.pop(lease, []):
            read = 0
            # Bounded: a daemon with a session of its own may go on writing.
            while read < DRAIN and (size := pipe.read(self.outlet)) > 0:
                read += size
            self._close(pipe)
        self.outlet.end(lease)

    def throttle(self) -> None:
        """Stop reading while too much waits to be sent; go on once it is gone."""
        paused = self._channel.unsent > HIGH_WATER
        if paused == self._paused:
            return
        self._paused = paused
        for pipes in self._open.values():
            for pipe in pipes:
                (self._ignore if paused else self._watch)(pipe)

    def _watch(self, pipe: Pipe) -> None:
        """Have the selector tell of a pipe that is open, unless it has to wait."""
        if pipe.descriptor >= 0 and not (self._paused or pipe.is_watched):
            self._selector.register(pipe.descriptor, selectors.EVENT_READ, pipe)
            pipe.is_watched = True

    def _ignore(self, pipe: Pipe) -> None:
        if pipe.is_watched:
            self._selector.unregister(pipe.descriptor)
            pipe.is_watched = False

    def _close(self, pipe: Pipe) -> None:
        """Forget a pipe."""
        self._ignore(pipe)
        os.close(pipe.descriptor)
        pipe.descriptor = -1
