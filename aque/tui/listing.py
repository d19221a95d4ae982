"""The columns of the list of tasks: what each is called, how wide it is, and what it shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from ..core.monitor import command_line
from ..core.rows import TaskRow
from ..core.text import clean
from .widgets.column import Column, Row


@dataclass(frozen=True, slots=True)
class Field:
    """A column, and how its text is read from a task at a time."""

    column: Column
    text: Callable[[TaskRow, datetime], str]


FIELDS: Final = (
    Field(Column("id", "ID", 9, right=True), lambda task, _: str(task.id)),
    Field(Column("state", "STATE", 9, rank=1, toned=True), lambda task, _: task.state),
    Field(Column("priority", "PRIO", 5, rank=6, right=True), lambda task, _: str(task.priority)),
    Field(Column("age", "TIME", 6, rank=3, right=True), lambda task, now: age(span(task, now))),
    Field(Column("user", "USER", 8, rank=5), lambda task, _: clean(task.user)),
    Field(Column("worker", "WORKER", 12, grow=1, rank=7), lambda task, _: clean(task.worker or "")),
    Field(Column("name", "NAME", 12, grow=2, rank=4), lambda task, _: clean(task.name)),
    Field(Column("command", "COMMAND", 16, grow=6, rank=2), lambda task, _: command(task)),
)
COLUMNS: Final = tuple(each.column for each in FIELDS)


def row(task: TaskRow, now: datetime) -> Row:
    """What the line of a task shows at a time."""
    cells: Mapping[str, str] = MappingProxyType({each.column.name: each.text(task, now) for each in FIELDS})
    return Row(cells, "blocked" if task.state == "pending" and task.blockers else task.state)


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
