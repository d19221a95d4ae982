"""Files that are locked with flock(): the kernel drops such a lock with the last descriptor of its opening.

A descriptor that fork() copies is one more of the same opening, and would keep the lock for as long as the child lives.
So every descriptor made here is closed in forked children, and none reaches a program that is executed, unless
it is handed over on purpose.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ..errors import BrokerUnavailable

# Held over fork() too, so that no child is born between the opening of a descriptor and its registration.
# Reentrant, as a finalizer may run, and close a lock, anywhere.
guard: Final = threading.RLock()
_open: Final[set[int]] = set()


def opened(path: Path) -> int:
    """A descriptor of a lock's file, which is created where it is missing."""
    with guard:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        _open.add(descriptor)
        return descriptor


def closed(descriptor: int) -> None:
    """Close a descriptor of `opened`; harmless in a forked child, where that is done already.

    It is never unlocked instead: a process that inherited the lock on purpose keeps it.
    """
    with guard:
        if descriptor in _open:
            _open.remove(descriptor)
            os.close(descriptor)


def locked(descriptor: int, mode: int = fcntl.LOCK_EX) -> bool:
    """Try to take the lock; whether it was taken."""
    try:
        fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def exclusive(path: Path, deadline: float, complaint: str) -> Iterator[int]:
    """Hold the lock of a file, alone; raises BrokerUnavailable with the complaint where that takes too long."""
    descriptor = opened(path)
    try:
        if not wait(lambda: locked(descriptor), deadline):
            raise BrokerUnavailable(complaint)
        yield descriptor
    finally:
        closed(descriptor)


def free(path: Path) -> bool:
    """Whether nobody holds the lock of this file."""
    descriptor = opened(path)
    try:
        return locked(descriptor, fcntl.LOCK_SH)
    finally:
        closed(descriptor)


def wait(condition: Callable[[], bool], deadline: float) -> bool:
    """Poll until the condition holds; whether it did in time. A flock() that sleeps knows no time limit."""
    pause = 0.002
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
        pause = min(pause * 1.2, 0.02)
    return True


def _forget() -> None:
    for descriptor in _open:
        os.close(descriptor)
    _open.clear()
    guard.release()


os.register_at_fork(before=guard.acquire, after_in_parent=guard.release, after_in_child=_forget)
