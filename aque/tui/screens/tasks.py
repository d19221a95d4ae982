"""The list of tasks."""

from __future__ import annotations

from ...core.rows import TaskRow
from ..commands import Command, bindings
from ..listing import COLUMNS, row
from ..roll import TaskSource
from ..widgets.column import Row
from ..widgets.tasktable import TaskTable
from .kill import kill
from .list import ListScreen
from .task import TaskScreen


class TasksScreen(ListScreen):
    """The tasks of the session's scope."""

    commands = (
        Command("detail", "enter,o", "Detail", "Show the task and what it wrote", "Look", footer=True),
        Command("kill", "f9,x", "Kill", "Stop the task; shows first whom it hits", "Act", footer=True, changes=True),
        Command("invert", "I", "Invert", "The opposite order", "Shape", footer=True),
        *ListScreen.commands,
    )
    BINDINGS = bindings(commands)
    remark = "no tasks yet: try `aque submit echo hello`"

    def source(self) -> TaskSource:
        """The tasks of the scope, in its order."""
        return TaskSource(self.session.feeder.monitor, self.session.scope.selection, self.session.scope.sort)

    def make_table(self) -> TaskTable:
        """A table of tasks."""
        return TaskTable(COLUMNS)

    def row(self, key: int, thing: TaskRow) -> Row:
        """The line of a task."""
        del key
        return row(thing, self.time)

    def on_lines_chosen(self) -> None:
        """A double click is as good as Enter."""
        self.action_detail()

    def action_detail(self) -> None:
        """Open the task under the cursor."""
        if (task := self.table.cursor_key) is not None:
            self.app.push_screen(TaskScreen(self.session, task))

    def action_kill(self) -> None:
        """Stop the task under the cursor, after a question."""
        if (task := self.table.cursor_key) is not None:
            kill(self, self.session, task)

    def action_invert(self) -> None:
        """Turn the order."""
        self.table.hold()
        self.session.scope = self.session.scope.inverted()
        self.renew()
