"""Waiting for descriptors, however many the process has open, and being woken meanwhile."""

from __future__ import annotations

import os
import select
import weakref
from collections.abc import Iterable
from contextlib import suppress


class Alarm:
    """Wakes a thread that waits for it. May be rung from any thread and from signal handlers."""

    def __init__(self) -> None:
        self._out, self._in = os.pipe()
        for descriptor in (self._out, self._in):
            os.set_blocking(descriptor, False)
            weakref.finalize(self, os.close, descriptor)

    def fileno(self) -> int:
        """The descriptor to wait on."""
        return self._out

    def ring(self) -> None:
        """Wake whoever waits, now or next."""
        with suppress(BlockingIOError):  # it has been rung often enough
            os.write(self._in, b"x")

    def hush(self) -> None:
        """Forget that it was rung."""
        with suppress(BlockingIOError):
            os.read(self._out, 65536)


def wait_ready(readable: Iterable[int], timeout: float, writable: Iterable[int] = ()) -> set[int]:
    """The descriptors that can be read from (or have ended) or written to, after `timeout` seconds at most.

    `select` knows no descriptors beyond 1,023, and this runs in programs that have more.
    """
    events: dict[int, int] = {}
    for descriptors, event in ((readable, select.POLLIN), (writable, select.POLLOUT)):
        for each in descriptors:
            events[each] = events.get(each, 0) | event
    poll = select.poll()
    for descriptor, wanted in events.items():
        poll.register(descriptor, wanted)
    return {descriptor for descriptor, _ in poll.poll(timeout * 1000)}
