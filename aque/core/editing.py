"""Which fields of a task can be edited, and their values as they are stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .columns import columns
from .errors import UsageError
from .rules import RULES
from .task import Prototype

EDITABLE: Final = (
    *("name", "priority", "cpus", "memory", "queue", "host", "platform", "tags", "limits", "duration", "io_paths"),
    *("cwd", "interpreter", "stdout", "stderr", "timeout", "retries", "retry_delay", "run_at"),
)
_NEEDED: Final = frozenset({"name", "cwd"})  # their defaults depend on who submits


def read_changes(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that fields are stored in, and the JSON forms of their values; None or "" stands for the default.

    Raises UsageError that names the field and what is wrong with it.
    """
    if not fields:
        raise UsageError("nothing to edit: give FIELD=VALUE")
    for name, value in fields.items():
        _check(name, is_empty=value in (None, ""))
    return columns(Prototype.read({name: value for name, value in fields.items() if value != ""}), fields)


def _check(name: str, *, is_empty: bool) -> None:
    if name not in RULES:
        raise UsageError(f"no such field: {name!r} (to edit: {', '.join(EDITABLE)})")
    if name not in EDITABLE:
        raise UsageError(f"{name} cannot be edited (these can: {', '.join(EDITABLE)})")
    if is_empty and name in _NEEDED:
        raise UsageError(f"{name} cannot be empty")
