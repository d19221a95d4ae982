"""What tasks wrote, as it is written, however much it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from ...core.errors import AqueError
from ...core.text import clean
from ..acts import search
from ..acts.save import SAVE
from ..base import CommandScreen
from ..commands import bindings, deed
from ..errands import errand, tell
from ..log import Log
from ..loglines import LogLine
from ..logrows import Face
from ..session import Session
from ..widgets.banner import Banner
from ..widgets.keybar import Keybar
from ..widgets.logview import LogView
from ..window import Reader

_STREAMS: Final = {"stdout and stderr": {0, 1, 2}, "stdout": {0, 1}, "stderr": {0, 2}}
MOST: Final = 20
"""Tasks of which the output is shown together."""

Read = tuple[Log, list[LogLine]]


def _nothing() -> None:
    """What is done after most reads."""


class LogScreen(CommandScreen):
    """The output of tasks from its end; read on each second, and in both directions where it is scrolled to."""

    commands = (
        deed("back", lambda screen: screen.leave(), "escape,backspace", "Back", "Back", "View", True),
        deed("follow", lambda screen: screen.follow(), "f", "Follow", "Go on with what is written", "Look", True),
        deed("streams", lambda screen: screen.turn(), "o", "Out/err", "Stdout, stderr, or both", "Look", True),
        deed("wrap", lambda screen: screen.flip("wraps"), "w", "Wrap", "Long lines in several rows", "Look", True),
        deed("times", lambda screen: screen.flip("times"), "t", "Times", "When each line came", "Look", True),
        *search.COMMANDS,
        deed("start", lambda screen: screen.jump(False), "home,g", "First", "To the beginning of all", "Move"),
        deed("end", lambda screen: screen.jump(True), "end,G", "Last", "To the end of all, and follow", "Move"),
        SAVE,
    )
    BINDINGS = bindings(commands)

    def __init__(self, session: Session, tasks: Sequence[int]) -> None:
        super().__init__(session)
        self.tasks = tuple(tasks)
        self.held = Log(Reader(session.broker))
        self.follows = True
        self._title = Static(id="title", markup=False)
        self._streams = list(_STREAMS)
        self.search = search.Search()
        self._is_reading = False
        self._next: tuple[Callable[[], Log | None], Callable[[], object]] | None = None

    def compose(self) -> ComposeResult:
        """What it is, trouble, the lines."""
        yield self._title
        yield Banner()
        yield LogView(Face(tags=len(self.tasks) > 1))
        yield Keybar()

    def on_mount(self) -> None:
        """Read now, and each second."""
        self.view.focus()
        self.say()
        self.read(lambda: Log.of(self.session.broker, self.tasks))
        self.set_interval(1.0, self._tick)

    @property
    def view(self) -> LogView:
        """The lines."""
        return self.query_one(LogView)

    def _tick(self) -> None:
        if self.follows and self.is_current:
            self.read(self.held.later)

    def read(self, move: Callable[[], Log | None], then: Callable[[], object] = _nothing) -> None:
        """Show another window; one is read at a time, and what was asked for last is read after it."""
        if self._is_reading:
            self._next = (move, then) if then is not _nothing else self._next
            return
        self._is_reading = True

        def work() -> Read | None:
            log = move()
            return (log, log.lines()) if log else None

        errand(self, work, lambda found: self._show(found, then), self._fail)

    def _show(self, found: Read | None, then: Callable[[], object]) -> None:
        self._is_reading = False
        self.query_one(Banner).warn("")
        if found and found[0].windows != self.held.windows:
            self.held = found[0]
            self.view.show(found[1], follow=self.follows)
        then()
        self.say()
        if self._next:
            asked, self._next = self._next, None
            self.read(*asked)
        elif not self.held.is_whole and (self.follows or self.view.is_short):
            self.read(self.held.later)
        elif self.held.has_before and (self.view.is_short or not self.view.scroll_offset.y):
            self.read(self.held.earlier)

    def _fail(self, error: AqueError) -> None:
        self._is_reading, self._next = False, None
        self.search.stop()
        self.query_one(Banner).warn(clean(str(error)))

    def on_sticky_edge(self, message: LogView.Edge) -> None:
        """Read on, where there is more; who goes up wants to stay there."""
        if not message.is_last:
            self.follows = False
            if self.held.has_before:
                self.read(self.held.earlier)
        elif not self.held.is_whole:
            self.read(self.held.later)
        self.say()

    def leave(self) -> None:
        """Stop the search that goes on, or else close."""
        if self.search.stop():
            tell(self, "the search was stopped")
        else:
            self.app.pop_screen()

    def on_unmount(self) -> None:
        """Nobody waits for what would be found."""
        self.search.stop()

    def follow(self) -> None:
        """Follow, or stop to."""
        if self.follows:
            self.follows = False
            self.say()
        else:
            self.jump(True)

    def jump(self, is_end: bool) -> None:
        """Go to the end of all there is, or to the beginning."""
        self.search.stop()
        self.follows = is_end
        self.view.mark = None
        there = partial(self.view.go, is_end)
        self.read((lambda: self.held.at_end().later()) if is_end else self.held.at_start, there)

    def turn(self) -> None:
        """The next choice of streams."""
        self.search.stop()
        self._streams = [*self._streams[1:], self._streams[0]]
        streams, follows = frozenset(_STREAMS[self._streams[0]]), self.follows
        self.view.look(streams=streams)
        self.say()

        def again() -> Log:
            log = self.held.of_streams(streams)
            return log.at_end() if follows else log

        self.read(again, self.say)

    def flip(self, name: str) -> None:
        """Have something in another way."""
        self.view.look(**{name: not getattr(self.view.face, name)})
        self.say()

    def say(self) -> None:
        """Tell in the title what is shown, and what goes on."""
        face = self.view.face
        one = self.held.windows[0].extent if len(self.held.windows) == 1 else None
        parts = (
            f"output of task {self.tasks[0]}" if len(self.tasks) == 1 else f"output of {len(self.tasks)} tasks",
            " ".join(map(str, self.session.work.jobs)),
            self._streams[0],
            *(word for word, holds in {"follow": self.follows, "wrap": face.wraps}.items() if holds),
            f"/ {clean(self.search.text)}" if self.search.text else "",
            place(self.held),
            f"attempt {one.attempt}, {one.state}" if one else "",
        )
        self._title.update(Content("  ·  ".join(filter(None, parts))))


_PLACES: Final = {
    (False, True): "all of it",
    (False, False): "its beginning",
    (True, True): "its end",
    (True, False): "a part of it",
}


def place(log: Log) -> str:
    """Which part of what there is is held."""
    if not log.total:
        return "nothing was written" if log.windows else "reading …"
    if len(log.windows) != 1 or (not log.has_before and log.is_whole):
        return _PLACES[log.has_before, log.is_whole]
    window = log.windows[0]
    return f"{window.first / log.total:.0%}-{min(1.0, window.next / log.total):.0%} of {log.total:,} pieces"
