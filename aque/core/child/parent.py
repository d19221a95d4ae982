"""A task ends with the process that started it, so that it never runs on unseen beside its own second attempt."""

from __future__ import annotations

import os
import select
import signal
import sys
from typing import Any

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_KILL = int(signal.SIGKILL)


def die_with_parent(pipe: int) -> None:
    """Have the system kill this process as soon as its parent is gone; `pipe` is one that the parent reads.

    Linux alone has this; elsewhere, and in a Python built without ctypes, nothing is done.
    """
    if _ask_the_system() and _is_deserted(pipe):
        os.kill(os.getpid(), signal.SIGKILL)


def die_with_process(parent: int) -> bool:
    """The same for a process that knows its parent's number; False where the system has no such thing."""
    if _PRCTL is None:
        return False
    _PRCTL(_PR_SET_PDEATHSIG, _KILL, 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    return True


def _ask_the_system() -> bool:
    if _PRCTL is not None:
        _PRCTL(_PR_SET_PDEATHSIG, _KILL, 0, 0, 0)
    return _PRCTL is not None


def adopt_orphans() -> None:
    """Become the parent of all orphans below this process, so that it knows of them."""
    _PRCTL(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _prctl() -> Any:
    """The system's function, if it has it and this Python can call it."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        import ctypes

        return ctypes.CDLL(None).prctl
    except (ImportError, OSError, AttributeError):
        return None


_PRCTL = _prctl()


def _is_deserted(pipe: int) -> bool:
    """Whether nobody reads a pipe any more: the parent was gone before the system was asked."""
    poll = select.poll()
    poll.register(pipe, 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))
