"""Patterns: how a task's fields become work.

A pattern is a class with hooks. Built in are `generic` (a function), `shell` (a command), `reduce` (a function over the
results of the dependencies) and `group` (nothing of its own: it is there when its dependencies are). Others come from
the entry point group `aque.patterns`, or by name as `package.module:object`.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any, ClassVar, Final

from .child import codec
from .errors import DecodeError, PatternMissingError, UsageError
from .task import Prototype


class Pattern:
    """The base of all patterns, and the one for work inside a Python child.

    A pattern of your own overrides the hooks, and has a method `run(task, dependencies)`, which is called inside the
    task's own process and whose return value is the result.
    """

    run_as: ClassVar[str] = ""
    """What the child runs: a built-in name, or this class as package.module:Class."""

    def prepare(self, prototype: Prototype) -> Prototype:
        """Complete or refuse a prototype on submission; raises UsageError."""
        return prototype

    def describe(self, fields: Mapping[str, Any]) -> str:
        """One line that tells people what a task does."""
        return str(fields.get("func") or fields.get("name") or "")

    def command(self, fields: Mapping[str, Any]) -> list[str] | None:
        """The argument list that the worker starts directly; None: a Python child does the work."""
        del fields
        return None

    def is_instant(self) -> bool:
        """Whether there is nothing to run: the task succeeds as soon as it is captured."""
        return False


class Generic(Pattern):
    """Calls func(*args, **kwargs)."""

    run_as = "generic"

    def prepare(self, prototype: Prototype) -> Prototype:
        if prototype.func is None:
            raise UsageError(f"a {prototype.pattern} task needs func")
        if isinstance(prototype.args, str):
            raise UsageError("args: a text is no sequence of arguments")
        return prototype


class Reduce(Generic):
    """Folds the results of the dependencies, in their order, with func; args may give the first value."""

    run_as = "reduce"


class Shell(Pattern):
    """Runs a command: args is the argument list, or a text for /bin/sh. Its result is 0."""

    def prepare(self, prototype: Prototype) -> Prototype:
        if not prototype.args:
            raise UsageError("a shell task needs a command in args")
        for each in prototype.args:
            if not isinstance(each, str) or "\0" in each:
                raise UsageError(f"the arguments of a command are texts without NUL, not {each!r}")
        return prototype

    def describe(self, fields: Mapping[str, Any]) -> str:
        args = _words(fields.get("args") or [])
        return args if isinstance(args, str) else shlex.join(args)

    def command(self, fields: Mapping[str, Any]) -> list[str]:
        args = _words(fields["args"])
        return ["/bin/sh", "-c", args] if isinstance(args, str) else args


def _words(stored: Any) -> str | list[str]:
    """The arguments of a command as they are stored: one that is not UTF-8 has a form of its own."""
    return [_word(each) for each in stored] if isinstance(stored, list) else _word(stored)


def _word(stored: Any) -> str:
    if isinstance(stored, dict) and set(stored) == {"$str"}:
        return str(codec.from_tree(stored))
    if isinstance(stored, str):
        return stored
    raise DecodeError(f"not an argument of a command: {codec.describe(stored)}")


class Group(Pattern):
    """Nothing but its dependencies."""

    def is_instant(self) -> bool:
        return True


_BUILT_IN: Final[Mapping[str, Pattern]] = {
    "generic": Generic(),
    "shell": Shell(),
    "reduce": Reduce(),
    "group": Group(),
}


@cache
def find(name: str) -> Pattern:
    """The pattern of a name; raises PatternMissingError."""
    if name in _BUILT_IN:
        return _BUILT_IN[name]
    for point in entry_points(group="aque.patterns", name=name):
        loaded: Any = point.load()
        pattern: Pattern = loaded() if isinstance(loaded, type) else loaded
        return pattern
    if ":" in name:
        return _Named(name)
    known = sorted({*_BUILT_IN, *(point.name for point in entry_points(group="aque.patterns"))})
    raise PatternMissingError(f"no such pattern: {name!r} (known: {', '.join(known)})")


class _Named(Pattern):
    """Any callable, or class with a run method, found by its name inside the child."""

    def __init__(self, name: str) -> None:
        self.run_as = name  # type: ignore[misc]
