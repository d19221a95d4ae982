"""Three flock()ed files carry the whole lifecycle; pids never do.

    start.lock   exclusive, short      one process at a time creates or starts the server
    server.lock  exclusive, inherited  by every process of the server: free only when none of them is left
    users.lock   shared, per client    a count of the users; the supervisor takes it exclusive to stop the server

The kernel drops them when a process dies, however it dies.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ..errors import BrokerUnavailable

guard = threading.RLock()
_open: set[int] = set()


def opened(path: Path) -> int:
    """A descriptor to lock; closed in forked children, which must not go on holding what is not theirs."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    _open.add(fd)
    return fd


def closed(fd: int) -> None:
    """Close, never unlock: a child may have inherited the lock on purpose."""
    if fd in _open:
        _open.discard(fd)
        os.close(fd)


def locked(fd: int, how: int = fcntl.LOCK_EX) -> bool:
    """Whether the lock was free and is ours now."""
    try:
        fcntl.flock(fd, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def exclusive(path: Path, deadline: float, complaint: str) -> Iterator[int]:
    """Hold `path` alone; `complaint` is what is raised when the deadline passes."""
    fd = opened(path)
    try:
        if not wait(lambda: locked(fd), deadline):
            raise BrokerUnavailable(complaint)
        yield fd
    finally:
        closed(fd)


def free(path: Path) -> bool:
    """Whether nobody holds `path`."""
    fd = opened(path)
    try:
        return locked(fd, fcntl.LOCK_SH)
    finally:
        closed(fd)


def wait(condition: Callable[[], bool], deadline: float) -> bool:
    """Wait until a condition holds; False where the deadline passes first."""
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def _forget() -> None:
    """A forked child starts without locks; the descriptors that it closes go on in its parent."""
    global guard  # noqa: PLW0603 - another thread may have held it at the fork
    guard = threading.RLock()
    for fd in list(_open):
        with contextlib.suppress(OSError):
            os.close(fd)
    _open.clear()


os.register_at_fork(after_in_child=_forget)
