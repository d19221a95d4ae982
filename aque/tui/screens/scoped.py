"""What screens have that show the session's scope: its filter, and where that is written, and its order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.widget import Widget

from ...core.rows import TaskRow
from ..acts import narrow, shape
from ..scope import Scope
from ..session import Session
from ..widgets.filterbar import FilterBar
from ..widgets.status import Status
from ..widgets.vtable import VTable
from . import look
from .list import ListScreen

_PURPOSES: Final = {narrow.FILTER: narrow.narrow, narrow.FIND: narrow.seek}


class ScopedScreen(ListScreen):
    """A list of what the session's scope is about. What can be done about that stands in `acts`."""

    def __init__(self, session: Session) -> None:
        self._scope: Scope = session.scope  # that of the source
        super().__init__(session)

    @property
    def task_id(self) -> int | None:
        """The task under the cursor."""
        return self.table.cursor_key

    @property
    def here(self) -> TaskRow | None:
        """It, as it was read last."""
        thing: TaskRow | None = self.thing(self.task_id)
        return thing

    def bars(self) -> Sequence[Widget]:
        """What is being done, and where a filter is written."""
        return Status(), FilterBar()

    @property
    def filter_bar(self) -> FilterBar:
        """Where a filter is written."""
        return self.query_one(FilterBar)

    def rescope(self, scope: Scope) -> None:
        """Show what another filter gives, or the same in another order."""
        self.session.scope = self._scope = scope
        self.renew()
        self.show()

    def go_to(self, task: int) -> None:
        """Move the cursor to a task, or open it where it is not in the list."""
        look.go_to(self, task)

    def resume(self) -> None:
        """Another screen may have changed the scope."""
        if self._scope is self.session.scope:
            super().resume()
        else:
            self.rescope(self.session.scope)

    def leave(self) -> None:
        """From a filter to all."""
        narrow.narrow(self, "")

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
        is_writing = action == "do" and self.is_mounted and self.filter_bar.display
        return not is_writing and super().check_action(action, parameters)
