"""What a worker knows of its host."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Sequence

import psutil

from ..account import account
from ..queries.registry import WorkerInfo
from ..version import __version__


def usable_cpus() -> int:
    """The cpus that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        return os.cpu_count() or 1


def total_memory() -> int:
    """The host's memory in bytes."""
    return int(psutil.virtual_memory().total)


def load_average() -> float | None:
    """The processes that run or want to, on average of the last minute; None where the system does not tell."""
    try:
        return os.getloadavg()[0]
    except OSError:
        return None


def describe(
    name: str | None, cpus: float | None, memory: int | None, queues: Sequence[str] | None, tags: Sequence[str]
) -> WorkerInfo:
    """What a worker of this process tells of itself; its own user's tasks alone, unless it is root's."""
    hostname = socket.gethostname()
    return WorkerInfo(
        name=name or f"{hostname}:{os.getpid()}",
        hostname=hostname,
        ip=_address(hostname),
        pid=os.getpid(),
        platform=sys.platform,
        username=account(),
        any_user=os.geteuid() == 0,
        cpus=cpus or float(usable_cpus()),
        memory=memory or total_memory(),
        queues=list(queues) if queues else None,
        tags=sorted(tags),
        version=__version__,
    )


def _address(hostname: str) -> str | None:
    try:
        return socket.gethostbyname(hostname)
    except OSError:
        return None
