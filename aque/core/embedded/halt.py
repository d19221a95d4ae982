"""Stopping the server."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from ..errors import BrokerError
from . import address, failures, folders, locks, pidfile, processes, remains
from .home import Home, locate
from .lifecycle import busy


def stop(home: Path | str | None = None, timeout: float = 30.0) -> bool:
    """Stop the server, whoever uses it; whether it ran. Everything that was acknowledged stays.

    One that does not end in two thirds of the time is ended less gently, and recovers when it is started next.
    Raises BrokerError where it does not stop in time, or runs where we cannot see it.
    """
    place, deadline = locate(home), time.monotonic() + timeout
    with failures.explained(place):
        if not place.start_lock.exists():
            return False
        folders.check(place.root)
        with locks.exclusive(place.start_lock, deadline, busy(place)):
            pid = _find(place, deadline)
            if pid is None:
                return False
            for number, until in ((signal.SIGINT, deadline - timeout / 3), (signal.SIGQUIT, deadline)):
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
                if locks.wait(lambda: _gone(place, pid), until):
                    return True
            raise BrokerError(f"the server (pid {pid}) does not stop within {timeout:g} s; see {place.log}")


def _find(place: Home, deadline: float) -> int | None:
    """The server to stop; None where there is none. One that was just started needs a moment until it has a pid."""
    found: list[int] = []

    def known() -> bool:
        if pid := pidfile.server(place):
            found.append(pid)
        elif address.answers(place):
            raise BrokerError(f"the server in {place.root} runs in another container: stop it there")
        else:
            remains.kill_orphans(processes.holders(place.server_lock))
        return bool(found) or locks.free(place.server_lock)

    if not locks.wait(known, deadline):
        raise BrokerError(f"processes that hold {place.server_lock} keep the server from stopping; see {place.log}")
    return found[0] if found else None


def _gone(place: Home, pid: int) -> bool:
    return locks.free(place.server_lock) and not pidfile.is_server(pid, place.data)
