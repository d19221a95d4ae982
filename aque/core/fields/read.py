"""Readers of fields that are more than a column: from a row and the server's time to a value."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, Final

from ..errors import PatternMissingError
from ..rows import TaskRow
from ..states import READY_STATES, UNREADY_STATES, State
from ..units import Cpus, show_units


def age(row: TaskRow, now: datetime) -> timedelta:
    """Since it was submitted."""
    return now - row.created_at


def runtime(row: TaskRow, now: datetime) -> timedelta | None:
    """How long it ran, or runs already; None before, and again where it waits for another try."""
    if row.started_at is None or row.state in _IDLE:
        return None
    return (row.finished_at or now) - row.started_at


_IDLE: Final = UNREADY_STATES | READY_STATES | {State.CANCELLED}


def cpus(row: TaskRow, _: datetime) -> float | None:
    """A number of cpus; None where a share of the host is asked for."""
    return None if row.cpu_share else row.cpus


def show_cpus(row: TaskRow, _: datetime) -> str:
    """`2`, or `/4`."""
    return str(Cpus(row.cpus, row.cpu_share))


def plain_cpus(row: TaskRow, _: datetime) -> float | str:
    """2.0, or `/4`."""
    return f"/{row.cpu_share}" if row.cpu_share else row.cpus


def limits(row: TaskRow, _: datetime) -> list[str]:
    """The names of its limits."""
    return list(row.limits)


def show_limits(row: TaskRow, _: datetime) -> str:
    """`gpu,licence=2`: as they are given."""
    return show_units(row.limits)


def plain_limits(row: TaskRow, _: datetime) -> dict[str, int]:
    """Units by name."""
    return row.limits


def hosts(row: TaskRow, _: datetime) -> list[str]:
    """The hosts that are asked for, and the one that runs or ran it."""
    return [*row.host, row.hostname] if row.hostname is not None else row.host


def show_reason(row: TaskRow, _: datetime) -> str:
    """The first of the reasons: the others may be over before it is."""
    return row.reason[0] if row.reason else ""


def show_command(row: TaskRow, _: datetime) -> str:
    """What its pattern says of it."""
    if row.pattern == "shell":
        return row.command
    from .. import patterns  # which lists of commands do without

    try:
        pattern = patterns.find(row.pattern)
    except PatternMissingError:
        return row.command
    if isinstance(pattern, patterns.Shell):
        return row.command
    return pattern.describe({"func": row.func, "name": row.name, "args": json.loads(row.args or "[]")})


def error(row: TaskRow, _: datetime) -> str | None:
    """What the error says."""
    message = json.loads(row.error).get("message") if row.error else None
    return None if message is None else str(message)


def plain_error(row: TaskRow, _: datetime) -> Any:
    """The error as an object."""
    return json.loads(row.error) if row.error else None


def progress(row: TaskRow, _: datetime) -> dict[str, Any] | None:
    """What the task last told of itself."""
    if row.progress_done is None:
        return None
    return {"done": row.progress_done, "total": row.progress_total, "message": row.progress_message}


def show_progress(row: TaskRow, _: datetime) -> str:
    """`30%`, or how much is done where it is not known of how much."""
    if row.progress_done is None:
        return ""
    return f"{row.progress_done / row.progress_total:.0%}" if row.progress_total else f"{row.progress_done:g}"
