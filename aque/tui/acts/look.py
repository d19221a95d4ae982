"""Looking at one task, and stopping it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..commands import Command, deed
from ..screens.kill import kill
from ..screens.task import TaskScreen

if TYPE_CHECKING:
    from ..screens.tasklist import TaskListScreen


def open_detail(screen: TaskListScreen) -> None:
    """Open the task under the cursor."""
    if (key := screen.task_id) is not None:
        screen.app.push_screen(TaskScreen(screen.session, key))


def _kill(screen: TaskListScreen) -> None:
    if whom := screen.whom():
        kill(screen, screen.session, whom)


COMMANDS: Final[tuple[Command, ...]] = (
    deed("detail", open_detail, "enter,o", "Detail", "Show the task and what it wrote", "Look", True),
    deed("kill", _kill, "f9,x", "Kill", "Stop it, after a question", "Act", True, True),
)
