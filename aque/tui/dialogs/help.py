"""The help, made from the commands that are there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from ..commands import GROUPS, Command, available, bindings

_WIDE: Final = 100  # cells, in which two columns have room


class HelpScreen(ModalScreen[None]):
    """What can be done on the screen below."""

    commands = (Command("dismiss", "escape,question_mark,q,enter", "Back", "Close the help", "View"),)
    BINDINGS = bindings(commands)

    def __init__(self, below: Screen[Any]) -> None:
        super().__init__()
        self._found = [command for _, command in available(below)]

    def compose(self) -> ComposeResult:
        """One line a command, in groups; in two columns where there is room."""
        parts = columns(groups(self._found), 2 if self.app.size.width >= _WIDE else 1)
        with VerticalScroll(id="dialog", classes="-wide" if len(parts) > 1 else ""), Horizontal():
            for part in parts:
                yield Static(Content("\n").join(part))


def groups(commands: Sequence[Command]) -> list[list[Content]]:
    """Groups of commands with their keys, in lines."""
    members = {group: [each for each in commands if each.group == group] for group in GROUPS}
    return [[_title(group), *map(_line, found)] for group, found in members.items() if found]


def columns(parts: Sequence[Sequence[Content]], count: int) -> list[list[Content]]:
    """The lines of groups in columns of about the same length."""
    most = sum(map(len, parts)) / count
    found: list[list[Content]] = [[]]
    for part in parts:
        if len(found) < count and len(found[-1]) + len(part) / 2 > most:
            found.append([])
        found[-1] += part
    return found


def _title(group: str) -> Content:
    return Content.assemble((group, "bold $accent"))


def _line(command: Command) -> Content:
    keys = "  ".join(command.key_names())
    return Content.assemble(f"  {keys:<15}", (command.help, "$text-muted"))
