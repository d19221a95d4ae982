"""One task: what is known of it, in sections, and what it wrote."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import ContentSwitcher, Static

from ...core.errors import AqueError, TaskNotFound
from ...core.queries.detail import detail
from ...core.rows import TaskRow
from ...core.states import State
from ...core.text import clean
from ..acts import give, steer
from ..acts.back import UNDO
from ..acts.stop import stop
from ..base import CommandScreen
from ..commands import bindings, deed
from ..detail import SECTIONS, Known, Section, links
from ..errands import errand, tell
from ..log import Log
from ..loglines import LogLine
from ..logrows import Face
from ..pace import Paced
from ..session import Session
from ..states import STYLES
from ..whom import Whom
from ..widgets.banner import Banner
from ..widgets.keybar import Keybar
from ..widgets.links import Links
from ..widgets.logview import LogView
from ..widgets.tabs import SectionTab
from ..window import Reader
from .log import LogScreen

_BY_NAME: Final = {each.name: each for each in SECTIONS}


@dataclass(frozen=True, slots=True)
class Read:
    """What one look has found: `known` None where it was read a moment ago and is dear."""

    known: Known | None
    log: Log
    lines: list[LogLine]


def _open(screen: TaskScreen, name: str) -> None:
    screen.open(name)


def _step(screen: TaskScreen, count: int) -> None:
    screen.open(SECTIONS[(SECTIONS.index(screen.section) + count) % len(SECTIONS)].name)


def _open_log(screen: TaskScreen) -> None:
    screen.app.push_screen(LogScreen(screen.session, [screen.task_id]))


def _reveal(screen: TaskScreen) -> None:
    """Show the values of its variables, or hide them again: they may be secret."""
    screen.is_revealed = not screen.is_revealed
    screen.open("environ")
    screen.hurry()


class TaskScreen(CommandScreen):
    """A task in detail, read anew each second while it is seen; the verbs are there as in lists."""

    commands = (
        deed("back", lambda screen: screen.app.pop_screen(), "escape,backspace", "Back", "Back", "View", True),
        deed("next_section", partial(_step, count=1), "tab", "Next", "The next section", "View", True),
        deed("last_section", partial(_step, count=-1), "shift+tab", "Previous", "The one before", "View"),
        *(
            deed(
                each.name,
                partial(_open, name=each.name),
                each.key,
                each.title,
                each.help,
                "Look",
            )
            for each in SECTIONS
        ),
        deed("log", _open_log, "o", "Log", "All that it wrote", "Look", True),
        deed("reveal", _reveal, "v", "Values", "Show the values of its variables", "Look", changes=True),
        *give.COPIES,
        deed("kill", stop, "f9,x", "Kill", "Stop the task, after a question", "Act", True, True),
        *steer.COMMANDS,
        UNDO,
    )
    BINDINGS = bindings(commands)

    def __init__(self, session: Session, task: int, section: str = "info") -> None:
        super().__init__(session)
        self.task_id = task
        self.section: Section = _BY_NAME[section]
        self.known: Known | None = None
        self._log = Log(Reader(session.broker))
        self._detail = Paced(self._read_detail)
        self._is_reading = self.is_revealed = False

    def compose(self) -> ComposeResult:
        """A title, the sections, the one that is open."""
        yield Static(Content(f"task {self.task_id}"), id="title")
        with Horizontal(id="sections"):
            yield from (SectionTab(each.key, each.name, each.title) for each in SECTIONS)
        yield Banner()
        with ContentSwitcher(initial="text"):
            with VerticalScroll(id="text"):
                yield Static(id="told", markup=False)
            yield LogView(Face(), id="log")
            yield Links(id="links")
        yield Keybar()

    def on_mount(self) -> None:
        """Read now and each second."""
        self.open(self.section.name)
        self.set_interval(1.0, self._tick)
        self.read()

    def open(self, name: str) -> None:
        """Show a section."""
        self.section = _BY_NAME[name]
        place = "text" if self.section.tell else {"tail": "log"}.get(name, name)
        switcher = self.query_one(ContentSwitcher)
        switcher.current = place
        self.set_focus(switcher.query_one(f"#{place}"))
        for each in self.query(SectionTab):
            each.set_class(each.place == name, "-here")
        self._tell()

    @property
    def here(self) -> TaskRow | None:
        """The task, as it was read last."""
        return self.known.detail.row if self.known else None

    def whom(self) -> Whom:
        """The verbs are for this task alone."""
        return Whom(self.task_id)

    def hurry(self) -> None:
        """Read again now: something was done."""
        self._detail.expire()
        self.read()

    def on_links_chosen(self, message: Links.Chosen) -> None:
        """Open the task of a link."""
        if message.task != self.task_id:
            self.app.push_screen(TaskScreen(self.session, message.task, "links"))

    def _tick(self) -> None:
        if self.is_current:
            self.read()

    def read(self) -> None:
        """Read what is new; one look at a time."""
        if not self._is_reading:
            self._is_reading = True
            errand(self, self._look, self._show, self._fail)

    def _look(self) -> Read:
        known = self._detail()
        log = self._log.later() if self._log.windows else Log.of(self.session.broker, [self.task_id])
        return Read(known, log, log.lines() if log.windows != self._log.windows else [])

    def _read_detail(self) -> Known:
        now = self.session.now()
        found = self.session.broker.read(detail, [self.task_id], now, environ=self.is_revealed)
        if not found:
            raise TaskNotFound(self.task_id)
        why = self.session.monitor.why([self.task_id])
        return Known(found[0], why[0] if why else None, now, self.is_revealed)

    def _show(self, seen: Read) -> None:
        self._is_reading = False
        self.query_one(Banner).warn("")
        if seen.known:
            self.known = seen.known
            self._tell()
        if seen.log.windows != self._log.windows:
            if [each.extent.state for each in seen.log.windows] != [each.extent.state for each in self._log.windows]:
                self._detail.expire()
            view = self.query_one(LogView)
            view.show(seen.lines, follow=view.is_at_end)
        self._log = seen.log

    def _tell(self) -> None:
        if self.known is None:
            return
        row = self.known.detail.row
        title = Content.assemble(
            (f"task {row.id}  ", "bold"), (row.state, STYLES[State(row.state)]), f"  {clean(row.name)}"
        )
        self.query_one("#title", Static).update(title)
        if self.section.tell:
            self.query_one("#told", Static).update(self.section.tell(self.known))
        self.query_one(Links).show(list(links(self.known.detail)), self.task_id)

    def _fail(self, error: AqueError) -> None:
        self._is_reading = False
        self.query_one(Banner).warn(clean(str(error)))
        if isinstance(error, TaskNotFound) and self.is_current:
            tell(self, f"task {self.task_id} is gone", "warning")
