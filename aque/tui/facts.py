"""What is known of one task, in words."""

from __future__ import annotations

import json
from datetime import datetime

from ..core.monitor import command_line
from ..core.rows import TaskRow
from ..core.text import clean
from ..core.units import Cpus, show_units


def facts(task: TaskRow) -> list[tuple[str, str]]:
    """Names and values; those that say nothing are left out."""
    told = {
        "name": task.name,
        "command": command_line(task.pattern, task.func, task.name, task.args),
        "user": task.user,
        "queue": task.queue,
        "priority": str(task.priority),
        "cpus": str(Cpus(task.cpus, task.cpu_share)),
        "memory": f"{task.memory:,} bytes" if task.memory else "",
        "limits": show_units(task.limits),
        "worker": task.worker,
        "attempt": f"{task.attempt} of {task.retries + 1}" if task.attempt else "",
        "created": _time(task.created_at),
        "not before": _time(task.run_at),
        "started": _time(task.started_at),
        "finished": _time(task.finished_at),
        "waits for": f"{task.blockers} more" if task.state in ("pending", "paused") and task.blockers else "",
        "exit code": "" if task.exit_code is None else str(task.exit_code),
        "signal": "" if task.signal is None else str(task.signal),
        "error": _message(task.error),
    }
    return [(name, clean(value)) for name, value in told.items() if value]


def _time(moment: datetime | None) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def _message(error: str | None) -> str:
    try:
        told = json.loads(error or "{}")
        return str(told.get("message") or told.get("type") or "")
    except (ValueError, AttributeError):
        return error or ""
