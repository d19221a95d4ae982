"""One task: what is known of it, and what it wrote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Footer, Static

from ...core.errors import AqueError
from ...core.queries.output import OutputPiece
from ...core.rows import TaskRow
from ...core.states import State
from ...core.text import clean
from ..commands import Command, bindings
from ..errands import errand
from ..facts import facts
from ..session import Session
from ..states import STYLES
from ..transcript import Transcript
from ..whom import Whom
from ..widgets.banner import Banner
from ..widgets.pager import Pager
from .base import CommandScreen
from .kill import kill

_FACT: Final = "$foreground-darken-3"


class TaskScreen(CommandScreen):
    """A task in detail, read anew each second."""

    commands = (
        Command("app.pop_screen", "escape,backspace", "Back", "Back to the list", "View", footer=True),
        Command("kill", "f9,x", "Kill", "Stop the task; shows first whom it hits", "Act", footer=True, changes=True),
    )
    BINDINGS = bindings(commands)

    def __init__(self, session: Session, task: int) -> None:
        super().__init__(session)
        self.task_id = task
        self._attempt = -1
        self._is_reading = False
        self._transcript = Transcript()

    def compose(self) -> ComposeResult:
        """Facts above, output below."""
        yield Static(Content(f"task {self.task_id}"), id="title")
        yield Banner()
        yield Static(id="facts", markup=False)
        yield Pager()
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Read now and each second."""
        self.query_one(Pager).focus()
        self.set_interval(1.0, self._read)
        self._read()

    def action_kill(self) -> None:
        """Stop the task, after a question."""
        kill(self, self.session, Whom(self.task_id))

    def _read(self) -> None:
        if self._is_reading:
            return
        self._is_reading = True
        attempt, since = self._attempt, self._transcript.next_seq
        errand(self, lambda: self._look(attempt, since), self._show, self._fail)

    def _look(self, attempt: int, since: int) -> tuple[TaskRow, Sequence[OutputPiece]]:
        row = self.session.broker.tasks([self.task_id])[0]
        is_known = row.attempt == attempt
        return row, self.session.broker.output(row.id, since) if is_known else self.session.monitor.tail(row.id)

    def _show(self, seen: tuple[TaskRow, Sequence[OutputPiece]]) -> None:
        row, pieces = seen
        self._is_reading = False
        self.query_one(Banner).tell("")
        self._show_facts(row)
        if (is_new := row.attempt != self._attempt) or pieces:
            self._show_output(pieces, is_new)
        self._attempt = row.attempt

    def _show_facts(self, row: TaskRow) -> None:
        title = Content.assemble((f"task {row.id}  ", "bold"), (row.state, STYLES[State(row.state)]))
        self.query_one("#title", Static).update(title)
        parts = [part for name, value in facts(row) for part in ((f"{name:<11}", _FACT), f"{value}\n")]
        self.query_one("#facts", Static).update(Content.assemble(*parts).rstrip())

    def _show_output(self, pieces: Sequence[OutputPiece], is_new: bool) -> None:
        if is_new:
            self._transcript = Transcript()
        self._transcript.add(pieces)
        self.query_one(Pager).show(self._transcript.lines, is_new)

    def _fail(self, error: AqueError) -> None:
        self._is_reading = False
        self.query_one(Banner).tell(clean(str(error)))
