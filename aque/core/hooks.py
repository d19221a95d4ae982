"""What is done once a task has ended: a task of its own that depends on it, and so outlives whoever ran that.

{"args": ["make"], "on_done": "notify-send done"}            # a line for /bin/sh
{"args": ["make"], "on_done": ["https://example.org/hook"]}  # several; a URL is told by POST
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from .errors import UsageError
from .task import Prototype
from .units import Cpus

FIELD: Final = "on_done"
_TRIES: Final[Mapping[str, Any]] = {"retries": 5, "retry_delay": 5.0, "timeout": 300.0}
_NEEDS: Final[Mapping[str, Any]] = {"cpus": Cpus(0.1), "memory": 0, "limits": {}, "isolation": "process"}
_MOST: Final = 2**31 - 1


class Hook(dict[str, Any]):
    """The prototype of a hook of `target`, which is a prototype itself."""

    def __init__(self, target: Mapping[str, Any], what: str) -> None:
        needed = {"task": target, "condition": "complete"}
        super().__init__(pattern="hook", args=[what], dependencies=[needed], **_TRIES)
        self.target = target


def hooks(given: Mapping[str, Any], what: Any) -> Iterator[Hook]:
    """The hooks of a prototype, none of a hook itself; raises UsageError for what cannot be one."""
    return (Hook(given, each) for each in read(what) if not isinstance(given, Hook))


def read(value: Any) -> tuple[str, ...]:
    """A command line or a URL, or several of them; raises UsageError."""
    found = () if value is None else (value,) if isinstance(value, str) else tuple(value)
    for each in found:
        if not isinstance(each, str) or "\0" in each or not each.strip():
            raise UsageError(f"{FIELD}: {each!r} is neither a command line nor a URL")
    return found


def fields(target: Prototype, name: str) -> dict[str, Any]:
    """What a hook takes over from what it waits for: where it runs, as whom, and a place before its equals."""
    more = {"name": f"on-done {name}", "priority": min(target.priority + 1, _MOST)}
    return {**target.inheritable(), **_NEEDS, **more}
