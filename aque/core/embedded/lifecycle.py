"""Making sure that the server runs, and stopping it."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import EllipsisType
from typing import Final

from ..errors import BrokerError
from ..units import parse_duration
from . import address, failures, folders, lease, locks, pidfile, processes, remains
from .home import Home, locate

LINGER: Final = 600.0  # seconds that a server goes on without any user


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server that runs, and a claim on it: keep the lease, or this, as long as the server is used."""

    home: Home
    conninfo: dict[str, str | int]
    lease: lease.Lease


def ensure(
    home: Path | str | None = None, *, linger: float | EllipsisType | None = ..., timeout: float = 60.0
) -> Endpoint:
    """The user's own server, made and started where it does not run; callable at any time, from any thread.

    A server that this call starts stops once nobody has used it for `linger` seconds: as given (None: never), else
    `$AQUE_LINGER` (seconds, or `never`), else 600.
    Raises BrokerUnavailable, or BrokerFull where the disk is full, with one line that says what to do.
    """
    place, deadline = locate(home), time.monotonic() + timeout
    seconds = parse_linger() if isinstance(linger, EllipsisType) else linger
    with failures.explained(place):
        folders.prepare(place)
        claim = lease.take(place, deadline)
        try:
            if not address.answers(place):
                _start(place, seconds, deadline)
        except BaseException:
            claim.close()
            raise
    return Endpoint(place, address.conninfo(place), claim)


def join(home: Path | str | None = None, timeout: float = 60.0) -> Endpoint | None:
    """A claim on a server that seems to run, for its socket is there; else None. Nobody is asked, nothing is started.

    Raises as `ensure` does, which is the way to take where the server does not answer.
    """
    place = locate(home)
    with failures.explained(place):
        if not place.socket.exists():
            return None
        folders.prepare(place)
        if not address.is_ours(place):
            return None
        return Endpoint(place, address.conninfo(place), lease.take(place, time.monotonic() + timeout))


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
        with locks.exclusive(place.start_lock, deadline, _busy(place)):
            pid = _find(place, deadline)
            if pid is None:
                return False
            for number, until in ((signal.SIGINT, deadline - timeout / 3), (signal.SIGQUIT, deadline)):
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
                if locks.wait(lambda: _gone(place, pid), until):
                    return True
            raise BrokerError(f"the server (pid {pid}) does not stop within {timeout:g} s; see {place.log}")


def _start(place: Home, linger: float | None, deadline: float) -> None:
    from .start import Request, bring_up  # which whoever finds it running does without

    with locks.exclusive(place.start_lock, deadline, _busy(place)) as held:
        bring_up(Request(place, linger, deadline, held))


def _busy(place: Home) -> str:
    return f"another process has been starting or stopping the server in {place.root} for too long; see {place.log}"


def parse_linger(text: str | None = None) -> float | None:
    """Seconds from a text such as `10min`, None from `never`; without one `$AQUE_LINGER`, else 600.

    Raises UsageError.
    """
    text = (text or os.environ.get("AQUE_LINGER", "")).strip()
    if not text:
        return LINGER
    return None if text == "never" else parse_duration(text)


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
