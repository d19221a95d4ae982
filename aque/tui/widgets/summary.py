"""The head of a screen: the broker and the clock, the states with their counts, and the cpus."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static


class Summary(Vertical):
    """Two lines. What it shows is told to it in words."""

    def compose(self) -> ComposeResult:
        """Each line has a left and a right side."""
        with Horizontal():
            yield Static(id="place", markup=False)
            yield Static(id="clock", markup=False)
        with Horizontal():
            yield Static(id="counts", markup=False)
            yield Static(id="load", markup=False)

    def show_place(self, place: str, remark: str = "") -> None:
        """Name the broker, and what is special about this screen."""
        parts = (("aque", "bold $accent"), f"  {place}", (f"  {remark}" if remark else "", "bold $warning"))
        self.query_one("#place", Static).update(Content.assemble(*parts))

    def show_time(self, now: datetime) -> None:
        """Show a time to the second, as it is at this place."""
        self.query_one("#clock", Static).update(now.astimezone().strftime("%H:%M:%S"))

    def show_counts(self, counts: Iterable[tuple[str, int, str]]) -> None:
        """Show words with their numbers, each in the colour of a style."""
        parts = [part for word, count, style in counts for part in ((f"{word} ", style), (f"{count:,}", "bold"), "  ")]
        self.query_one("#counts", Static).update(Content.assemble(*parts))

    def show_load(self, text: str) -> None:
        """Show what is in use."""
        self.query_one("#load", Static).update(text)
