"""What screens with lists of tasks have: the filter, marks, and the verbs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from textual.widget import Widget

from ...core.rows import TaskRow
from ...core.text import clean
from ..acts import give, look, marking, narrow, shape, steer
from ..commands import bindings
from ..errands import errand, tell
from ..listing import chosen, row
from ..marks import Marks
from ..scope import Scope
from ..session import Session
from ..whom import Whom
from ..widgets.column import Column, Row
from ..widgets.filterbar import FilterBar
from ..widgets.status import Status
from ..widgets.tasktable import TaskTable
from ..widgets.vtable import VTable
from .list import ListScreen
from .task import TaskScreen

_PURPOSES: Final = {narrow.FILTER: narrow.narrow, narrow.FIND: narrow.seek}


class TaskListScreen(ListScreen):
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

    def __init__(self, session: Session) -> None:
        self._scope: Scope = session.scope  # that of the source
        super().__init__(session)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that were chosen."""
        return chosen(self.session.columns or self.session.memory.columns)

    @property
    def remark(self) -> str:
        """What stands where no task is."""
        return "no task matches" if self.session.scope.text else "no tasks yet: try `aque submit echo hello`"

    @property
    def task_id(self) -> int | None:
        """The task under the cursor."""
        return self.table.cursor_key

    @property
    def here(self) -> TaskRow | None:
        """It, as it was read last."""
        thing: TaskRow | None = self.thing(self.task_id)
        return thing

    def make_table(self) -> TaskTable:
        """A table of tasks."""
        return TaskTable(self.columns)

    def bars(self) -> Sequence[Widget]:
        """What is being done, and where a filter is written."""
        return Status(), FilterBar()

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

    def rescope(self, scope: Scope) -> None:
        """Show what another filter gives, or the same in another order."""
        self.session.scope = self._scope = scope
        self.renew()
        self.show()

    def resume(self) -> None:
        """Another screen may have changed the scope."""
        if self._scope is self.session.scope:
            super().resume()
        else:
            self.rescope(self.session.scope)

    def go_to(self, task: int) -> None:
        """Move the cursor to a task, or open it where it is not in the list."""
        keys = self.table.keys
        place = keys.find(task, self.table.cursor)
        if place < len(keys) and keys[place] == task:
            self.table.go(place)
        else:
            errand(self, lambda: self.session.broker.require([task]), lambda _: self._open(task))

    def _open(self, task: int) -> None:
        tell(self, f"task {task} is not in this list")
        self.app.push_screen(TaskScreen(self.session, task))

    def on_lines_chosen(self) -> None:
        """A double click is as good as Enter."""
        look.open_detail(self)

    def on_vtable_sorted(self, message: VTable.Sorted) -> None:
        """A heading was clicked."""
        shape.order_by(self, message.name)

    def on_filter_bar_typed(self, message: FilterBar.Typed) -> None:
        """A filter takes hold while it is written; what is sought does not."""
        if message.purpose == narrow.FILTER:
            narrow.narrow(self, message.text)

    def on_filter_bar_entered(self, message: FilterBar.Entered) -> None:
        """It is meant."""
        _PURPOSES[message.purpose](self, message.text)

    def on_filter_bar_left(self, message: FilterBar.Left) -> None:
        """All is as it was."""
        self.on_filter_bar_typed(message)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a filter is written nothing else is done."""
        is_writing = action == "do" and self.is_mounted and self.query_one(FilterBar).display
        return not is_writing and super().check_action(action, parameters)

    def show(self) -> None:
        """With the columns, and the line below."""
        first = self.session.scope.sort[0]
        self.table.show_columns(self.columns, (first.field.name, first.is_descending))
        super().show()
        self.query_one(Status).tell(self._status())

    def _status(self) -> Sequence[tuple[str, str]]:
        scope, marks = self.session.scope, self.session.marks
        jobs = " · ".join(map(str, self.session.work.jobs))
        return (
            (f"/ {clean(scope.text)}" if scope.text else "", "bold $accent"),
            (f"{len(self.table.keys):,} match" if scope.text else "", "$text-muted"),
            (f"● marked: {marks}" if marks else "", "bold $accent"),
            (jobs, "bold $warning"),
        )
