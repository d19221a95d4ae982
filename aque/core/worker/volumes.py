"""What a worker thinks of the volumes that files of tasks lie on: a rank for each.

The broker is told, and among equals the worker gets those first whose volume has the best.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Final

from .. import mounts
from ..mounts import Mount, MountTable
from ..queries import registry
from ..queries.work import Captured
from .session import Session

_DISKSTATS: Final = Path("/proc/diskstats")
_DEVICES: Final = Path("/sys/dev/block")
_LIMITS: Final = (0.5, 0.9)  # parts of the time, or of the cpus, from which on it is called busy, and full
_SLACK: Final = 0.2  # that it has to be below them, to be called so no more
_SMOOTH: Final = 0.5  # what the last beat counts
_LOADS: Final = ("idle", "busy", "full")

Clocks = Mapping[str, float]
"""For how many seconds each device was at work since the host began, by its numbers."""


class Speed(IntEnum):
    """How fast a volume is, the best first; `MISSING`: the worker cannot reach it."""

    FAST = 0
    ROTATING = 1
    NETWORK = 2
    MISSING = 3


@dataclass(frozen=True, slots=True)
class Opinion:
    """A volume as a worker sees it; the smallest rank is the best. `type`: of the file system."""

    rank: int
    type: str
    speed: str
    load: str


class Ranking:
    """Ranks volumes by their speed, and those of one speed by their load, in steps so coarse that ranks last."""

    def __init__(self, table: Callable[[], MountTable], clocks: Callable[[], Clocks]) -> None:
        self._table = table
        self._clocks = clocks
        self._before: Clocks = {}
        self._at = 0.0
        self._steps: Counter[tuple[str, str]] = Counter()
        self._means: dict[tuple[str, str], float] = {}

    def of(self, names: Iterable[str], shares: Mapping[str, float], now: float) -> dict[str, Opinion]:
        """The opinions at a time in seconds. `shares`: which part of the worker's cpus has tasks of each volume."""
        table, clocks = self._table(), self._clocks()
        seconds = now - self._at
        since = self._before if seconds > 0 else {}
        busy = {key: (at - since[key]) / seconds for key, at in clocks.items() if key in since}
        self._before, self._at = clocks, now
        return {name: self._opinion(name, table, busy, shares.get(name, 0.0)) for name in names}

    def _opinion(self, name: str, table: MountTable, busy: Mapping[str, float], share: float) -> Opinion:
        mount = table.at(table.real(name))
        speed = speed_of(name, mount, table)
        device = device_of(mount) if mount and speed < Speed.NETWORK else ""
        load = max(
            self._step((name, "device"), busy.get(device, 0.0), _LIMITS),
            self._step((name, "runs"), share, _LIMITS[:1]),
        )
        if mount is None or speed is Speed.MISSING:
            return Opinion(speed * len(_LOADS), "", speed.name.lower(), "")
        return Opinion(speed * len(_LOADS) + load, mount.type, speed.name.lower(), _LOADS[load])

    def _step(self, key: tuple[str, str], value: float, limits: Sequence[float]) -> int:
        """How many limits it is beyond, smoothed; once beyond one, it stays so until it is well below."""
        before = self._means.get(key, value)
        mean = self._means[key] = before + (value - before) * _SMOOTH
        up = sum(mean >= limit for limit in limits)
        down = sum(mean >= limit - _SLACK for limit in limits)
        self._steps[key] = max(up, min(down, self._steps[key]))
        return self._steps[key]


class Surveyor:
    """Keeps the broker told of what a worker thinks."""

    def __init__(self, session: Session, cpus: float) -> None:
        self._session = session
        self._cpus = cpus
        self._ranking = Ranking(mounts.here, read_clocks)
        self._told: tuple[int, dict[str, Opinion]] = (0, {})

    def survey(self, held: Iterable[Captured]) -> None:
        """Look at the volumes of all tasks, and tell what has changed. `held`: what the worker runs."""
        names = self._session.read(registry.volumes)
        if not names:
            return
        shares: dict[str, float] = {}
        for task in held:
            shares[task.volume] = shares.get(task.volume, 0.0) + task.cpus / self._cpus
        found = self._session.worker, self._ranking.of(names, shares, time.monotonic())
        if found != self._told:
            self._session.read(registry.rank, found[0], {name: asdict(each) for name, each in found[1].items()})
            self._told = found


def speed_of(volume: str, mount: Mount | None, table: MountTable) -> Speed:
    """By what it lies on; one in the network counts as reached where it is mounted."""
    if mount is None:
        return Speed.MISSING
    if mount.is_network:
        return Speed.NETWORK
    if not os.path.lexists(table.real(volume)):
        return Speed.MISSING
    return Speed.ROTATING if not mount.is_memory and is_rotating(device_of(mount)) else Speed.FAST


def device_of(mount: Mount) -> str:
    """The numbers of the device that a file system lies on; empty where that is not known."""
    if mount.device and not mount.device.startswith("0:"):
        return mount.device
    return _numbers(mount.source) if mount.source.startswith("/dev/") else ""


def read_clocks() -> Clocks:
    """From /proc/diskstats; nothing where there is none."""
    try:
        return clocks_of(_DISKSTATS.read_text("ascii"))
    except (OSError, ValueError):
        return {}


def clocks_of(text: str) -> Clocks:
    """From a text as Linux has it in /proc/diskstats."""
    lines = (line.split() for line in text.splitlines())
    return {f"{fields[0]}:{fields[1]}": int(fields[12]) / 1000 for fields in lines if len(fields) > 12}


@cache
def is_rotating(device: str) -> bool:
    """Whether a disk turns; of a partition its disk tells."""
    for folder in ("queue", "../queue") if device else ():
        try:
            return (_DEVICES / device / folder / "rotational").read_text("ascii").strip() == "1"
        except OSError:
            continue
    return False


@cache
def _numbers(path: str) -> str:
    try:
        found = os.stat(path).st_rdev  # noqa: PTH116
    except OSError:
        return ""
    return f"{os.major(found)}:{os.minor(found)}"
