"""A task ends with the process that started it, so that it never runs on unseen beside its own second attempt."""

from __future__ import annotations

import os
import select
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(pipe: int) -> None:
    """Have the system kill this process as soon as its parent is gone; `pipe` is one that the parent reads.

    Linux alone has this; elsewhere, and in a Python built without ctypes, nothing is done.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        return
    if _is_deserted(pipe):
        os.kill(os.getpid(), signal.SIGKILL)


def _is_deserted(pipe: int) -> bool:
    """Whether nobody reads a pipe any more: the parent was gone before the system was asked."""
    poll = select.poll()
    poll.register(pipe, 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))
