"""What screens with lists of tasks have: columns, marks, and whom the verbs are for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...core.text import clean
from ..acts import give, marking, narrow, shape, steer
from ..commands import bindings
from ..errands import tell
from ..listing import chosen, row
from ..marks import Marks
from ..session import Session
from ..whom import Whom
from ..widgets.column import Column, Row
from ..widgets.status import Status
from ..widgets.tasktable import TaskTable
from . import look
from .list import ListScreen
from .scoped import ScopedScreen


class TaskListScreen(ScopedScreen):
    """Tasks of the session's scope. What it can do stands in `acts`."""

    commands = (
        *look.COMMANDS,
        *marking.COMMANDS,
        *steer.COMMANDS,
        *narrow.COMMANDS,
        *shape.COMMANDS,
        *give.COMMANDS,
        *ListScreen.commands,
    )
    BINDINGS = bindings(commands)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that were chosen."""
        return chosen(self.session.columns or self.session.memory.columns)

    @property
    def remark(self) -> str:
        """What stands where no task is."""
        return "no task matches" if self.session.scope.text else "no tasks yet: try `aque submit echo hello`"

    def make_table(self) -> TaskTable:
        """A table of tasks."""
        return TaskTable(self.columns)

    def row(self, key: int, thing: Any) -> Row:
        """The line of a task."""
        del key
        return row(thing, self.time, self.columns, self.session.marks.has(thing, self.time))

    def whom(self) -> Whom | None:
        """Whom a verb is for."""
        if self.session.marks:
            return Whom(marks=self.session.marks)
        if not self.is_answered:
            tell(self, "the list is being read: nothing is done yet", "warning")
            return None
        return None if self.task_id is None else Whom(self.task_id)

    def mark(self, marks: Marks) -> None:
        """Mark these, and no others."""
        self.session.marks = marks
        self.show()

    def on_lines_chosen(self) -> None:
        """A double click is as good as Enter."""
        look.open_detail(self)

    def show(self) -> None:
        """With the columns, and the line below."""
        first = self.session.scope.sort[0]
        self.table.show_columns(self.columns, (first.field.name, first.is_descending))
        super().show()
        self.query_one(Status).report(told(self.session, len(self.table.keys)))


def told(session: Session, count: int) -> Sequence[tuple[str, str]]:
    """The filter, and how many match it; what is marked; what is being done."""
    scope, marks = session.scope, session.marks
    return (
        (f"/ {clean(scope.text)}" if scope.text else "", "bold $accent"),
        (f"{count:,} match" if scope.text else "", "$text-muted"),
        (f"● marked: {marks}" if marks else "", "bold $accent"),
        (" · ".join(map(str, session.work.jobs)), "bold $warning"),
    )
