"""What a task needs, and what needs it, to choose from."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option


class Links(OptionList):
    """A line for each task, by its id; at first the one behind the task itself is pointed at."""

    class Chosen(Message):
        """A task was chosen."""

        def __init__(self, task: int) -> None:
            super().__init__()
            self.task = task

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, markup=False)
        self._found: list[tuple[int, Content]] = []

    def show(self, found: Sequence[tuple[int, Content]], own: int) -> None:
        """Show these lines; `own` is the task that they are about."""
        if list(found) == self._found:
            return
        place, self._found = self.highlighted, list(found)
        self.clear_options()
        self.add_options(Option(text) for _, text in found)
        index = [task for task, _ in found].index(own)
        self.highlighted = min(index + 1 if place is None else place, len(found) - 1)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Tell which one."""
        event.stop()
        self.post_message(self.Chosen(self._found[event.option_index][0]))
