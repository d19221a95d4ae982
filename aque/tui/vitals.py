"""The sums that stand in the head of every screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ..core.monitor import Monitor
from ..core.queries import pulse
from ..core.queries.lists import Farm
from ..core.queries.pulse import Use
from ..core.states import State
from .pace import Paced

STEP: Final = 5.0  # seconds
STEPS: Final = 12  # to a minute


@dataclass(frozen=True, slots=True)
class Vitals:
    """How many tasks are in each state, what the living workers have together, and how much of the limits is in use.

    `ends`: how many runs ended in each step of the last minute.
    """

    counts: Mapping[State, int] = field(default_factory=dict)
    farm: Farm = field(default_factory=lambda: Farm(0, 0.0, 0.0, 0, 0))
    ends: Sequence[int] = ()
    limits: Sequence[Use] = ()


class VitalSigns:
    """Reads them: what is dear only now and then, and of the ends only what is new."""

    def __init__(self, monitor: Monitor, now: Callable[[], datetime]) -> None:
        self._monitor = monitor
        self._now = now
        self._counts = Paced(monitor.counts)
        self._ends = Paced(self._read_ends)
        self._limits = Paced(lambda: monitor.read(pulse.limits))
        self._steps: dict[int, int] = {}
        self._latest = Vitals()

    def latest(self) -> Vitals:
        """The sums as they were read last."""
        return self._latest

    def refresh(self) -> Vitals:
        """The sums as they are now."""
        last, counts, ends, limits = self._latest, self._counts(), self._ends(), self._limits()
        self._latest = Vitals(
            last.counts if counts is None else counts,
            self._monitor.farm(),
            last.ends if ends is None else ends,
            last.limits if limits is None else limits,
        )
        return self._latest

    def _read_ends(self) -> Sequence[int]:
        """Of the steps that are over only the last is read again."""
        now = self._now()
        last = int(now.timestamp() // STEP)
        first = last - STEPS
        since = max(first, min(max(self._steps, default=first), last) - 1)
        kept = {step: self._steps.get(step, 0) for step in range(first, since)}
        self._steps = (
            kept | dict.fromkeys(range(since, last + 1), 0) | self._monitor.read(pulse.rates, since, now, STEP)
        )
        return [self._steps[step] for step in range(first, last)]
