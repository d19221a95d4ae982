"""Looking for a text in output: among the lines that are held at once, and then, on a thread, in all that there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Final, Protocol

from ..commands import Command, deed
from ..dialogs.ask import AskText
from ..errands import tell
from ..log import Log
from ..loglines import LogLine
from ..sought import Sought
from ..stage import Stage
from ..widgets.logview import LogView


@dataclass
class Search:
    """What is looked for, and how to end it while that goes on."""

    text: str = ""
    _stop: Event | None = None

    def begin(self) -> Callable[[], bool]:
        """A new search is on; gives what tells whether it still is."""
        self.stop()
        stop = self._stop = Event()
        return lambda: not stop.is_set()

    def stop(self) -> bool:
        """End it; whether there was one."""
        stop, self._stop = self._stop, None
        if stop:
            stop.set()
        return stop is not None


class Searched(Stage, Protocol):
    """A screen of output in which something is looked for."""

    follows: bool

    @property
    def search(self) -> Search:
        """What is looked for."""

    @property
    def held(self) -> Log:
        """What is held of all that was written."""

    @property
    def view(self) -> LogView:
        """What shows it."""

    def read(self, move: Callable[[], Log | None], then: Callable[[], object]) -> None:
        """Show another window, and then do something."""

    def say(self) -> None:
        """Tell what is shown."""


def ask(screen: Searched) -> None:
    """Ask what to look for."""

    def take(text: str | None) -> None:
        if text:
            screen.search.text = text
            screen.view.mark = None
            seek(screen, False)

    hint = "small letters stand for large ones too; n and N go on"
    screen.app.push_screen(AskText("Search for", screen.search.text, hint, str), take)


def seek(screen: Searched, backwards: bool) -> None:
    """Go to the next line with what is sought, wherever it is."""
    screen.search.stop()
    if not screen.search.text:
        ask(screen)
        return
    sought = Sought(screen.search.text)
    screen.follows = False
    if screen.view.find(sought.is_in, backwards=backwards):
        screen.say()
    else:
        _seek_beyond(screen, sought, backwards)


def _seek_beyond(screen: Searched, sought: Sought, backwards: bool) -> None:
    goes_on = screen.search.begin()
    hits: list[LogLine] = []

    def look() -> Log | None:
        log = screen.held
        with screen.session.work.doing("searching", log.total) as advance:

            def go_on(pieces: int) -> bool:
                advance(pieces)
                return goes_on()

            found = log.found(sought, backwards, go_on)
        hits.extend([found[1]] if found else [])
        return found[0] if found else None

    def go() -> None:
        if goes_on():
            screen.search.stop()
            if not (hits and screen.view.point(hits[0])):
                tell(screen, f"no {'earlier' if backwards else 'further'} line with {sought.text}", "warning")

    screen.read(look, go)


COMMANDS: Final[tuple[Command, ...]] = (
    deed("search", ask, "slash", "Search", "Go to a line with a text; Esc stops it", "Find", True),
    deed("next", lambda screen: seek(screen, False), "n", "Next", "The next such line", "Find"),
    deed("previous", lambda screen: seek(screen, True), "N", "Previous", "The one before", "Find"),
)
