"""Time limits that hold even where the server, or the way to it, is frozen: the connection is cut from this side."""

from __future__ import annotations

import itertools
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from psycopg import Connection


class Watchdog:
    """One thread that shuts down the sockets of calls that take too long."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._limits: dict[int, tuple[float, int]] = {}
        self._tokens = itertools.count()
        self._wakes_at = float("inf")
        self._thread: threading.Thread | None = None

    def add(self, descriptor: int, deadline: float) -> int:
        """Shut a socket down at `deadline` (monotonic) unless the token that is returned is removed before."""
        with self._changed:
            token = next(self._tokens)
            self._limits[token] = deadline, descriptor
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="aque-watchdog", daemon=True)
                self._thread.start()
            elif deadline < self._wakes_at:
                self._changed.notify()
            return token

    def remove(self, token: int) -> None:
        """Forget a limit; the descriptor must still be open, and may be closed afterwards."""
        with self._changed:
            self._limits.pop(token, None)

    def _run(self) -> None:
        with self._changed:
            while True:
                self._wakes_at = min((deadline for deadline, _ in self._limits.values()), default=float("inf"))
                self._changed.wait(min(self._wakes_at - time.monotonic(), threading.TIMEOUT_MAX))
                self._cut(time.monotonic())

    def _cut(self, now: float) -> None:
        for token in [token for token, (deadline, _) in self._limits.items() if deadline <= now]:
            _shut_down(self._limits.pop(token)[1])


def _shut_down(descriptor: int) -> None:
    try:
        with socket.socket(fileno=os.dup(descriptor)) as copy:
            copy.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it is gone already


_watchdog: Final = Watchdog()


@contextmanager
def limited(conn: Connection[Any], seconds: float) -> Iterator[None]:
    """Cut the connection off where this block takes longer than `seconds`: the call in it then fails."""
    token = _watchdog.add(conn.fileno(), time.monotonic() + seconds)
    try:
        yield
    finally:
        _watchdog.remove(token)
