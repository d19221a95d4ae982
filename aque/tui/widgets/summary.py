"""The head of a screen: the broker and the clock, the states with their counts, and the cpus."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from ...core.queries.pulse import Use
from ...core.text import clean, count
from ...core.units import show_memory
from .. import headroom
from ..bars import bar, sparkline
from ..states import counted
from ..vitals import STEP, Vitals
from .tabs import Tabs
from .words import Words

_BAR: Final = 6  # cells
_SPARK: Final = 6  # steps to be seen
_LATE: Final = 2  # steps that tell the pace


class Summary(Vertical):
    """Two lines. What it shows is told to it in words; `tabs` are the screens' keys, names and titles."""

    def __init__(self, tabs: Iterable[tuple[str, str, str]]) -> None:
        super().__init__()
        self._tabs = tuple(tabs)
        self._place = self._remark = ""
        self._vitals: Vitals | None = None

    def compose(self) -> ComposeResult:
        """Each line has a left and a right side."""
        with Horizontal():
            yield Static(Content.styled("aque", "bold $accent"), id="sign")
            yield Tabs(self._tabs)
            yield Words(id="remark")
            yield Words(id="place")
            yield Words(id="clock")
        with Horizontal():
            yield Words(id="counts")
            yield Words(id="load")

    def show_place(self, place: str, remark: str = "") -> None:
        """Name the broker, and what is special about this screen."""
        self._tell("remark", Content.styled(remark, "bold $warning"))
        self._place, self._remark = place, remark
        self._fit()

    def show_time(self, now: datetime) -> None:
        """Show a time to the second, as it is at this place."""
        self._tell("clock", Content(now.astimezone().strftime("%H:%M:%S")))

    def show_vitals(self, vitals: Vitals) -> None:
        """Show the sums: of what is in use as much as there is room for beside the counts."""
        self._vitals = vitals
        counts = [
            part
            for word, count, style in counted(vitals.counts)
            for part in ((f"{word} ", style), (f"{count:,}", "bold"), "  ")
        ]
        told = Content.assemble(*counts)
        self._tell("counts", told)
        self._tell("load", Content("   ".join(load(vitals, self.size.width - 4 - told.cell_length))))

    def _tell(self, name: str, content: Content) -> None:
        self.query_one(f"#{name}", Words).tell(content)

    def on_resize(self) -> None:
        """There is more room, or less."""
        self._fit()
        if self._vitals:
            self.show_vitals(self._vitals)

    def _fit(self) -> None:
        """Where there is little room beside what must be read tabs are keys."""
        tabs = [f"{key} {title}" for key, _, title in self._tabs]
        width = self.size.width or self.app.size.width
        look, place = headroom.chosen(width, tabs, self._place, self._remark)
        self._tell("place", Content.styled(place, "$text-muted"))
        if not self.has_class(f"-{look.name}"):
            for each in headroom.LOOKS:
                self.set_class(each is look, f"-{each.name}")
            self.query_one(Tabs).fit(look.has_titles)


def load(vitals: Vitals, room: int) -> list[str]:
    """What is in use, how much ends, and the limits, as far as there is room."""
    parts = [each for each in _parts(vitals) if each]
    while len(parts) > 1 and sum(map(len, parts)) + 3 * (len(parts) - 1) > room:
        parts.pop(0)
    return parts


def _parts(vitals: Vitals) -> Iterable[str]:
    """The one that matters most is the last."""
    farm = vitals.farm
    if not farm.workers:
        return [_limits(vitals.limits), _rate(vitals.ends), "no worker lives"]
    amounts = f"{show_memory(farm.memory_used)}/{show_memory(farm.memory)}"
    memory = f"mem {bar(farm.memory_used / max(1, farm.memory), _BAR)} {amounts}"
    workers = count(farm.workers, "worker")
    cpus = f"cpu {bar(farm.cpus_used / max(0.01, farm.cpus), _BAR)} {farm.cpus_used:g}/{farm.cpus:g}"
    return [_limits(vitals.limits), workers, memory, _rate(vitals.ends), cpus]


def _rate(ends: Sequence[int]) -> str:
    """How many runs ended of late, and in a second."""
    rate = sum(ends[-_LATE:]) / STEP / _LATE
    return f"{sparkline(ends, _SPARK)} {rate:.{0 if rate >= 9.95 else 1}f}/s" if any(ends) else ""


def _limits(limits: Sequence[Use]) -> str:
    """The limit that is the fullest, and how many others are in use."""
    used = sorted((each for each in limits if each.used), key=lambda each: -each.used / max(1, each.size))
    more = f" +{len(used) - 1}" if len(used) > 1 else ""
    return f"limit {clean(used[0].name)} {used[0].used}/{used[0].size}{more}" if used else ""
