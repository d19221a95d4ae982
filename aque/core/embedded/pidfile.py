"""What a server wrote about itself in postmaster.pid: good for asking, never for deciding who may start."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from . import processes
from .home import Home


@dataclass(frozen=True, slots=True)
class PidFile:
    """The lines that matter here."""

    pid: int
    started_at: datetime | None
    ready: bool


def read(home: Home) -> PidFile | None:
    """What is written there; None where there is nothing to read."""
    try:
        lines = (home.data / "postmaster.pid").read_text(errors="replace").splitlines()
        pid = abs(int(lines[0]))
    except (OSError, ValueError, IndexError):
        return None
    return PidFile(pid, _time(lines[2:3]), lines[7:8] != [] and lines[7].strip() == "ready")


def server(home: Home) -> int | None:
    """The pid of our server; None where it does not run, or not among the processes that we can see."""
    found = read(home)
    return found.pid if found and is_server(found.pid, home.data) else None


def is_server(pid: int, data: Path) -> bool:
    """Whether this process is a PostgreSQL on this data: the pid of a stale file may be anyone's now."""
    arguments = processes.arguments(pid)
    if not arguments or os.path.basename(arguments[0]) not in ("postgres", "postmaster"):  # noqa: PTH119
        return False
    # Words, as ps tells no more; never a part of a longer name: `data2` may be the place of somebody else's server.
    return f" {data} " in f" {' '.join(arguments)} " or processes.folder(pid) == str(data)


def _time(lines: list[str]) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(lines[0]), UTC)
    except (ValueError, IndexError):
        return None
