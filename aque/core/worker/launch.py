"""From a captured task to what the runner is told to start."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .. import child, patterns
from ..queries.work import Captured
from ..task import account

_BOOT: Final = str(Path(child.__file__).with_name("boot.py"))
_GRACE: Final = 5.0  # seconds between TERM and KILL at a timeout
_OWN: Final = frozenset({"stdin_value", "lease", "started_at", "has_inputs"})


@dataclass(frozen=True, slots=True)
class Launch:
    """A `run` frame for the runner."""

    header: Mapping[str, Any]
    body: bytes


def launch(task: Captured, inputs: Sequence[Mapping[str, Any]], broker_url: str) -> Launch:
    """What starts a task; `inputs` is what it may need of its dependencies.

    Raises PatternMissingError.
    """
    pattern = patterns.find(task.pattern)
    argv = pattern.command({"args": json.loads(task.args or "[]")})
    message = b"" if argv else _message(task, pattern.run_as or _name(pattern), inputs, broker_url)
    content = task.stdin_value or b""
    header = {
        "type": "run",
        "lease": task.lease,
        "argv": argv or [task.interpreter or sys.executable, _BOOT],
        "environ": task.environ_id,
        "set": {"AQUE_TASK_ID": str(task.id)},
        "cwd": task.cwd,
        "stdin": _filled(task.stdin, task),
        "stdout": _filled(task.stdout, task),
        "stderr": _filled(task.stderr, task),
        "cpus": task.cpus,
        "memory": task.memory,
        "timeout": task.timeout,
        "grace": _GRACE,
        "user": None if task.username == account() else task.username,
        "group": task.groupname,
        "stdin_size": None if task.stdin_value is None else len(content),
        "input_size": None if argv else len(message),
    }
    return Launch(header, content + message)


def _message(task: Captured, run: str, inputs: Sequence[Mapping[str, Any]], broker_url: str) -> bytes:
    fields = {name: getattr(task, name) for name in Captured.__slots__ if name not in _OWN}
    fields["user"] = fields.pop("username")
    told = {"task": fields, "run": run, "dependencies": [_input(each) for each in inputs], "broker": broker_url}
    return json.dumps(told).encode()


def _input(given: Mapping[str, Any]) -> dict[str, Any]:
    """A dependency as the child is told of it: what a command wrote is a text there."""
    stdout = given["stdout"]
    return {**given, "stdout": None if stdout is None else bytes(stdout).decode("utf-8", "replace")}


def _filled(path: str | None, task: Captured) -> str | None:
    """A path with {id}, {name} and {attempt} filled in."""
    if path is None:
        return None
    for name, value in (("{id}", task.id), ("{attempt}", task.attempt), ("{name}", task.name.replace("/", "_"))):
        path = path.replace(name, str(value))
    return path


def _name(pattern: patterns.Pattern) -> str:
    return f"{type(pattern).__module__}:{type(pattern).__qualname__}"
