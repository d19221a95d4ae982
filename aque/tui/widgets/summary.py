"""The head of a screen: the broker and the clock, the states with their counts, and the cpus."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from ...core.queries.lists import Farm
from ..states import counted
from ..vitals import Vitals
from .tabs import Tabs


class Summary(Vertical):
    """Two lines. What it shows is told to it in words; `tabs` are the screens' keys, names and titles."""

    def __init__(self, tabs: Iterable[tuple[str, str, str]]) -> None:
        super().__init__()
        self._tabs = tuple(tabs)

    def compose(self) -> ComposeResult:
        """Each line has a left and a right side."""
        with Horizontal():
            yield Static(Content.styled("aque", "bold $accent"), id="sign")
            yield Tabs(self._tabs)
            yield Static(id="place", markup=False)
            yield Static(id="clock", markup=False)
        with Horizontal():
            yield Static(id="counts", markup=False)
            yield Static(id="load", markup=False)

    def show_place(self, place: str, remark: str = "") -> None:
        """Name the broker, and what is special about this screen."""
        parts = ((f"{remark}  " if remark else "", "bold $warning"), (place, "$text-muted"))
        self.query_one("#place", Static).update(Content.assemble(*parts))

    def show_time(self, now: datetime) -> None:
        """Show a time to the second, as it is at this place."""
        self.query_one("#clock", Static).update(now.astimezone().strftime("%H:%M:%S"))

    def show_vitals(self, vitals: Vitals) -> None:
        """Show the sums."""
        self._show_counts(counted(vitals.counts))
        self.query_one("#load", Static).update(load(vitals.farm))

    def _show_counts(self, counts: Iterable[tuple[str, int, str]]) -> None:
        """Show words with their numbers, each in the colour of a style."""
        parts = [part for word, count, style in counts for part in ((f"{word} ", style), (f"{count:,}", "bold"), "  ")]
        self.query_one("#counts", Static).update(Content.assemble(*parts))


def load(farm: Farm) -> str:
    """What is in use of all that the workers have."""
    workers = "1 worker" if farm.workers == 1 else f"{farm.workers:,} workers"
    return f"cpus {farm.cpus_used:g}/{farm.cpus:g}  {workers}" if farm.workers else "no worker lives"
