"""The last hour as a source: a step of time is a line, and only steps that may have changed are read again."""

from __future__ import annotations

import time
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ..core.monitor import Monitor
from ..core.queries import pulse
from ..core.queries.pulse import Stay
from .keys import Ids, Keys
from .pace import Paced

STEP: Final = 30.0  # seconds
STEPS: Final = 120  # to an hour
_AGAIN: Final = 2  # steps that are read again, for ends are stored after they happened
_PART: Final = 10  # steps of the past to be read at once
_BUDGET: Final = 0.1  # seconds of reading the past to a look; what is left comes with the next
_LEAST: Final = 5.0  # seconds of a step that has begun, until it is told of


@dataclass(frozen=True, slots=True)
class Beat:
    """A step: runs that ended in a second, failures among them, seconds of waiting (None: none ended), tasks that ran,
    and their cpus, both in the mean.
    """

    rate: float
    failures: float
    wait: float | None
    running: float
    cpus: float
    ends: int
    failed: int


class Pulse:
    """The steps of the last hour, newest first. The past fills in from the right, look by look."""

    def __init__(self, monitor: Monitor, now: Callable[[], datetime]) -> None:
        self._monitor = monitor
        self._now = now
        self._look = Paced(self._read)
        self._keys = Ids()
        self._stays: dict[int, list[Stay]] = {}
        self._is_full = False
        self._runs: Sequence[Stay] = ()
        self._beats: Mapping[int, Beat] = {}

    def keys(self) -> Keys:
        """The steps as they were read last."""
        return self._keys

    def refresh(self) -> Keys:
        """The steps of this hour, as far as they were read."""
        if (keys := self._look() if self._is_full else self._read()) is not None:
            self._keys = keys
        return self._keys

    def expire(self) -> None:
        """Read all anew."""
        self._stays, self._is_full = {}, False

    def rows(self, keys: Sequence[int]) -> Mapping[int, Beat]:
        """What happened in these steps."""
        return {key: self._beats[key] for key in keys if key in self._beats}

    def _read(self) -> Ids:
        now = self._now()
        last = _last(now)
        first, end = last - STEPS + 1, int(now.timestamp() // STEP) + 1
        newest = max(self._stays, default=last)
        self._stays = {step: found for step, found in self._stays.items() if step >= first}
        self._take(max(first, min(newest, last) - _AGAIN + 1), end, now, first)
        self._fill(first, now)
        self._is_full = min(self._stays) == first
        self._runs = self._monitor.read(pulse.runs, now, STEP, first)
        stays = [*(each for found in self._stays.values() for each in found), *self._runs]
        self._beats = beats(stays, min(self._stays), now)
        return Ids(array("q", range(min(self._stays), last + 1)))

    def _fill(self, first: int, now: datetime) -> None:
        """Go on into the past, as long as there is time."""
        began = time.monotonic()
        while (oldest := min(self._stays)) > first and time.monotonic() - began < _BUDGET:
            self._take(max(first, oldest - _PART), oldest, now, first)

    def _take(self, low: int, high: int, now: datetime, first: int) -> None:
        found: dict[int, list[Stay]] = {step: [] for step in range(low, high)}
        for each in self._monitor.read(pulse.ends, (low, high), now, STEP, first):
            found[each.ended].append(each)
        self._stays.update(found)


def beats(stays: Iterable[Stay], first: int, now: datetime) -> dict[int, Beat]:
    """What happened in each step from the first to that of now."""
    last = _last(now)
    sums: dict[int, _Sum] = defaultdict(_Sum)
    found: dict[int, Beat] = {}
    going = [0.0, 0.0]  # tasks, and their cpus, that run as a step begins
    for stay in stays:
        sums[stay.ended].end(stay)
        if stay.began >= first:
            sums[stay.began].begin(stay)
        else:
            going = [going[0] + stay.runs, going[1] + stay.cpus]
    for step in range(first, last + 1):
        seconds = min(STEP, now.timestamp() - step * STEP)
        found[step] = sums[step].beat(seconds, going)
    return found


def _last(now: datetime) -> int:
    """The last step that has lasted long enough to tell of."""
    return int((now.timestamp() - _LEAST) // STEP)


class _Sum:
    """What is added up for a step."""

    def __init__(self) -> None:
        self.success = self.failed = self.runs = 0
        self.wait = self.busy = self.cpu = 0.0
        self.come, self.gone = [0.0, 0.0], [0.0, 0.0]

    def end(self, stay: Stay) -> None:
        """Runs ended in this step, or still go on."""
        if stay.began < stay.ended:
            self.gone = [self.gone[0] + stay.runs, self.gone[1] + stay.cpus]
        self.success += stay.success
        self.failed += stay.failed
        self.wait += stay.wait
        self.runs += stay.success + stay.failed
        self.busy += stay.at_end
        self.cpu += stay.cpu_at_end

    def begin(self, stay: Stay) -> None:
        """Runs began in this step, and went on."""
        self.busy += stay.at_begin
        self.cpu += stay.cpu_at_begin
        if stay.began < stay.ended:
            self.come = [self.come[0] + stay.runs, self.come[1] + stay.cpus]

    def beat(self, seconds: float, going: list[float]) -> Beat:
        """The step; `going` is brought up to the next one."""
        through = [going[place] - self.gone[place] for place in (0, 1)]
        going[:] = [through[place] + self.come[place] for place in (0, 1)]
        return Beat(
            (self.success + self.failed) / seconds,
            self.failed / seconds,
            self.wait / self.runs if self.runs else None,
            through[0] + self.busy / seconds,
            through[1] + self.cpu / seconds,
            self.success + self.failed,
            self.failed,
        )
