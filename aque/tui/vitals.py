"""The sums that stand in the head of every screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..core.monitor import Monitor
from ..core.queries.lists import Farm
from ..core.states import State
from .pace import Paced


@dataclass(frozen=True, slots=True)
class Vitals:
    """How many tasks are in each state, and what the living workers have together."""

    counts: Mapping[State, int] = field(default_factory=dict)
    farm: Farm = field(default_factory=lambda: Farm(0, 0.0, 0.0, 0, 0))


class VitalSigns:
    """Reads them: the counts, which are dear, only now and then."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor
        self._counts = Paced(monitor.counts)
        self._latest = Vitals()

    def latest(self) -> Vitals:
        """The sums as they were read last."""
        return self._latest

    def refresh(self) -> Vitals:
        """The sums as they are now."""
        counts = self._counts()
        self._latest = Vitals(self._latest.counts if counts is None else counts, self._monitor.farm())
        return self._latest
