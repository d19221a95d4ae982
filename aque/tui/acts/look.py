"""Looking at one task, and stopping it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from textual.screen import Screen

from ...core.states import State
from ..commands import Command, deed
from ..errands import tell
from ..screens.kill import kill
from ..screens.task import TaskScreen
from ..screens.workers import WorkersScreen

if TYPE_CHECKING:
    from ..screens.tasklist import TaskListScreen


def open_detail(screen: TaskListScreen) -> None:
    """Open the task under the cursor."""
    if (key := screen.task_id) is not None:
        screen.app.push_screen(TaskScreen(screen.session, key))


def _kill(screen: TaskListScreen) -> None:
    if whom := screen.whom():
        kill(screen, screen.session, whom)


def _go_to_worker(screen: TaskListScreen) -> None:
    """Show the worker that runs the task under the cursor."""
    task = screen.here
    if task is None:
        return
    if task.state != State.RUNNING or task.worker_id is None:
        ran = f": {task.worker} ran it" if task.worker else ""
        tell(screen, f"no worker runs task {task.id}{ran}", "warning")
        return
    worker = task.worker_id
    screen.app.switch_mode("workers")
    screen.app.call_later(lambda: _point_at(screen.app.screen, worker))


def _point_at(screen: Screen[Any], worker: int) -> None:
    if isinstance(screen, WorkersScreen):
        screen.point_at(worker)


COMMANDS: Final[tuple[Command, ...]] = (
    deed("detail", open_detail, "enter,o", "Detail", "Show the task and what it wrote", "Look", True),
    deed("worker", _go_to_worker, "H", "Worker", "Go to the worker that runs it", "Look"),
    deed("kill", _kill, "f9,x", "Kill", "Stop it, after a question", "Act", True, True),
)
