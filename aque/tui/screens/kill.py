"""To stop tasks: whom it hits is shown before, what it did after."""

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
from ...core.queries import kill as killing
from ...core.queries.kill import Killed, Preview
from ...core.rows import TaskRow
from ...core.states import COMPLETE_STATES, State
from ...core.text import clean
from ...core.units import show_duration
from ...core.view import View
from ..commands import Command, bindings
from ..errands import errand, tell
from ..session import Session
from ..told import tasks
from ..whom import Whom

GRACE: Final = 5.0  # seconds
_NAMED: Final = 5  # tasks to name of many


@dataclass(frozen=True, slots=True)
class Victims:
    """Tasks to be stopped; `one` where it is a single one, and `falls` how many others cannot run any more then."""

    ids: tuple[int, ...]
    preview: Preview
    one: TaskRow | None
    falls: int

    @property
    def running(self) -> int:
        """How many of them run."""
        return sum(each.state == State.RUNNING for each in self.preview.targets)


@dataclass(frozen=True, slots=True)
class Blow:
    """How tasks are to be stopped: by a signal, and SIGKILL after some seconds."""

    label: str
    signal: signal.Signals
    grace: float


TERMINATE: Final = Blow("Stop", signal.SIGTERM, GRACE)
AT_ONCE: Final = Blow("Kill at once", signal.SIGKILL, 0.0)


def kill(screen: Screen[Any], session: Session, whom: Whom) -> None:
    """Ask whether tasks are to be stopped, do it, and tell what was done."""

    def look() -> Victims:
        with session.work.doing(f"looking at {whom}"):
            ids = whom.resolve(View(session.broker))
            one = session.broker.tasks(ids)[0] if whom.task is not None else None
            return Victims(tuple(ids), session.broker.read(killing.preview, ids), one, session.monitor.falls(ids))

    def confirm(victims: Victims) -> None:
        if not screen.is_current:
            return
        if not victims.preview.hit(ends=True):
            state = f"task {victims.one.id} is complete ({victims.one.state})" if victims.one else "all are complete"
            tell(screen, f"{state}: nothing to stop", "warning")
        else:
            screen.app.push_screen(KillDialog(victims), lambda blow: strike(victims, blow))

    def strike(victims: Victims, blow: Blow | None) -> None:
        if blow:
            errand(screen, lambda: hit(victims, blow), lambda done: tell(screen, told(victims, done)))

    def hit(victims: Victims, blow: Blow) -> Sequence[Killed]:
        with session.work.doing(f"stopping {tasks(len(victims.ids))}"):
            done = session.broker.kill(victims.ids, blow.signal, blow.grace)
        session.feeder.nudge()
        return done

    errand(screen, look, confirm)


def told(victims: Victims, done: Sequence[Killed]) -> str:
    """What a kill did, in words."""
    asked = set(victims.ids)
    touched = [each for each in done if each.touched]
    others = sum(each.id not in asked for each in touched)
    also = f", and {tasks(others)} with {'it' if victims.one else 'them'}" if others else ""
    if victims.one:
        hit = next((each for each in touched if each.id == victims.one.id), None)
        if hit is None:
            return f"task {victims.one.id} was complete already: nothing was stopped"
        return f"task {hit.id} was {'told to stop' if hit.state == State.RUNNING else hit.state}{also}"
    running = sum(each.state == State.RUNNING for each in touched)
    parts = {"told to stop": running, "cancelled": len(touched) - others - running}
    return ", ".join(f"{tasks(count)} {word}" for word, count in parts.items() if count) + also


class KillDialog(ModalScreen[Blow | None]):
    """Shows whom it hits; without a choice nothing is done."""

    commands = (
        Command("app.focus_next", "right,down,l,j", "Next", "The next button", "Move"),
        Command("app.focus_previous", "left,up,h,k", "Previous", "The previous button", "Move"),
        Command("cancel", "escape", "Cancel", "Do nothing", "Act"),
    )
    BINDINGS = bindings(commands)

    def __init__(self, victims: Victims) -> None:
        super().__init__()
        self.victims = victims
        self._blows = (TERMINATE, AT_ONCE) if victims.running else (TERMINATE,)

    def compose(self) -> ComposeResult:
        """The tasks, what will become of them, and the buttons."""
        one = self.victims.one
        title = f"Stop task {one.id}?" if one else f"Stop {tasks(len(self.victims.preview.hit(ends=True)))}?"
        with Vertical(id="dialog"):
            yield Static(Content.assemble((title, "bold")), id="title")
            yield Static(Content("\n".join(describe(one) if one else names(self.victims))), id="victim")
            yield Static(Content("\n".join(consequences(self.victims))), id="consequences")
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


def names(victims: Victims) -> list[str]:
    """Some of those who are hit, by name."""
    hit = victims.preview.hit(ends=True)
    shown = [f"{each.id:>8}  {each.state:<9}  {clean(each.name)}" for each in hit[:_NAMED]]
    return [*shown, *([f"          and {tasks(len(hit) - _NAMED)} more"] if len(hit) > _NAMED else [])]


def consequences(victims: Victims) -> list[str]:
    """What will become of them, and of others."""
    lines = _own_fate(victims)
    if victims.falls:
        needs = "that needs" if victims.falls == 1 else "that need"
        lines.append(f"{tasks(victims.falls)} {needs} {'it' if victims.one else 'them'} cannot run any more then.")
    return lines


def _own_fate(victims: Victims) -> list[str]:
    """What becomes of those that run, of those that wait, and of those that are complete."""
    signals = f"SIGTERM, and SIGKILL {GRACE:g} s later if"
    if victims.one:
        runs = victims.one.state == State.RUNNING
        return [f"It gets {signals} it still runs." if runs else "It does not run yet: it will be cancelled."]
    hit = victims.preview.hit(ends=True)
    lost = show_duration(sum(each.cpu_seconds for each in hit))
    complete = sum(State(each.state) in COMPLETE_STATES for each in victims.preview.targets)
    counts = {
        f"{{}} running: SIGTERM, and SIGKILL {GRACE:g} s later; {lost} of cpu time lost.": victims.running,
        "{} waiting: cancelled.": len(hit) - victims.running,
        "{} complete: left alone.": complete,
    }
    return [line.format(f"{count:,}") for line, count in counts.items() if count]
