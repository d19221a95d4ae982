"""The help, made from the commands that are there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from ..commands import GROUPS, Command, available, bindings


class HelpScreen(ModalScreen[None]):
    """What can be done on the screen below."""

    commands = (Command("dismiss", "escape,question_mark,q,enter", "Back", "Close the help", "View"),)
    BINDINGS = bindings(commands)

    def __init__(self, below: Screen[Any]) -> None:
        super().__init__()
        self._found = [command for _, command in available(below)]

    def compose(self) -> ComposeResult:
        """One line a command, in groups."""
        with VerticalScroll(id="dialog"):
            yield Static(Content("\n").join(lines(self._found)))


def lines(commands: Sequence[Command]) -> list[Content]:
    """Groups of commands with their keys."""
    groups = {group: [each for each in commands if each.group == group] for group in GROUPS}
    return [line for group, members in groups.items() if members for line in (_title(group), *map(_line, members))]


def _title(group: str) -> Content:
    return Content.assemble((group, "bold $accent"))


def _line(command: Command) -> Content:
    keys = "  ".join(command.key_names())
    return Content.assemble(f"  {keys:<16}", (command.help, "$text-muted"))
