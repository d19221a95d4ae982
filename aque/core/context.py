"""The task that is running here, and where it came from, if this is a task's process."""

from __future__ import annotations

import sys
from typing import Any

from .child.current import CurrentTask


def _child() -> Any:
    """The child's own module: it was loaded there under a name of its own."""
    return sys.modules.get("_aque_child.current")


def current_task() -> CurrentTask | None:
    """The task that this process runs; None outside of tasks."""
    child = _child()
    task: CurrentTask | None = child.current_task() if child else None
    return task


def broker_url() -> str | None:
    """Where the broker is that the running task came from; None outside of tasks."""
    child = _child()
    url: str | None = child.broker_url() if child else None
    return url


def progress(done: float, total: float | None = None, message: str | None = None) -> None:
    """Tell how far the running task is: `done` of `total`, and in what. Outside of tasks it does nothing."""
    if child := _child():
        child.progress(done, total, message)
