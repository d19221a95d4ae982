"""What tasks of a dead worker left on this host: found by the mark in its environment, and killed.

The runner and its guardian see to that, unless they were killed as well.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from ..runner.processes import LINUX, below, kill_all, send, table

VARIABLE: Final = "AQUE_WORKER_MARK"
_ROUNDS: Final = 10  # for what forks meanwhile


def sweep(marks: Collection[str]) -> int:
    """Kill all processes that have one of these marks, and all below them, which may have thrown theirs away.

    Returns how many there were. Linux alone shows environments.
    """
    wanted = {f"{VARIABLE}={mark}".encode() for mark in marks}
    killed: set[int] = set()
    for _ in range(_ROUNDS if wanted and LINUX else 0):
        marked, processes = set(_marked(wanted)), table()
        found = ((marked | below(marked, processes)) & processes.keys()) - killed
        if not found:
            break
        kill_all(found - {os.getpid()}, processes)
        if os.getpid() in found:  # a worker may be a dead worker's task
            send(os.getpid(), signal.SIGKILL)
        killed |= found
    return len(killed)


def _marked(wanted: set[bytes]) -> Iterator[int]:
    for name in os.listdir("/proc"):
        if name.isdigit() and not wanted.isdisjoint(_environment(name)):
            yield int(name)


def _environment(pid: str) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:  # gone, or another's
        return []
