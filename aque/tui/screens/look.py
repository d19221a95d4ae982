"""Looking at one task, and stopping it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from textual.screen import Screen

from ...core.states import State
from ...core.view import View
from ..acts.stop import stop
from ..acts.way import leave_for
from ..commands import Command, deed
from ..errands import errand, tell
from ..overlays.log import MOST, LogScreen
from ..overlays.task import TaskScreen
from ..stage import Listed, Pointing, Scoped
from .workers import WorkersScreen


def open_detail(screen: Pointing) -> None:
    """Open the task under the cursor."""
    if (key := screen.task_id) is not None:
        screen.app.push_screen(TaskScreen(screen.session, key))


def go_to(screen: Scoped, task: int) -> None:
    """Move the cursor to a task, or open it where it is not in the list."""
    keys = screen.table.keys
    place = keys.find(task, screen.table.cursor)
    if place < len(keys) and keys[place] == task:
        screen.table.go(place)
    else:
        errand(screen, lambda: screen.session.broker.require([task]), lambda _: _open_unlisted(screen, task))


def _open_unlisted(screen: Scoped, task: int) -> None:
    tell(screen, f"task {task} is not in this list")
    screen.app.push_screen(TaskScreen(screen.session, task))


def _go_to_worker(screen: Pointing) -> None:
    """Show the worker that runs the task under the cursor."""
    task = screen.here
    if task is None:
        return
    if task.state != State.RUNNING or task.worker_id is None:
        ran = f": {task.worker} ran it" if task.worker else ""
        tell(screen, f"no worker runs task {task.id}{ran}", "warning")
        return
    worker = task.worker_id
    leave_for(screen, "workers")
    screen.app.call_later(lambda: _point_at(screen.app.screen, worker))


def _point_at(screen: Screen[Any], worker: int) -> None:
    if isinstance(screen, WorkersScreen):
        screen.point_at(worker)


def open_log(screen: Listed) -> None:
    """Open what the marked tasks wrote, or the one under the cursor."""
    if (whom := screen.whom()) is None:
        return
    if whom.task is not None:
        screen.app.push_screen(LogScreen(screen.session, [whom.task]))
        return

    def show(ids: Sequence[int]) -> None:
        if len(ids) > MOST:
            tell(screen, f"output of {len(ids):,} tasks: the first {MOST} are shown", "warning")
        if ids and screen.is_current:
            screen.app.push_screen(LogScreen(screen.session, ids[:MOST]))

    errand(screen, lambda: whom.resolve(View(screen.session.broker)), show)


def _open_at(screen: Pointing, section: str) -> None:
    if (key := screen.task_id) is not None:
        screen.app.push_screen(TaskScreen(screen.session, key, section))


COMMANDS: Final[tuple[Command, ...]] = (
    deed("detail", open_detail, "enter", "Detail", "Show all that is known of the task", "Look", True),
    deed("output", open_log, "o", "Output", "What it wrote, or all that are marked", "Look", True),
    deed("why", partial(_open_at, section="why"), "w", "Why", "Why it does not run, or how it ended", "Look"),
    deed("links", partial(_open_at, section="links"), "D", "Links", "What it needs, and what needs it", "Look"),
    deed("worker", _go_to_worker, "H", "Worker", "Go to the worker that runs it", "Look"),
    deed("kill", stop, "f9,x", "Kill", "Stop it, after a question", "Act", True, True),
)
