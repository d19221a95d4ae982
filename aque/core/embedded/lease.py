"""Leases: while a process has one, the server is not stopped for want of users."""

from __future__ import annotations

import fcntl
import os
import weakref
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final

from ..errors import BrokerUnavailable
from . import locks
from .home import Home


class _Seat:
    """The one lock that all leases of a process on a home share."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pid = os.getpid()
        self.descriptor = locks.opened(path)
        self.leases = 0

    @property
    def valid(self) -> bool:
        """Whether it is this process's own, on the file that is there now: homes can be removed and made anew."""
        if self.pid != os.getpid():
            return False
        try:
            return os.path.samestat(os.fstat(self.descriptor), self.path.stat())
        except OSError:
            return False

    def touch(self) -> None:
        """Tell the supervisor when a user came or went last: it counts from the file's time."""
        with suppress(OSError):
            os.utime(self.descriptor)

    def leave(self) -> None:
        """One lease less; the last one gives up the lock."""
        with locks.guard:
            if self.pid != os.getpid():
                return  # of the process that forked us: our copy was closed at the fork
            self.leases -= 1
            if not self.leases:
                self.touch()
                locks.closed(self.descriptor)
                if _seats.get(self.path) is self:
                    del _seats[self.path]


_seats: Final[dict[Path, _Seat]] = {}


class Lease:
    """A claim on the server, until it is closed, forgotten, or its process ends in whatever way.

    It belongs to the process that took it. A forked child has none: the copy of the lock that fork() made is closed
    there, since a child that lives on for other reasons must not keep the server up, and one that uses the server
    connects anew, by `ensure`, which gives it its own.
    """

    def __init__(self, seat: _Seat) -> None:
        self._seat = seat
        self._leave = weakref.finalize(self, seat.leave)

    @property
    def held(self) -> bool:
        """Whether it keeps the server running."""
        return self._leave.alive and self._seat.valid

    def bequeath(self) -> None:
        """Let the program that this process becomes keep it."""
        os.set_inheritable(self._seat.descriptor, True)

    def close(self) -> None:
        """Give it back; once is enough."""
        self._leave()

    def __enter__(self) -> Lease:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def take(home: Home, deadline: float) -> Lease:
    """A lease on the server of `home`, running or not; waits while a server is being stopped for want of users."""
    taken: list[Lease] = []

    def sit() -> bool:
        taken.extend(_try(home.users_lock))
        return bool(taken)

    if not locks.wait(sit, deadline):
        raise BrokerUnavailable(f"the server in {home.root} takes too long to stop; see {home.log}")
    return taken[0]


def _try(path: Path) -> list[Lease]:
    with locks.guard:
        seat = _seats.get(path)
        if seat is None or not seat.valid:
            seat = _Seat(path)
            if not locks.locked(seat.descriptor, fcntl.LOCK_SH):
                locks.closed(seat.descriptor)
                return []
            _seats[path] = seat
        seat.leases += 1
        seat.touch()
        return [Lease(seat)]
