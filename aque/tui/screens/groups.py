"""Groups: how far the children of a task are, how fast they go, and when they will be done."""

from __future__ import annotations

from typing import ClassVar, Final

from ...core.queries.groups import Progress
from ...core.text import clean
from ...core.units import show_duration
from ..acts import steer
from ..acts.steer import PAUSE, RESUME
from ..acts.stop import stop
from ..acts.way import leave_for
from ..bars import stacked
from ..commands import Command, bindings, deed
from ..groups import GroupLine, Groups, elapsed, rate, remaining, shares
from ..whom import Whom
from ..widgets.column import Column, Row
from ..widgets.tasktable import TaskTable
from .list import ListScreen

_BAR: Final = 11  # cells
_COLUMNS: Final = (
    Column("id", "ID", 7, rank=4, right=True),
    Column("name", "GROUP", 10, grow=1),
    Column("state", "STATE", 8, rank=3, toned=True),
    Column("bar", "PROGRESS", _BAR),
    Column("percent", "", 4, right=True),
    Column("total", "TOTAL", 7, rank=2, right=True),
    Column("done", "DONE", 7, rank=2, right=True),
    Column("running", "RUN", 5, rank=2, right=True),
    Column("waiting", "WAIT", 7, rank=2, right=True),
    Column("failed", "FAIL", 5, right=True),
    Column("rate", "RATE", 7, rank=5, right=True),
    Column("eta", "ETA", 6, rank=1, right=True),
    Column("elapsed", "TIME", 6, rank=5, right=True),
)


def _show_members(screen: GroupsScreen) -> None:
    if (key := screen.table.cursor_key) is not None:
        leave_for(screen, "tasks", screen.session.scope.narrowed(f"parent:{key}"))


def _pause_or_resume(screen: GroupsScreen) -> None:
    """Resume a group of which nothing waits that is not paused."""
    found = screen.line.progress if screen.line else None
    steer.steer(screen, RESUME if found and found.paused and not found.waiting else PAUSE)


class GroupsScreen(ListScreen):
    """Tasks that have children, the newest first."""

    commands: ClassVar[tuple[Command, ...]] = (
        deed("tasks", _show_members, "enter", "Tasks", "Show its tasks", "Look", True),
        deed("kill", stop, "f9,x", "Kill", "Stop all of it, after a question", "Act", True, True),
        deed("pause", _pause_or_resume, "p", "Pause", "Hold back all of it, or let it run again", "Act", True, True),
        *steer.BY_ONE,
        deed("priority", steer.set_priority, "equals_sign", "Priority", "Give a priority", "Act", True, True),
        *ListScreen.commands,
    )
    BINDINGS = bindings(commands)

    @property
    def remark(self) -> str:
        """What stands where no group is."""
        return "no task has children: `aque xargs` makes groups, and so does `parent`"

    @property
    def line(self) -> GroupLine | None:
        """The group under the cursor."""
        thing: GroupLine | None = self.thing(self.table.cursor_key)
        return thing

    here = None  # a verb is for many tasks, always

    def whom(self) -> Whom | None:
        """Whom a verb is for: the group with all its tasks."""
        if (line := self.line) is None:
            return None
        key = line.row.id
        name = clean(line.row.name or str(key))
        return Whom(filter=f"parent:{key} or id:{key}", name=f"the group {name}")

    def source(self) -> Groups:
        """The groups."""
        return Groups(self.session.feeder.monitor, self.session.now)

    def make_table(self) -> TaskTable:
        """A table of groups."""
        return TaskTable(_COLUMNS)

    def row(self, key: int, thing: GroupLine) -> Row:
        """The line of a group."""
        state = thing.row.state or "gone"
        cells = {"id": str(key), "name": clean(thing.row.name or ""), "state": state}
        told = self._told(thing, thing.progress) if thing.progress else {"bar": "…"}
        return Row({**cells, **told}, thing.row.state or "")

    def _told(self, line: GroupLine, p: Progress) -> dict[str, str]:
        left, took = remaining(p, self.time), elapsed(line, self.time)
        pace = 0.0 if line.is_over and not p.recent else rate(p, self.time)
        return {
            "bar": stacked(list(shares(p)), _BAR),
            "percent": f"{100 * p.complete // max(1, p.total)}%",
            "total": f"{p.total:,}",
            "done": f"{p.success:,}",
            "running": f"{p.running:,}" if p.running else "-",
            "waiting": f"{p.waiting + p.paused:,}" if p.waiting + p.paused else "-",
            "failed": f"{p.failed:,}" if p.failed else "-",
            "rate": speed(pace) if pace else "-",
            "eta": "-" if left is None else show_duration(left),
            "elapsed": "-" if took is None else show_duration(took),
        }

    def on_lines_chosen(self) -> None:
        """A double click is as good as Enter."""
        _show_members(self)


def speed(rate: float) -> str:
    """Ends in a second, or in a longer time where they are few."""
    for seconds, unit in ((1, "s"), (60, "m"), (3600, "h")):
        if rate * seconds >= 0.95:
            return f"{rate * seconds:.{0 if rate * seconds >= 9.5 else 1}f}/{unit}"
    return f"{rate * 86400:.1f}/d"
