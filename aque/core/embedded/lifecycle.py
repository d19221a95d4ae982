"""Making sure that the server runs."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from types import EllipsisType
from typing import Final

from ..units import parse_duration
from . import address, failures, folders, lease, locks
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


def _start(place: Home, linger: float | None, deadline: float) -> None:
    from .start import Request, bring_up  # which whoever finds it running does without

    with locks.exclusive(place.start_lock, deadline, busy(place)) as held:
        bring_up(Request(place, linger, deadline, held))


def busy(place: Home) -> str:
    """What who has to wait for it too long is told."""
    return f"another process has been starting or stopping the server in {place.root} for too long; see {place.log}"


def parse_linger(text: str | None = None) -> float | None:
    """Seconds from a text such as `10min`, None from `never`; without one `$AQUE_LINGER`, else 600.

    Raises UsageError.
    """
    text = (text or os.environ.get("AQUE_LINGER", "")).strip()
    if not text:
        return LINGER
    return None if text == "never" else parse_duration(text)
