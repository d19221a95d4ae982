"""The screens that there are, and which one this is."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static


class Tab(Static):
    """A screen's key and title; a click goes there."""

    def __init__(self, key: str, name: str, title: str) -> None:
        super().__init__()
        self._key, self._title = key, title
        self._place = name
        self.is_titled = True

    def render(self) -> Content:
        """The key, and where there is room, or this is the screen that is there, the title."""
        is_here = self.has_class("-here")
        is_short = not (self.is_titled or is_here)
        return Content.assemble((self._key, "" if is_here else "$text-muted"), "" if is_short else f" {self._title}")

    async def on_click(self) -> None:
        """Go to the screen."""
        await self.run_action(f"app.go('{self._place}')")


class Tabs(Horizontal):
    """One tab for each screen, given as its key, its name and its title."""

    def __init__(self, places: Iterable[tuple[str, str, str]]) -> None:
        super().__init__()
        self._places = tuple(places)

    def compose(self) -> ComposeResult:
        """The tabs in a line."""
        for key, name, title in self._places:
            yield Tab(key, name, title).add_class(f"-{name}")

    def mark(self, name: str) -> None:
        """Say which screen this is."""
        for each in self.query(Tab):
            each.set_class(each.has_class(f"-{name}"), "-here")
            each.refresh(layout=True)

    def fit(self, is_titled: bool) -> None:
        """There is room for the titles, or for the keys of the screens that are not there."""
        for each in self.query(Tab):
            each.is_titled = is_titled
            each.refresh(layout=True)


class SectionTab(Static):
    """A section's key and title; a click opens it."""

    def __init__(self, key: str, name: str, title: str) -> None:
        super().__init__()
        self._key, self._title = key, title
        self.place = name

    def render(self) -> Content:
        """The key, paler where the section is not the one that is open, and the title."""
        return Content.assemble((self._key, "" if self.has_class("-here") else "$text-muted"), f" {self._title}")

    async def on_click(self) -> None:
        """Open the section."""
        await self.run_action(f"screen.do('{self.place}')")
