"""Patterns: how a task's fields become work.

A pattern is a class with hooks. Built in are `generic` (a function), `shell` (a command), `reduce` (a function over the
results of the dependencies), `group` (nothing of its own: it is there when its dependencies are) and `hook` (what is
done once a task has ended). Others come from the entry point group `aque.patterns`, or by name as
`package.module:object`; docs/patterns.md shows how.

Hooks of others are called through `prepare`, `describe` and `command` of this module, which turn whatever they raise
into one line. A pattern that goes by name is imported where a task is submitted and where it runs, and nowhere else.
"""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import FunctionType
from typing import Any, Final

from . import hints
from .child import calls, codec
from .child.codec import describe as shown
from .child.names import name_of, one_line, resolve_name
from .errors import AqueError, DecodeError, EncodeError, PatternMissingError, UsageError
from .task import Prototype

_SHOWN: Final = 8  # arguments of a call that people are shown


class Pattern:
    """The base of all patterns, and the one for work inside a Python child.

    A pattern of your own overrides the hooks, and has a method `run(task, dependencies)`, which is called inside the
    task's own process and whose return value is the result.
    """

    run_as: str = ""
    """What the child runs: a built-in name, or this pattern as package.module:object."""

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
        """Checked, and with a callable that has no name as the first of its arguments."""
        checked = _with_function(prototype)
        return _called(checked) if _goes_by_value(checked.func) else checked

    def describe(self, fields: Mapping[str, Any]) -> str:
        words = [shown(one) for one in (fields.get("args") or ())[: _SHOWN + 1]]
        words += [f"{name}={shown(one)}" for name, one in (fields.get("kwargs") or {}).items()]
        more = ["…"] if len(words) > _SHOWN else []
        func = super().describe(fields)
        return _SHOWN_AS.get(func, _as_call)(func, words[:_SHOWN] + more, str(fields.get("name")))


def _as_call(func: str, words: Sequence[str], _: str) -> str:
    return f"{func}({', '.join(words)})"


_SHOWN_AS: Final[Mapping[str, Callable[[str, Sequence[str], str], str]]] = {
    name_of(calls.call): lambda _, words, name: f"{name}({', '.join(words[1:])})",
    name_of(calls.each): lambda _, words, __: f"{words[0]} for each of {', '.join(words[1:])}",
}


def _with_function(prototype: Prototype) -> Prototype:
    if prototype.func is None:
        raise UsageError(f"a {prototype.pattern} task needs func")
    if isinstance(prototype.args, str):
        raise UsageError("args: a text is no sequence of arguments")
    return prototype


def _goes_by_value(func: Any) -> bool:
    """Whether a callable has no name that leads back to it, and is no function or class, which must have one."""
    if isinstance(func, str | FunctionType | type):
        return False
    try:
        name_of(func)
    except EncodeError:
        return True
    return False


def _called(prototype: Prototype) -> Prototype:
    """The same with its callable (a bound method, a partial) as the first argument."""
    func = prototype.func
    named = getattr(func, "__qualname__", None) or getattr(getattr(func, "func", func), "__qualname__", None)
    name = prototype.name or str(named or type(func).__qualname__)
    return dataclasses.replace(prototype, func=calls.call, args=(func, *prototype.args), name=name)


class Reduce(Generic):
    """Folds the results of the dependencies, in their order, with func; args may give the first value."""

    run_as = "reduce"

    def prepare(self, prototype: Prototype) -> Prototype:
        return _with_function(prototype)


class Shell(Pattern):
    """Runs a command: args is the argument list, or a text for /bin/sh. Its result is 0."""

    def prepare(self, prototype: Prototype) -> Prototype:
        """Checked, and with `io_paths` and `duration` (of reading them) guessed where it has none."""
        if not prototype.args:
            raise UsageError("a shell task needs a command in args")
        for each in prototype.args:
            if not isinstance(each, str) or "\0" in each:
                raise UsageError(f"the arguments of a command are texts without NUL, not {each!r}")
        return prototype if prototype.io_paths is not None else _hinted(prototype)

    def describe(self, fields: Mapping[str, Any]) -> str:
        args = _words(fields.get("args") or [])
        return args if isinstance(args, str) else shlex.join(args)

    def command(self, fields: Mapping[str, Any]) -> list[str]:
        args = _words(fields["args"])
        return ["/bin/sh", "-c", args] if isinstance(args, str) else args


def _words(stored: Any) -> str | list[str]:
    """The arguments of a command as they are stored: one that is not UTF-8 has a form of its own."""
    return [_word(each) for each in stored] if isinstance(stored, list | tuple) else _word(stored)


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


class Hook(Pattern):
    """Does what args says, a command line or a URL, and tells it how the first dependency ended."""

    run_as = "hook"

    def prepare(self, prototype: Prototype) -> Prototype:
        if len(prototype.args) != 1 or not isinstance(prototype.args, tuple) or not prototype.dependencies:
            raise UsageError("a hook has one command line or URL as its args, and the task that it waits for")
        return prototype

    def describe(self, fields: Mapping[str, Any]) -> str:
        return str(_words(fields.get("args") or [""])[0])


def _hinted(prototype: Prototype) -> Prototype:
    found = hints.of_command(prototype.args, prototype.cwd)
    if not found.paths:
        return prototype
    if prototype.duration:
        return dataclasses.replace(prototype, io_paths=found.paths)
    return dataclasses.replace(prototype, io_paths=found.paths, duration=found.duration, guessed=True)


class _ByName(Pattern):
    """Known by its name alone; the child finds the object. With the object itself: the hooks that this has."""

    def __init__(self, name: str, target: object = None) -> None:
        self.run_as = name
        for hook in ("prepare", "describe", "command"):
            if callable(own := getattr(target, hook, None)):
                setattr(self, hook, own)


_BUILT_IN: Final[Mapping[str, Pattern]] = {
    "generic": Generic(),
    "shell": Shell(),
    "reduce": Reduce(),
    "group": Group(),
    "hook": Hook(),
}


@cache
def find(name: str) -> Pattern:
    """The pattern of a name, as the worker and the screens see it; raises PatternMissingError."""
    if name in _BUILT_IN:
        return _BUILT_IN[name]
    if point := installed().get(name):
        return _made(point.load, f"{point.module}:{point.attr}")
    if ":" in name:
        return _ByName(name)
    known = ", ".join(sorted({*_BUILT_IN, *installed()}))
    raise PatternMissingError(f"no such pattern: {name!r} (known: {known})")


@cache
def installed() -> Mapping[str, EntryPoint]:
    """The patterns that installed packages bring, by name."""
    return {point.name: point for point in entry_points(group="aque.patterns")}


def prepare(prototype: Prototype) -> Prototype:
    """The prototype as its pattern completes it on submission; raises UsageError or PatternMissingError."""
    done = _guarded(prototype.pattern, _submitted(prototype.pattern).prepare, prototype)
    if not isinstance(done, Prototype):
        raise UsageError(f"pattern {prototype.pattern}: prepare() returned {done!r}, not a prototype")
    return done


def describe(name: str, fields: Mapping[str, Any]) -> str:
    """One line for people on what a task does; `args`, `kwargs` and `extra` are trees. Never raises."""
    try:
        return str(find(name).describe(fields)) or name
    except Exception:  # a screen lives on without a description
        return name


@cache
def may_command(name: str) -> bool:
    """Whether tasks of a pattern can be commands; raises PatternMissingError."""
    return getattr(find(name).command, "__func__", None) is not Pattern.command


def command(name: str, fields: Mapping[str, Any]) -> list[str] | None:
    """The argument list of a task, or None where a Python child does the work; fields as in `describe`.

    Raises UsageError or PatternMissingError.
    """
    argv = _guarded(name, find(name).command, fields)
    if argv is None:
        return None
    if not (isinstance(argv, list | tuple) and argv and all(isinstance(each, str) for each in argv)):
        raise UsageError(f"pattern {name}: command() returned {argv!r}, not a list of texts")
    return list(argv)


@cache
def _submitted(name: str) -> Pattern:
    """The pattern for a submission: one that goes by its name is imported for its hooks, if it is to be found here."""
    pattern = find(name)
    if not isinstance(pattern, _ByName) or name in installed():
        return pattern
    try:
        return _made(lambda: resolve_name(name), name)
    except DecodeError:
        return pattern


def _made(load: Callable[[], Any], name: str) -> Pattern:
    """A pattern of somebody else: an instance of a class, derived from Pattern or not, or any callable."""
    try:
        loaded = load()
        target = loaded() if isinstance(loaded, type) else loaded
    except AqueError:
        raise
    except Exception as error:
        raise PatternMissingError(f"the pattern {name} cannot be loaded: {one_line(error)}") from error
    if not isinstance(target, Pattern):
        return _ByName(name, target)
    target.run_as = name if hasattr(target, "run") else target.run_as or name
    return target


def _guarded(name: str, hook: Callable[[Any], Any], given: object) -> Any:
    """Call a hook; what it raises is told in one line."""
    try:
        return hook(given)
    except AqueError:
        raise
    except Exception as error:
        raise UsageError(f"pattern {name}: {one_line(error)}") from error
