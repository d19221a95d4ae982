"""The list of all tasks."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, Final

from textual.app import ComposeResult
from textual.widgets import Footer

from ...core.monitor import Monitor
from ...core.queries.lists import Farm
from ...core.text import clean
from ..commands import Command, bindings
from ..feed import Feeder, Lost, Picture, Seen
from ..health import Health
from ..listing import COLUMNS, row
from ..mailbox import Wish
from ..session import Session
from ..states import counted
from ..widgets.banner import Banner
from ..widgets.summary import Summary
from ..widgets.tasktable import TaskTable
from ..widgets.vtable import VTable
from .base import CommandScreen
from .kill import kill
from .task import TaskScreen

_FIRST_ROWS: Final = 100


class TasksScreen(CommandScreen):
    """All tasks, the newest first or by id, under a summary; it lives through any loss of the broker."""

    commands = (
        Command("detail", "enter,o", "Detail", "Show the task and what it wrote", "Look", footer=True),
        Command("kill", "f9,x", "Kill", "Stop the task; shows first whom it hits", "Act", footer=True, changes=True),
        Command("invert", "I", "Invert", "Newest first, or by id", "Shape", footer=True),
        Command("freeze", "Z", "Freeze", "Hold the picture still, and let it go on", "View", footer=True),
    )
    BINDINGS = bindings(commands)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.drawn = asyncio.Event()
        """Set as soon as there is something to see, be it trouble."""
        self._feeder = Feeder(Monitor(session.broker), self.post_message)
        self.health = Health(self._feeder.silence)
        self._picture: Picture | None = None
        self._time = session.now()
        self._wish = Wish(_FIRST_ROWS)

    def compose(self) -> ComposeResult:
        """Summary, banner, table, footer."""
        yield Summary()
        yield Banner()
        yield TaskTable(COLUMNS)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Start to be fed."""
        self._feeder.start()
        self._ask()
        self.set_interval(1.0, self._tick)
        self._tick()

    def on_unmount(self) -> None:
        """End quickly, whatever is being read."""
        self._feeder.stop()

    def on_seen(self, message: Seen) -> None:
        """Show a new picture."""
        self.health.find()
        self._picture = message.picture
        table = self.query_one(TaskTable)
        table.remark = "no tasks yet: try `aque submit echo hello`"
        table.reorder(message.picture.keys)
        self._tick()
        self.drawn.set()

    def on_lost(self, message: Lost) -> None:
        """Keep what is there, dimmed, and count to the next try."""
        self.health.lose(message)
        self._tick()
        self.drawn.set()

    def on_vtable_want(self, message: VTable.Want) -> None:
        """Have rows read."""
        self._ask(count=message.count, anchor=message.key)

    def on_lines_chosen(self) -> None:
        """A double click is as good as Enter."""
        self.action_detail()

    def action_detail(self) -> None:
        """Open the task under the cursor."""
        if (task := self.query_one(TaskTable).cursor_key) is not None:
            self.app.push_screen(TaskScreen(self.session, task))

    def action_kill(self) -> None:
        """Stop the task under the cursor, after a question."""
        if (task := self.query_one(TaskTable).cursor_key) is not None:
            kill(self, self.session, task)

    def action_invert(self) -> None:
        """Turn the order."""
        self._ask(newest_first=not self._wish.newest_first)

    def action_freeze(self) -> None:
        """Hold the picture still, or let it go on."""
        self._ask(frozen=not self._wish.frozen)

    def _ask(self, **changes: Any) -> None:
        self._wish = replace(self._wish, **changes)
        self._feeder.wish(self._wish)
        remarks = {"frozen": self._wish.frozen, "read-only": self.session.read_only}
        remark = " ".join(word for word, is_so in remarks.items() if is_so)
        self.query_one(Summary).show_place(clean(self.session.place), remark)

    def _tick(self) -> None:
        now, trouble = self.session.now(), self.health.trouble()
        for each in (self, self.query_one(TaskTable)):
            each.set_class(bool(trouble), "-stale")
        self.query_one(Banner).tell(trouble)
        self.query_one(Summary).show_time(now)
        if not (trouble or self._wish.frozen):
            self._time = now
        if self._picture:
            self._show(self._picture)

    def _show(self, picture: Picture) -> None:
        summary = self.query_one(Summary)
        summary.show_counts(counted(picture.counts))
        summary.show_load(load(picture.farm))
        rows = {key: row(task, self._time) if task else None for key, task in picture.rows.items()}
        self.query_one(TaskTable).feed(rows)


def load(farm: Farm) -> str:
    """What is in use of all that the workers have."""
    workers = "1 worker" if farm.workers == 1 else f"{farm.workers:,} workers"
    return f"cpus {farm.cpus_used:g}/{farm.cpus:g}  {workers}" if farm.workers else "no worker lives"
