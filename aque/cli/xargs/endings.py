"""How a command ended, as xargs tells it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ...core.queries.tasks import Ending
from ...core.states import State

FAILED: Final = 123
NOT_FOUND: Final = "aque:not_found"
TIMEOUT: Final = "builtins:TimeoutError"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of the exit status; where `stops`, nothing more is run."""

    status: int = 0
    message: str | None = None
    stops: bool = False


def judge(ending: Ending, name: str) -> Verdict:
    """The verdict on a command, which people know by `name`."""
    if ending.state == State.SUCCESS:
        return Verdict()
    if ending.exit_code is not None:
        return _exited(ending.exit_code, name)
    error: dict[str, Any] = json.loads(ending.error or "{}")
    if error.get("type") == TIMEOUT:
        return Verdict(FAILED, f"{name}: {error.get('message')}")
    if ending.signal is not None:
        return Verdict(125, f"{name}: terminated by signal {ending.signal}", stops=True)
    if ending.state == State.CANCELLED:
        return Verdict(FAILED, f"{name}: task {ending.id} was cancelled")
    tell = _NOT_STARTED.get(error.get("type", ""), _unknown)
    return tell(name, error)


def is_not_found(ending: Ending) -> bool:
    """Whether there was no such command, be it that a shell says so."""
    return ending.exit_code == 127 or json.loads(ending.error or "{}").get("type") == NOT_FOUND


def _exited(code: int, name: str) -> Verdict:
    if code == 255:
        return Verdict(124, f"{name}: exited with status 255; aborting", stops=True)
    return Verdict(FAILED if code else 0)


def _reason(error: Mapping[str, Any]) -> str:
    """What the system said, behind the path of which it did."""
    return str(error["message"]).rpartition(": ")[2]


def _unknown(name: str, error: Mapping[str, Any]) -> Verdict:
    return Verdict(126, f"{name}: {error.get('message') or 'it could not be run'}", stops=True)


_NOT_STARTED: Final[Mapping[str, Callable[[str, Mapping[str, Any]], Verdict]]] = {
    NOT_FOUND: lambda name, _: Verdict(127, f"{name}: No such file or directory", stops=True),
    "aque:not_executable": lambda name, error: Verdict(126, f"{name}: {_reason(error)}", stops=True),
    "aque.core.errors:TaskNotFound": lambda name, error: Verdict(FAILED, f"{name}: {error['message']}"),
    "aque:too_long": lambda *_: Verdict(1, "can't call exec() due to argument size restrictions", stops=True),
}
