"""Writing output to a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

from ...core.units import show_memory
from ..commands import Command, deed
from ..dialogs.ask import AskText
from ..errands import errand, tell
from ..files import check_new
from ..log import Log
from ..stage import Stage


class Written(Stage, Protocol):
    """A screen of output."""

    @property
    def tasks(self) -> Sequence[int]:
        """Whose it is."""

    @property
    def held(self) -> Log:
        """What is held of it."""


def _ask(screen: Written) -> None:
    tasks = screen.tasks
    name = f"task-{tasks[0]}.log" if len(tasks) == 1 else "tasks.log"
    question = AskText("Write to", name, "all that was written, as it came, to a new file", check_new)
    screen.app.push_screen(question, lambda name: _save(screen, Path(name).expanduser()) if name else None)


def _save(screen: Written, path: Path) -> None:
    errand(screen, lambda: screen.held.save(path), lambda size: tell(screen, f"{show_memory(size)} written to {path}"))


SAVE: Final[Command] = deed("save", _ask, "ctrl+s", "Save", "Write all of it to a file", "Look", True, files=True)
