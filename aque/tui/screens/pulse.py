"""The last hour: what ended, how long it waited, what failed, and what the farm had to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from textual.app import ComposeResult
from textual.containers import Vertical

from ...core.units import show_duration
from ..commands import bindings
from ..feed import Picture
from ..pulse import STEP, STEPS, Beat, Pulse
from ..widgets.chart import Chart, TimeAxis
from .groups import speed
from .place import PlaceScreen


@dataclass(frozen=True, slots=True)
class Curve:
    """A chart: what it shows of a step, and in which words."""

    name: str
    title: str
    style: str
    value: Callable[[Beat], float | None]
    told: Callable[[float], str]


def _amount(value: float) -> str:
    return f"{value:,.0f}" if value >= 9.95 else f"{value:.1f}"


CURVES: Final = (
    Curve("ends", "THROUGHPUT", "$success", lambda beat: beat.rate, speed),
    Curve("waits", "WAITING", "$primary-lighten-2", lambda beat: beat.wait, show_duration),
    Curve("failures", "FAILURES", "$error-lighten-1", lambda beat: beat.failures, speed),
    Curve("cpus", "CPUS IN USE", "$accent", lambda beat: beat.cpus, _amount),
)


class Charts(Vertical):
    """All curves, over one axis of time."""

    def compose(self) -> ComposeResult:
        """One below the other."""
        for each in CURVES:
            yield Chart(each.title, each.style, each.told, id=each.name)
        yield TimeAxis(int(STEP * STEPS / 60))


class PulseScreen(PlaceScreen):
    """Charts of the last hour."""

    commands = PlaceScreen.commands
    BINDINGS = bindings(commands)
    first_rows: ClassVar[int] = STEPS

    def source(self) -> Pulse:
        """The last hour."""
        return Pulse(self.session.feeder.monitor, self.session.now)

    def body(self) -> Charts:
        """The charts."""
        return Charts()

    def paint(self, picture: Picture[Any]) -> None:
        """Show the steps, the oldest on the left, with gaps for those that are not read yet."""
        found: list[Beat | None] = [None] * STEPS
        for place, key in enumerate(sorted(picture.rows, reverse=True)[:STEPS]):
            found[STEPS - 1 - place] = picture.rows[key]
        for curve in CURVES:
            values = [None if beat is None else curve.value(beat) for beat in found]
            self.query_one(f"#{curve.name}", Chart).show(values, " · ".join(self._told(curve, values, found)))

    def _told(self, curve: Curve, values: Sequence[float | None], beats: Sequence[Beat | None]) -> Iterator[str]:
        """The numbers beside a title."""
        known = [each for each in values if each is not None]
        known_beats = [each for each in beats if each is not None]
        if not any(known):
            yield "none in this hour"
            return
        yield f"now {curve.told(values[-1]) if values[-1] else '-'}"
        yield f"most {curve.told(max(known))}"
        yield from _REMARKS[curve.name](known_beats)


_REMARKS: Final[dict[str, Callable[[Sequence[Beat]], Iterator[str]]]] = {
    "ends": lambda beats: iter([f"{sum(each.ends for each in beats):,} in this hour"]),
    "waits": lambda beats: iter([f"mean {show_duration(_mean_wait(beats))}"]),
    "failures": lambda beats: iter([_failures(beats)]),
    "cpus": lambda beats: iter([f"running {_amount(beats[-1].running)}"]),
}


def _mean_wait(beats: Sequence[Beat]) -> float:
    ends = sum(each.ends for each in beats)
    return sum((each.wait or 0.0) * each.ends for each in beats) / max(1, ends)


def _failures(beats: Sequence[Beat]) -> str:
    ends, failed = sum(each.ends for each in beats), sum(each.failed for each in beats)
    return f"{failed:,} in this hour, {100 * failed / max(1, ends):.1f}% of what ended"
