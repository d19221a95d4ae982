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
import weakref
from collections.abc import Iterator
from pathlib import Path

from ..errors import BrokerUnavailable
from .home import Home

_open: set[int] = set()


def open_lock(path: Path) -> int:
    """A descriptor to lock; closed in forked children, which must not go on holding what is not theirs."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    _open.add(fd)
    return fd


def close_lock(fd: int) -> None:
    """Close, never unlock: a child may have inherited the lock on purpose."""
    if fd in _open:
        _open.discard(fd)
        os.close(fd)


def try_lock(fd: int, how: int = fcntl.LOCK_EX) -> bool:
    """Whether the lock was free and is ours now."""
    try:
        fcntl.flock(fd, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def exclusive(path: Path, deadline: float, complaint: str) -> Iterator[int]:
    """Hold `path` alone; `complaint` is what is raised when the deadline passes."""
    fd = open_lock(path)
    try:
        _wait(fd, fcntl.LOCK_EX, deadline, complaint)
        yield fd
    finally:
        close_lock(fd)


def held(path: Path) -> bool:
    """Whether somebody holds `path` exclusively now."""
    try:
        fd = open_lock(path)
    except OSError:
        return False
    try:
        return not try_lock(fd, fcntl.LOCK_SH)
    finally:
        close_lock(fd)


class Lease:
    """While it lives, the server is not stopped for want of users. Dies with the process."""

    def __init__(self, home: Home, deadline: float) -> None:
        self._path = home.users_lock
        self._fd = open_lock(self._path)
        try:
            _wait(self._fd, fcntl.LOCK_SH, deadline, f"the idle server in {home.root} takes too long to stop")
        except BaseException:
            close_lock(self._fd)
            raise
        self._mine = os.getpid()
        os.utime(self._fd)  # the supervisor reads from it when the last user came or went

    def is_current(self) -> bool:
        """Whether the lock still is the file of that name: a home may be deleted and made again."""
        try:
            return os.path.samestat(os.fstat(self._fd), self._path.stat())
        except OSError:
            return False

    def __del__(self) -> None:
        if getattr(self, "_mine", None) == os.getpid():
            with contextlib.suppress(OSError):
                os.utime(self._fd)
            close_lock(self._fd)


_leases: weakref.WeakValueDictionary[Home, Lease] = weakref.WeakValueDictionary()
_guard = threading.Lock()


def lease(home: Home, deadline: float) -> Lease:
    """This process's lease on a home, taken where it has none; it ends when nobody refers to it any more."""
    if not _guard.acquire(timeout=max(deadline - time.monotonic(), 0.001)):
        raise BrokerUnavailable(f"another thread waits too long for the server in {home.root}")
    try:
        known = _leases.get(home)
        if known is None or not known.is_current():
            known = _leases[home] = Lease(home, deadline)
        return known
    finally:
        _guard.release()


def _wait(fd: int, how: int, deadline: float, complaint: str) -> None:
    while not try_lock(fd, how):
        if time.monotonic() > deadline:
            raise BrokerUnavailable(complaint)
        time.sleep(0.005)


def _forget() -> None:
    """A forked child starts without locks; the descriptors that it closes go on in its parent."""
    global _guard, _leases  # noqa: PLW0603
    _guard = threading.Lock()
    _leases = weakref.WeakValueDictionary()
    for fd in list(_open):
        with contextlib.suppress(OSError):
            os.close(fd)
    _open.clear()


os.register_at_fork(after_in_child=_forget)
