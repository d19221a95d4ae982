"""Prototypes: what people ask for, read into one frozen form with all its defaults.

A prototype is a flat mapping of fields. Read it with `Prototype.read(mapping, *fallbacks)`: what is not given is taken
from the fallbacks in order (the parent's inheritable fields, the queue's defaults), then from the defaults below.
"""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final

from .account import account
from .environment import environ
from .errors import UsageError
from .rules import RULES
from .units import Cpus


class TaskHandle:
    """Something that stands for a task which is stored already, as a future does."""

    id: int


@dataclass(frozen=True, eq=False)
class ValueOf:
    """Stands, in an argument, for what another task will have made: its `result`, or its `stdout` as text.

    `task` is a prototype of the same submission, a future or an id.
    """

    task: Mapping[str, Any] | TaskHandle | int
    kind: str = "result"


def result_of(task: Mapping[str, Any] | TaskHandle | int) -> ValueOf:
    """The result of a task as an argument of another, which then depends on it."""
    return ValueOf(task, "result")


def stdout_of(task: Mapping[str, Any] | TaskHandle | int) -> ValueOf:
    """What a task wrote to its stdout, as a text, as an argument of another, which then depends on it."""
    return ValueOf(task, "stdout")


_NESTED: Final = {
    "requirements": {"cpu": "cpus", "cpus": "cpus", "mem": "memory", "memory": "memory"},
    "hints": {"paths": "io_paths", "io_paths": "io_paths", "duration": "duration"},
}


def local_defaults() -> Mapping[str, Any]:
    """What a task takes over from the process that submits it: folder, environment, account and interpreter."""
    return {"cwd": _folder(), "environ": environ(), "user": account(), "interpreter": sys.executable}


_STRUCTURE: Final = frozenset({"children", "on_done"})
"""What the graph reads."""


def _folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109
    except FileNotFoundError:
        raise UsageError("the current folder is gone: change to one that exists") from None


_ONE_CPU: Final = Cpus()


@dataclass(frozen=True, kw_only=True)
class Prototype:
    """What a user asks for, read and complete. Times in seconds, memory in bytes.

    `guessed` is no field that can be given: it says that nobody gave the duration, so that nothing may rely on it.
    """

    name: str = ""
    pattern: str = "generic"
    func: Any = None
    args: tuple[Any, ...] | str = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    dependencies: tuple[Any, ...] = ()
    parent: Any = None
    priority: int = 1000
    cpus: Cpus = _ONE_CPU
    memory: int = 0
    queue: str = "default"
    host: tuple[str, ...] = ()
    platform: str = ""
    tags: tuple[str, ...] = ()
    limits: Mapping[str, int] = field(default_factory=dict)
    io_paths: tuple[str, ...] | None = None
    duration: float = 0.0
    guessed: bool = False
    cwd: str = "/"
    environ: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    group: str | None = None
    interpreter: str | None = None
    stdin: str | None = None
    stdout: str | None = None
    stderr: str | None = None
    stdin_value: bytes | None = None
    retries: int = 0
    retry_delay: float = 0.0
    timeout: float | None = None
    run_at: datetime | None = None
    key: str | None = None
    isolation: str | None = None
    hold: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, given: Mapping[str, Any], *fallbacks: Mapping[str, Any]) -> Prototype:
        """From a mapping of fields; what it lacks, or gives as None, is taken from the first fallback that has it.

        Raises UsageError that names the field and what it should be.
        """
        return Reader(*fallbacks).read(given)

    def with_args(self, args: Iterable[Any]) -> Prototype:
        """The same with other arguments."""
        made = object.__new__(Prototype)
        made.__dict__.update(self.__dict__, args=tuple(args))  # much quicker than thirty arguments
        return made

    def inheritable(self) -> dict[str, Any]:
        """The fields that a child takes over where it has none of its own."""
        return {name: getattr(self, name) for name, rule in RULES.items() if rule.inherited}


class Reader:
    """Reads any number of prototypes; what they lack is taken from the fallbacks, which are read once."""

    def __init__(self, *fallbacks: Mapping[str, Any]) -> None:
        values: dict[str, Any] = {}
        for layer in reversed(fallbacks):
            values.update(_values(layer))
        self.common = Prototype(**values)  # what a prototype without any fields would be

    def but(self, **fields: Any) -> Reader:
        """The same with other values, which are taken as they are."""
        made = Reader()
        made.common = dataclasses.replace(self.common, **fields)
        return made

    def read(self, given: Mapping[str, Any]) -> Prototype:
        """As `Prototype.read`."""
        flat = _flatten(given)
        values = _values(flat)
        if len(values) < len(flat):
            values["extra"] = {name: each for name, each in flat.items() if name not in RULES and _is_extra(name)}
        made = object.__new__(Prototype)
        made.__dict__.update(self.common.__dict__, **values)  # much quicker than thirty arguments
        if made.stdin_value is not None and made.stdin is not None:
            raise UsageError("give stdin or stdin_value, not both")
        return made


def _values(layer: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _read(name, value) for name, value in layer.items() if value is not None and name in RULES}


@cache
def _is_extra(name: str) -> bool:
    """Whether a field that aque does not know is kept apart; one that is nearly known is more likely a slip."""
    if name in _STRUCTURE:
        return False
    import difflib  # which one that is written well does without

    if near := difflib.get_close_matches(name, [*RULES, *_NESTED, *_STRUCTURE], 1, 0.8):
        raise UsageError(f"no such field: {name!r} (did you mean {near[0]}? Fields of your own need other names)")
    return True


def _read(name: str, value: Any) -> Any:
    try:
        return RULES[name].read(value)
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from None
    except (TypeError, ValueError, OverflowError):
        raise UsageError(f"{name}: {value!r} is not {RULES[name].expects}") from None


def _flatten(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The nested forms `requirements` and `hints`, made flat."""
    if _NESTED.keys().isdisjoint(given):
        return given
    flat = {name: value for name, value in given.items() if name not in _NESTED}
    for nest, names in _NESTED.items():
        for name, value in dict(given.get(nest) or {}).items():
            if name not in names:
                raise UsageError(f"{nest}: no such field: {name!r} (known: {', '.join(names)})")
            flat.setdefault(names[name], value)
    return flat
