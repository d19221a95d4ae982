"""What tasks wrote, as it is written, however much it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from ...core.errors import AqueError
from ...core.text import clean
from ...core.units import show_memory
from ..commands import bindings, deed
from ..errands import errand, tell
from ..files import check_new
from ..log import Log, LogLine
from ..session import Session
from ..sought import Sought
from ..widgets.banner import Banner
from ..widgets.keybar import Keybar
from ..widgets.logview import Face, LogView
from ..window import Reader
from .ask import AskText
from .base import CommandScreen

_STREAMS: Final = {"stdout and stderr": {0, 1, 2}, "stdout": {0, 1}, "stderr": {0, 2}}
MOST: Final = 20
"""Tasks of which the output is shown together."""

Read = tuple[Log, list[LogLine]]


def _nothing() -> None:
    """What is done after most reads."""


class LogScreen(CommandScreen):
    """The output of tasks from its end; read on each second, and in both directions where it is scrolled to."""

    commands = (
        deed("back", lambda screen: screen.app.pop_screen(), "escape,backspace", "Back", "Back", "View", True),
        deed("follow", lambda screen: screen.follow(), "f", "Follow", "Go on with what is written", "Look", True),
        deed("streams", lambda screen: screen.turn(), "o", "Out/err", "Stdout, stderr, or both", "Look", True),
        deed("wrap", lambda screen: screen.flip("wraps"), "w", "Wrap", "Long lines in several rows", "Look", True),
        deed("times", lambda screen: screen.flip("times"), "t", "Times", "When each line came", "Look", True),
        deed("search", lambda screen: screen.ask(), "slash", "Search", "Go to a line with a text", "Find", True),
        deed("next", lambda screen: screen.seek(False), "n", "Next", "The next such line", "Find"),
        deed("previous", lambda screen: screen.seek(True), "N", "Previous", "The one before", "Find"),
        deed("start", lambda screen: screen.jump(False), "home,g", "First", "To the beginning of all", "Move"),
        deed("end", lambda screen: screen.jump(True), "end,G", "Last", "To the end of all, and follow", "Move"),
        deed("save", lambda it: it.save(), "ctrl+s", "Save", "Write all of it to a file", "Look", True, files=True),
    )
    BINDINGS = bindings(commands)

    def __init__(self, session: Session, tasks: Sequence[int]) -> None:
        super().__init__(session)
        self.tasks = tuple(tasks)
        self.held = Log(Reader(session.broker))
        self.follows = True
        self._streams = list(_STREAMS)
        self._sought = ""
        self._is_reading = False
        self._next: tuple[Callable[[], Log | None], Callable[[], object]] | None = None

    def compose(self) -> ComposeResult:
        """What it is, trouble, the lines."""
        yield Static(id="title", markup=False)
        yield Banner()
        yield LogView(Face(tags=len(self.tasks) > 1))
        yield Keybar()

    def on_mount(self) -> None:
        """Read now, and each second."""
        self.view.focus()
        self._say()
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
        self._say()
        if self._next:
            asked, self._next = self._next, None
            self.read(*asked)
        elif not self.held.is_whole and (self.follows or self.view.is_short):
            self.read(self.held.later)
        elif self.held.has_before and (self.view.is_short or not self.view.scroll_offset.y):
            self.read(self.held.earlier)

    def _fail(self, error: AqueError) -> None:
        self._is_reading, self._next = False, None
        self.query_one(Banner).warn(clean(str(error)))

    def on_log_view_edge(self, message: LogView.Edge) -> None:
        """Read on, where there is more; who goes up wants to stay there."""
        if not message.is_last:
            self.follows = False
            if self.held.has_before:
                self.read(self.held.earlier)
        elif not self.held.is_whole:
            self.read(self.held.later)
        self._say()

    def follow(self) -> None:
        """Follow, or stop to."""
        if self.follows:
            self.follows = False
            self._say()
        else:
            self.jump(True)

    def jump(self, is_end: bool) -> None:
        """Go to the end of all there is, or to the beginning."""
        self.follows = is_end
        self.view.mark = None
        go = self.view.scroll_end if is_end else self.view.scroll_home
        there = partial(go, animate=False, immediate=True, force=True)
        self.read((lambda: self.held.at_end().later()) if is_end else self.held.at_start, there)

    def turn(self) -> None:
        """The next choice of streams."""
        self._streams = [*self._streams[1:], self._streams[0]]
        streams, follows = frozenset(_STREAMS[self._streams[0]]), self.follows
        self.view.look(streams=streams)
        self._say()

        def again() -> Log:
            log = self.held.of_streams(streams)
            return log.at_end() if follows else log

        self.read(again, self._say)

    def flip(self, name: str) -> None:
        """Have something in another way."""
        self.view.look(**{name: not getattr(self.view.face, name)})
        self._say()

    def ask(self) -> None:
        """Ask what to look for."""
        hint = "small letters stand for large ones too; n and N go on"
        self.app.push_screen(AskText("Search for", self._sought, hint, str), self._take)

    def _take(self, text: str | None) -> None:
        if text:
            self._sought = text
            self.view.mark = None
            self.seek(False)

    def seek(self, backwards: bool) -> None:
        """Go to the next line with what is sought, wherever it is."""
        if not self._sought:
            self.ask()
            return
        sought = Sought(self._sought)
        self.follows = False
        if self.view.find(sought.is_in, backwards=backwards):
            self._say()
            return
        hits: list[LogLine] = []

        def look() -> Log | None:
            log = self.held
            with self.session.work.doing("searching", log.total) as advance:
                found = log.found(sought, backwards, advance)
            hits.extend([found[1]] if found else [])
            return found[0] if found else None

        def go() -> None:
            if not (hits and self.view.point(hits[0])):
                tell(self, f"no {'earlier' if backwards else 'further'} line with {self._sought}", "warning")

        self.read(look, go)

    def save(self) -> None:
        """Write all of it to a file."""
        name = f"task-{self.tasks[0]}.log" if len(self.tasks) == 1 else "tasks.log"
        question = AskText("Write to", name, "all that was written, as it came, to a new file", check_new)
        self.app.push_screen(question, self._save)

    def _save(self, name: str | None) -> None:
        if name:
            path = Path(name).expanduser()
            errand(
                self, lambda: self.held.save(path), lambda size: tell(self, f"{show_memory(size)} written to {path}")
            )

    def _say(self) -> None:
        face = self.view.face
        one = self.held.windows[0].extent if len(self.held.windows) == 1 else None
        parts = (
            f"output of task {self.tasks[0]}" if len(self.tasks) == 1 else f"output of {len(self.tasks)} tasks",
            place(self.held),
            f"attempt {one.attempt}, {one.state}" if one else "",
            self._streams[0],
            *(word for word, holds in {"follow": self.follows, "wrap": face.wraps}.items() if holds),
            f"/ {clean(self._sought)}" if self._sought else "",
            " ".join(map(str, self.session.work.jobs)),
        )
        self.query_one("#title", Static).update(Content("  ·  ".join(filter(None, parts))))


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
