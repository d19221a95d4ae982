"""The columns of lists of tasks: what each is called, how wide it is, and what it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

from ..core.fields import BY_NAME, FIELDS, Field
from ..core.monitor import command_line
from ..core.rows import TaskRow
from ..core.text import clean
from .widgets.column import Column, Row

Text = Callable[[TaskRow, datetime], str]

_SHAPED: Final = (
    Column("id", "ID", 9, right=True, sort="id"),
    Column("state", "STATE", 9, rank=1, toned=True, sort="state"),
    Column("reason", "WHY", 12, rank=3),
    Column("priority", "PRIO", 5, rank=6, right=True, sort="priority"),
    Column("time", "TIME", 6, rank=3, right=True, sort="runtime"),
    Column("user", "USER", 8, rank=5, sort="user"),
    Column("worker", "WORKER", 12, grow=1, rank=7, sort="worker"),
    Column("name", "NAME", 12, grow=2, rank=4, sort="name"),
    Column("command", "COMMAND", 15, grow=6, rank=2, sort="command"),
)
DEFAULT: Final = tuple(each.name for each in _SHAPED)
"""The columns that are shown unless others are chosen."""

_OWN: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "time": lambda task, now: age(span(task, now)),
        "command": lambda task, _: command(task),
    }
)
_WIDTHS: Final = {"moment": 16, "text": 12, "texts": 12, "user": 8, "memory": 8, "span": 8}


def _column(field: Field) -> Column:
    width = max(_WIDTHS.get(field.kind.name, 6), len(field.name) + 1)
    sort = field.name if field.sorts else ""
    title = field.name.upper().replace("_", " ")
    return Column(field.name, title, width, rank=8, right=field.kind.is_number, sort=sort)


COLUMNS: Final[Mapping[str, Column]] = MappingProxyType(
    {
        **{each.name: each for each in _SHAPED},
        **{each.name: _column(each) for each in FIELDS if each.is_listed and each.name not in DEFAULT},
    }
)
"""All columns by name: one for each field that has something to show, and the time that matters of each task."""


def chosen(names: Iterable[str]) -> tuple[Column, ...]:
    """The columns of these names; unknown ones are left out, and where none is left these are the default ones."""
    found = tuple(COLUMNS[name] for name in names if name in COLUMNS)
    return found or tuple(COLUMNS[name] for name in DEFAULT)


def row(task: TaskRow, now: datetime, columns: Sequence[Column], marked: bool = False) -> Row:
    """What the line of a task shows at a time."""
    cells: Mapping[str, str] = MappingProxyType({each.name: text(each.name, task, now) for each in columns})
    return Row(cells, "blocked" if task.state == "pending" and task.blockers else task.state, marked)


def text(name: str, task: TaskRow, now: datetime) -> str:
    """What a column shows of a task."""
    return _OWN[name](task, now) if name in _OWN else clean(BY_NAME[name].show(task, now))


def command(task: TaskRow) -> str:
    """What a task does, on one line."""
    return clean(command_line(task.pattern, task.func, task.name, task.args))


def span(task: TaskRow, now: datetime) -> float:
    """Seconds: how long a task ran or has been running; of one that did not start, how long it has been there."""
    if task.started_at is None:
        return ((task.finished_at or now) - task.created_at).total_seconds()
    return ((task.finished_at or now) - task.started_at).total_seconds()


def age(seconds: float) -> str:
    """A time in six cells at most: 0.4s, 59s, 3m07s, 2h05m, 9d23h, 400d."""
    if seconds < 10:
        return f"{max(0.0, seconds):.1f}s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d", hours, "h"), (hours, "h", minutes, "m"), (minutes, "m", rest, "s"))
    big, unit, small, part = next((each for each in parts if each[0]), (0, "", rest, "s"))
    if not unit:
        return f"{small}s"
    return f"{big}{unit}" if big >= 100 else f"{big}{unit}{small:02}{part}"
