"""From a captured task to what the runner is told to start."""

from __future__ import annotations

import json
import operator
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from .. import child, patterns
from ..account import account
from ..db.source import without_credentials
from ..queries.work import Captured
from .inputs import Given

_BOOT: Final = str(Path(child.__file__).with_name("boot.py"))
_GRACE: Final = 5.0  # seconds between TERM and KILL at a timeout
_OWN: Final = frozenset({"stdin_value", "lease", "started_at", "environ_id", "has_inputs"})
_NAMES: Final = {"username": "user", "groupname": "group", "parent_id": "parent"}
_COLUMNS: Final = [name for name in Captured._fields if name not in _OWN]
_TOLD: Final = [_NAMES.get(name, name) for name in _COLUMNS]
_VALUES: Final = operator.attrgetter(*_COLUMNS)
_NO_STREAMS: Final = (None,) * 4
ENCODE: Final = json.JSONEncoder(separators=(",", ":")).encode
_ENCODED: Final = {"args": "[]", "kwargs": "{}", "extra": "{}"}


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A `kind` frame for the runner: what tasks have in common that share processes."""

    header: Mapping[str, Any]
    body: bytes


class Launch(NamedTuple):  # made by the thousand
    """A `run` frame for the runner; of one of a kind, the lease alone is told beside the body."""

    header: Mapping[str, Any]
    body: bytes
    kind: Kind | None = None

    @property
    def wants_result(self) -> bool:
        """Whether it is a function."""
        return self.kind is not None or self.header["input_size"] is not None


def launch(
    task: Captured,
    given: Given,
    broker_url: str,
    variables: Mapping[str, str],
) -> Launch:
    """What starts a task; `given` is what it may need of its dependencies.

    `variables` stand in its environment, beside its own.

    Raises PatternMissingError, or UsageError where the pattern makes no command of the task, or it asks for too much.
    """
    argv = command(task)
    message = b"" if argv else _message(task, given, broker_url)
    content = task.stdin_value or b""
    header = {
        "type": "run",
        "lease": task.lease,
        "argv": argv or [task.interpreter or sys.executable, _BOOT],
        "warm": not argv,
        "environ": task.environ_id,
        "set": {"AQUE_TASK_ID": str(task.id), **variables},
        "cwd": task.cwd,
        "stdin": _filled(task.stdin, task),
        "stdout": _filled(task.stdout, task),
        "stderr": _filled(task.stderr, task),
        "cpus": task.cpus,
        "memory": task.memory,
        "timeout": task.timeout,
        "grace": _GRACE,
        "user": None if _is_own(task) else task.username,
        "group": task.groupname,
        "stdin_size": None if task.stdin_value is None else len(content),
        "input_size": None if argv else len(message),
    }
    return Launch(header, content + message)


def command(task: Captured) -> list[str] | None:
    """The command that a task is; None for a function. Raises PatternMissingError or UsageError."""
    return patterns.command(task.pattern, _read(task)) if patterns.may_command(task.pattern) else None


def _fields(task: Captured) -> dict[str, Any]:
    """The fields by the names that users know; some are JSON texts."""
    fields = dict(zip(_TOLD, _VALUES(task), strict=True))
    for name, empty in _ENCODED.items():
        fields[name] = fields[name] or empty
    return fields


def _read(task: Captured) -> dict[str, Any]:
    """The same, with values instead of JSON texts."""
    fields = _fields(task)
    return {**fields, **{name: json.loads(fields[name]) for name in _ENCODED}}


def _message(task: Captured, given: Given, broker_url: str) -> bytes:
    """What the child is told. A task of somebody else's does not get this worker's credentials."""
    told = {
        "task": _fields(task),
        "run": patterns.find(task.pattern).run_as,
        "broker": broker_url if _is_own(task) else without_credentials(broker_url),
    }
    return with_inputs(told, given.told(task))


def with_inputs(told: Mapping[str, Any], inputs: str) -> bytes:
    """An object in JSON, with the dependencies of a task, which are JSON already and may be many."""
    return f'{ENCODE(told)[:-1]},"dependencies":{inputs}}}'.encode()


def is_shared(task: Captured, isolation: str) -> bool:
    """Whether a task may share a process, if it is no command; not where it reads or writes files of its own.

    `isolation` is what it has if it does not say.
    """
    streams = (task.stdin, task.stdin_value, task.stdout, task.stderr)
    return (task.isolation or isolation) == "shared" and streams == _NO_STREAMS


def _is_own(task: Captured) -> bool:
    """Whether the task runs as the worker's own user."""
    return task.username == account()


def _filled(path: str | None, task: Captured) -> str | None:
    """A path with {id}, {name} and {attempt} filled in."""
    if path is None:
        return None
    for name, value in (("{id}", task.id), ("{attempt}", task.attempt), ("{name}", task.name.replace("/", "_"))):
        path = path.replace(name, str(value))
    return path
