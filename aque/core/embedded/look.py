"""How the server is, without starting it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from . import address, binaries, failures, pidfile, processes
from .home import Home, locate


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of a server; None where nobody knows."""

    running: bool
    pid: int | None
    version: str | None
    home: Path
    socket: Path
    started_at: datetime | None
    data_bytes: int
    log: Path
    users: int | None


def status(home: Path | str | None = None) -> Status:
    """The state of the server; starts and creates nothing."""
    place = locate(home)
    with failures.explained(place):
        contact = address.contact(place)
        running = contact.refusal is None
        found = pidfile.read(place) if running else None
        return Status(
            running=running,
            pid=found.pid if found else None,
            version=contact.version or _data_version(place),
            home=place.root,
            socket=place.socket,
            started_at=found.started_at if found else None,
            data_bytes=_size(place.data),
            log=place.log,
            users=processes.shared_locks(place.users_lock),
        )


def _data_version(place: Home) -> str | None:
    major = binaries.data_version(place)
    return str(major) if major else None


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):  # files come and go while it runs
            total += path.lstat().st_size
    return total
