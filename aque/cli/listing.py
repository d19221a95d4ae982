"""Lists and trees of tasks as tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from ..core.fields import BY_NAME, Field
from ..core.rows import TaskRow
from ..core.states import State
from ..core.tree import Line
from .table import Cell, Column, render

_NAMES: Final = "id state reason exit_code progress priority user age runtime hostname name command"
_FLEXIBLE: Final = ("name", "command")
_COLORS: Final = {
    State.PAUSED: "yellow",
    State.RUNNING: "cyan",
    State.SUCCESS: "green",
    State.ERROR: "red",
    State.KILLED: "magenta",
    State.CANCELLED: "bright_black",
}
_DROPPED: Final = ("age", "runtime", "user", "progress", "exit_code", "priority", "hostname")
"""What a narrow terminal does without, the last first."""
_HEADERS: Final = {
    "exit_code": "EXIT",
    "hostname": "HOST",
    "priority": "PRIO",
    "runtime": "TIME",
    "reason": "WHY",
}
_CONDITIONS: Final = {"success": "", "complete": "any end", "failure": "failure"}
_OTHERWISE: Final = {"fail": "", "cancel": "else cancelled", "wait": "else waits"}


def columns(are_all_users: bool) -> list[Field]:
    """The fields that people see."""
    return [BY_NAME[name] for name in _NAMES.split() if name != "user" or are_all_users]


def draw_list(fields: Sequence[Field], rows: Iterable[TaskRow], now: datetime, width: int | None) -> list[str]:
    """A flat list."""
    return draw_tree(fields, map(Line, rows), now, width)


def draw_tree(fields: Sequence[Field], lines: Iterable[Line], now: datetime, width: int | None) -> list[str]:
    """Trees; their branches stand before the names."""
    body = [[_cell(field, line, now) for field in fields] for line in lines]
    return render([_column(field) for field in fields], body, width) if body else []


def _column(field: Field) -> Column:
    header = _HEADERS.get(field.name, field.name.upper())
    rank = _DROPPED.index(field.name) + 1 if field.name in _DROPPED else 0
    return Column(header, field.kind.is_number, field.name in _FLEXIBLE, rank)


def _cell(field: Field, line: Line, now: datetime) -> Cell:
    if field.name == "name":
        return Cell(_branch(line.trail) + _name(line))
    if line.row is None:
        return Cell("")
    color = _COLORS.get(State(line.row.state)) if field.name == "state" else None
    return Cell(field.show(line.row, now), color)


def _name(line: Line) -> str:
    if line.row is None:
        return f"… and {line.hidden:,} more"
    edge = ", ".join(filter(None, (_CONDITIONS[line.condition], _OTHERWISE[line.otherwise])))
    return f"{line.row.name}{f' [{edge}]' if edge else ''}{' (see above)' if line.is_repeat else ''}"


def _branch(trail: Sequence[bool]) -> str:
    if not trail:
        return ""
    return "".join("│  " if more else "   " for more in trail[:-1]) + ("├─ " if trail[-1] else "└─ ")
