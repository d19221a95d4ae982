"""The workers: what each has in use, and how it is; to be drained."""

from __future__ import annotations

from typing import ClassVar, Final

from ...core import farm
from ...core.queries.tasks import WorkerRow
from ...core.text import clean
from ...core.units import show_memory
from ..acts.stop import stop_all
from ..acts.way import leave_for
from ..bars import bar
from ..commands import Command, bindings, deed
from ..crew import Crew, silence, state
from ..dialogs.ask import Confirm
from ..errands import errand, tell
from ..told import tasks
from ..whom import Whom
from ..widgets.column import Column, Row
from ..widgets.vtable import VTable
from .list import ListScreen

_BAR: Final = 6  # cells
_SMALL: Final = 5
_COLUMNS: Final = (
    Column("id", "ID", 4, rank=6, right=True),
    Column("name", "WORKER", 14, grow=3),
    Column("state", "STATE", 8, toned=True),
    Column("tasks", "TASKS", 5, rank=2, right=True),
    Column("cpus", "CPUS", 14, rank=1),
    Column("memory", "MEMORY", 16, grow=1, rank=1),
    Column("load", "LOAD", 5, rank=3, right=True),
    Column("beat", "BEAT", 4, rank=4, right=True),
    Column("queues", "QUEUES", 10, grow=1, rank=7),
    Column("tags", "TAGS", 10, grow=1, rank=8),
)


class WorkerTable(VTable):
    """Tones are what the workers do."""

    COMPONENT_CLASSES = {f"vtable--{tone}" for tone in ("busy", "idle", "draining", "silent")}
    DEFAULT_CSS = """
    WorkerTable > .vtable--busy { color: $success; }
    WorkerTable > .vtable--idle { color: $foreground-darken-3; }
    WorkerTable > .vtable--draining { color: $warning; }
    WorkerTable > .vtable--silent { color: $error-lighten-1; }
    """


def _show_tasks(screen: WorkersScreen) -> None:
    if worker := screen.worker:
        leave_for(screen, "tasks", screen.session.scope.narrowed(runs(worker)))


def _turn(screen: WorkersScreen) -> None:
    """Drain a worker, after a question; or let it take tasks again."""
    worker = screen.worker
    if worker is None:
        return
    if worker.draining:
        errand(screen, lambda: farm.employ(screen.session.broker, worker.id), lambda is_new: _told(screen, is_new))
        return
    ends = f"ends with the last of {tasks(worker.running)} that it runs" if worker.running else "ends, for it runs none"
    lines = [f"It takes no more tasks, and {ends}.", "Until then d lets it take tasks again."]
    question = Confirm(f"Drain {clean(worker.name)}?", lines, "Drain", "warning")
    screen.app.push_screen(question, lambda yes: _drain(screen, worker) if yes else None)


def _drain(screen: WorkersScreen, worker: WorkerRow) -> None:
    def report(found: list[farm.Drained]) -> None:
        tell(screen, f"{worker.name} {'drains' if found and found[0].is_new else 'drained already'}")
        screen.hurry()

    errand(screen, lambda: farm.drain(screen.session.broker, [str(worker.id)]), report)


def _told(screen: WorkersScreen, is_new: bool) -> None:
    told = "takes tasks again" if is_new else "has ended, or does not drain"
    tell(screen, f"the worker {told}", "information" if is_new else "warning")
    screen.hurry()


def _kill(screen: WorkersScreen) -> None:
    if worker := screen.worker:
        stop_all(screen, Whom(filter=runs(worker), name=f"what {worker.name} runs"))


def runs(worker: WorkerRow) -> str:
    """The filter of what a worker runs."""
    return f"worker_id:{worker.id} state:running"


class WorkersScreen(ListScreen):
    """The workers that live."""

    commands: ClassVar[tuple[Command, ...]] = (
        deed("tasks", _show_tasks, "enter", "Tasks", "Show what it runs", "Look", True),
        deed("drain", _turn, "d", "Drain", "Let it end when its tasks have, or take tasks again", "Act", True, True),
        deed("kill", _kill, "f9,x", "Kill", "Stop all that it runs, after a question", "Act", True, True),
        *ListScreen.commands,
    )
    BINDINGS = bindings(commands)

    @property
    def remark(self) -> str:
        """What stands where no worker is."""
        return "no worker lives: start one with `aque worker`"

    @property
    def worker(self) -> WorkerRow | None:
        """The worker under the cursor."""
        thing: WorkerRow | None = self.thing(self.table.cursor_key)
        return thing

    def source(self) -> Crew:
        """The workers."""
        return Crew(self.session.feeder.monitor)

    def make_table(self) -> WorkerTable:
        """A table of workers."""
        return WorkerTable(_COLUMNS)

    def row(self, key: int, thing: WorkerRow) -> Row:
        """The line of a worker."""
        does = state(thing, self.time)
        used = min(thing.cpus_used, thing.cpus)
        cells = {
            "id": str(key),
            "name": clean(thing.name),
            "state": does,
            "tasks": f"{thing.running:,}",
            "cpus": f"{_bar(used, thing.cpus, _BAR)} {used:g}/{thing.cpus:g}",
            "memory": f"{_bar(thing.memory_used, thing.memory, _SMALL)} {_amounts(thing)}",
            "load": "-" if thing.load is None else f"{thing.load:.2f}",
            "beat": ago(silence(thing, self.time)),
            "queues": clean(",".join(thing.queues)) if thing.queues else "all",
            "tags": clean(",".join(thing.tags)) or "-",
        }
        return Row(cells, does)

    def on_lines_chosen(self) -> None:
        """A double click is as good as Enter."""
        _show_tasks(self)

    def point_at(self, worker: int) -> None:
        """Move the cursor to a worker, as soon as it is there."""
        self.table.seek(worker)


def ago(seconds: float) -> str:
    """In four cells: of a worker that is silent it matters whether for minutes or for days."""
    for size, unit, most in ((1, "s", 100), (60, "m", 100), (3600, "h", 48)):
        if seconds < most * size:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds / 86400:.0f}d"


def _bar(used: float, of: float, cells: int) -> str:
    return bar(used / of if of else 0.0, cells)


def _amounts(worker: WorkerRow) -> str:
    return f"{show_memory(worker.memory_used)}/{show_memory(worker.memory)}"
