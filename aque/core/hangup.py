"""A terminal that has vanished, which not every process of it is told of."""

from __future__ import annotations

import select
import signal
from typing import Final

STATUS: Final = 128 + signal.SIGHUP
"""The exit status of who has lost its terminal, whether a signal told it or not."""


def has_come(*descriptors: int, timeout: float | None = 0.0) -> bool:
    """Whether one of these is of a terminal that is gone; waits for that `timeout` seconds at most, None: for ever."""
    poll = select.poll()
    for each in descriptors:
        poll.register(each, 0)  # nothing is waited for but the end
    ready = poll.poll(None if timeout is None else timeout * 1e3)
    return any(event & select.POLLHUP for _, event in ready)
