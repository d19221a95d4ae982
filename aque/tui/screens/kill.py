"""To stop a task: whom it hits is shown before, what it did after."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Button, Static

from ...core.monitor import command_line
from ...core.queries.kill import Killed
from ...core.rows import TaskRow
from ...core.states import COMPLETE_STATES, State
from ...core.text import clean
from ..commands import Command, bindings
from ..errands import errand, tell
from ..session import Session

GRACE: Final = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class Victim:
    """A task to be stopped, and how many others cannot run any more then."""

    task: TaskRow
    falls: int


@dataclass(frozen=True, slots=True)
class Blow:
    """How a task is to be stopped: by a signal, and SIGKILL after some seconds."""

    label: str
    signal: signal.Signals
    grace: float


TERMINATE: Final = Blow("Stop", signal.SIGTERM, GRACE)
AT_ONCE: Final = Blow("Kill at once", signal.SIGKILL, 0.0)


def kill(screen: Screen[Any], session: Session, task: int) -> None:
    """Ask whether a task is to be stopped, do it, and tell what was done."""

    def look() -> Victim:
        return Victim(session.broker.tasks([task])[0], session.monitor.falls([task]))

    def confirm(victim: Victim) -> None:
        if not screen.is_current:
            return
        if victim.task.state in COMPLETE_STATES:
            tell(screen, f"task {task} is complete ({victim.task.state}): nothing to stop", "warning")
        else:
            screen.app.push_screen(KillDialog(victim), strike)

    def strike(blow: Blow | None) -> None:
        if blow:
            errand(screen, lambda: session.broker.kill([task], blow.signal, blow.grace), report)

    def report(done: Sequence[Killed]) -> None:
        tell(screen, told(task, done))

    errand(screen, look, confirm)


def told(task: int, done: Sequence[Killed]) -> str:
    """What a kill did, in words."""
    hit = next((each for each in done if each.id == task and each.touched), None)
    if hit is None:
        return f"task {task} was complete already: nothing was stopped"
    others = sum(each.touched for each in done) - 1
    also = f", and {_tasks(others)} with it" if others else ""
    return f"task {task} was {'told to stop' if hit.state == State.RUNNING else hit.state}{also}"


class KillDialog(ModalScreen[Blow | None]):
    """Shows whom it hits; without a choice nothing is done."""

    commands = (
        Command("app.focus_next", "right,down,l,j", "Next", "The next button", "Move"),
        Command("app.focus_previous", "left,up,h,k", "Previous", "The previous button", "Move"),
        Command("cancel", "escape", "Cancel", "Do nothing", "Act"),
    )
    BINDINGS = bindings(commands)

    def __init__(self, victim: Victim) -> None:
        super().__init__()
        self.victim = victim
        self._blows = (TERMINATE, AT_ONCE) if victim.task.state == State.RUNNING else (TERMINATE,)

    def compose(self) -> ComposeResult:
        """The task, what will become of it, and the buttons."""
        with Vertical(id="dialog"):
            yield Static(Content.assemble((f"Stop task {self.victim.task.id}?", "bold")), id="title")
            yield Static(Content("\n".join(describe(self.victim.task))), id="victim")
            yield Static(Content("\n".join(consequences(self.victim))), id="consequences")
            with Horizontal(id="buttons"):
                yield Button("Cancel", id="cancel")
                for index, blow in enumerate(self._blows):
                    yield Button(blow.label, id=f"blow-{index}", variant="error", classes="blow")

    def on_mount(self) -> None:
        """Cancel is the default."""
        self.query_one("#cancel", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Close with the choice."""
        choices = dict(zip((each.id for each in self.query(".blow")), self._blows, strict=True))
        self.dismiss(choices.get(event.button.id))

    def action_cancel(self) -> None:
        """Close without a choice."""
        self.dismiss(None)


def describe(task: TaskRow) -> list[str]:
    """Who is hit."""
    facts = {
        "state": task.state,
        "name": task.name,
        "command": command_line(task.pattern, task.func, task.name, task.args),
        "user": task.user,
        "worker": task.worker if task.state == State.RUNNING else None,
    }
    return [f"{name:<8} {clean(value)}" for name, value in facts.items() if value]


def consequences(victim: Victim) -> list[str]:
    """What will become of it, and of others."""
    running = f"It gets SIGTERM, and SIGKILL {GRACE:g} s later if it still runs."
    lines = [running if victim.task.state == State.RUNNING else "It does not run yet: it will be cancelled."]
    if victim.falls:
        needs = "that needs it" if victim.falls == 1 else "that need it"
        lines.append(f"{_tasks(victim.falls)} {needs} cannot run any more then.")
    return lines


def _tasks(count: int) -> str:
    return "1 task" if count == 1 else f"{count:,} tasks"
