"""Telling a person in one line why there is no server, and what to do."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ..errors import BrokerError, BrokerFull, BrokerUnavailable
from .folders import ADVICE
from .home import Home

_FULL: Final = ("No space left on device", "Disk quota exceeded")
# What sessions are told when their server goes is not why it went.
_NO_REASON: Final = r"(?!the database system is|terminating connection|connection to client lost)"
_REASON: Final = re.compile(rf"(?:FATAL|PANIC|fatal|error): +{_NO_REASON}(.*)")
_LEAST_ROOM: Final = 16 << 20  # bytes: one more segment of the log that a server may need to start


def reason(text: str) -> str | None:
    """The last reason for giving up that PostgreSQL wrote; None where it wrote none, as when it is killed."""
    found = _REASON.findall(text)
    return str(found[-1]).strip() if found else None


def of_server(home: Home, what: str, text: str) -> BrokerError:
    """The error that tells what a program of the server's wrote before it gave up."""
    if any(line in text for line in _FULL) or (reason(text) is None and full(home)):
        return BrokerFull(f"the disk of {home.root} is full: {what}; make room (log: {home.log})")
    why = reason(text) or "it crashed, or wrote no reason"
    return BrokerUnavailable(f"{what}: {why[:300]} (log: {home.log})")


def full(home: Home) -> bool:
    """Whether the disk has no room left for the server to start: then there is none for its words in the log either."""
    found = os.statvfs(home.root)
    return found.f_bavail * found.f_frsize < _LEAST_ROOM


@contextmanager
def explained(home: Home) -> Iterator[None]:
    """Turn what the system refuses into one of aque's errors."""
    try:
        yield
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else str(error.filename or home.root)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise BrokerFull(f"the disk of {home.root} is full: make room, or {ADVICE}") from error
        raise BrokerUnavailable(
            f"the broker's home {home.root} cannot be used: {where}: {error.strerror or error}; {ADVICE}"
        ) from error
