"""Whom a kill hits, by what, and what becomes of them, in words."""

from __future__ import annotations

import math
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..core.broker import ends
from ..core.monitor import command_line
from ..core.queries.kill import Killed, Preview
from ..core.rows import TaskRow
from ..core.states import COMPLETE_STATES, State
from ..core.text import clean
from ..core.units import show_duration
from .told import tasks

GRACE: Final = 5.0  # seconds
_NAMED: Final = 5  # tasks to name of many

SIGNALS: Final = tuple(
    getattr(signal.Signals, name) for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGSTOP", "SIGCONT")
)
GRACES: Final = (GRACE, 30.0, 300.0, math.inf)
"""Seconds until SIGKILL; infinite: it never comes."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Who is hit besides: what the tasks need and is not complete, and what needs them."""

    shown: str
    dependencies: bool = False
    dependents: bool = False


REACHES: Final = (
    Reach("no others"),
    Reach("what needs them", dependents=True),
    Reach("what they need", dependencies=True),
    Reach("what they need, and what needs them", True, True),
)


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

    @property
    def ends(self) -> bool:
        """Whether it is meant to end tasks."""
        return ends(self.signal, None)

    @property
    def told(self) -> str:
        """What a task gets."""
        if not self.ends:
            return f"{self.signal.name}, and no more"
        if self.signal == signal.SIGKILL:
            return "SIGKILL"
        if math.isinf(self.grace):
            return f"{self.signal.name}, and no SIGKILL"
        return f"{self.signal.name}, and SIGKILL {self.grace:g} s later"


TERMINATE: Final = Blow("Stop", signal.SIGTERM, GRACE)
AT_ONCE: Final = Blow("Kill at once", signal.SIGKILL, 0.0)


def told(victims: Victims, done: Sequence[Killed], blow: Blow = TERMINATE) -> str:
    """What a kill did, in words."""
    if not blow.ends:
        return f"{tasks(sum(each.touched for each in done))} got {blow.signal.name}"
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


def consequences(victims: Victims, blow: Blow = TERMINATE) -> list[str]:
    """What will become of them, and of others."""
    if not blow.ends:
        count = len(victims.preview.hit(ends=False))
        return [f"{tasks(count)} that {'runs' if count == 1 else 'run'}: {blow.told}. Those that wait are left alone."]
    lines = _own_fate(victims, blow)
    if victims.falls:
        needs = "that needs" if victims.falls == 1 else "that need"
        lines.append(f"{tasks(victims.falls)} {needs} {'it' if victims.one else 'them'} cannot run any more then.")
    return lines


def _own_fate(victims: Victims, blow: Blow) -> list[str]:
    """What becomes of those that run, of those that wait, and of those that are complete."""
    if victims.one:
        runs = victims.one.state == State.RUNNING
        return [f"It gets {blow.told}." if runs else "It does not run yet: it will be cancelled."]
    hit = victims.preview.hit(ends=True)
    lost = show_duration(sum(each.cpu_seconds for each in hit))
    complete = sum(State(each.state) in COMPLETE_STATES for each in victims.preview.targets)
    counts = {
        f"{{}} running: {blow.told}; {lost} reserved cpu lost.": victims.running,
        "{} waiting: cancelled.": len(hit) - victims.running,
        "{} complete: left alone.": complete,
    }
    return [line.format(f"{count:,}") for line, count in counts.items() if count]
