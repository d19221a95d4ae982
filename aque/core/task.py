"""Prototypes: what people ask for, read into one frozen form with all its defaults.

A prototype is a flat mapping of fields. Read it with `Prototype.read(mapping, *fallbacks)`: what is not given is taken
from the fallbacks in order (the parent's inheritable fields, the queue's defaults), then from the defaults below.
"""

from __future__ import annotations

import os
import pwd
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from .errors import UsageError
from .units import Cpus, parse_duration, parse_memory


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


def _system_text(value: Any) -> str:
    if isinstance(value, str | os.PathLike) and "\0" not in (text := os.fspath(value)):
        return text if isinstance(text, str) else os.fsdecode(text)
    raise ValueError("a text without NUL")


def _text(value: Any) -> str:
    (text := _system_text(value)).encode()  # the broker stores UTF-8
    return text


def _integer(value: Any) -> int:
    if isinstance(value, bool) or int(value) != (float(value) if not isinstance(value, str) else int(value)):
        raise ValueError("a whole number")
    return int(value)


def _priority(value: Any) -> int:
    if not -(2**31) <= (number := _integer(value)) < 2**31:
        raise ValueError("a whole number of 32 bits")
    return number


def _count(value: Any) -> int:
    if not 0 <= (number := _integer(value)) < 2**15:
        raise ValueError("a whole number from 0 to 32767")
    return number


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(_text(each) for each in ([value] if isinstance(value, str | os.PathLike) else value))


def _words(value: Any) -> tuple[str, ...]:
    return _texts(value.replace(",", " ").split() if isinstance(value, str) else value)


def _environ(value: Any) -> Mapping[str, str]:
    return MappingProxyType({_variable(name): _system_text(text) for name, text in dict(value).items()})


def _variable(name: Any) -> str:
    if not (text := _system_text(name)) or "=" in text:
        raise ValueError("names of variables without =")
    return text


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if isinstance(moment, int | float):
        moment = datetime.fromtimestamp(moment, UTC)
    if not isinstance(moment, datetime):
        raise ValueError("a time, such as 2030-01-31T18:00")
    return moment.astimezone()  # a time without a zone is local time


def _content(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(memoryview(value))


def _arguments(value: Any) -> tuple[Any, ...] | str:
    return value if isinstance(value, str) else tuple(value)


def _func(value: Any) -> Any:
    if not callable(value) and not (isinstance(value, str) and re.fullmatch(r".+:[^:]+", value)):
        raise ValueError("a function, or its name as package.module:function")
    return value


def _cwd(value: Any) -> str:
    return str(Path(_text(value)).absolute())


def _mapping(value: Any) -> Mapping[str, Any]:
    return MappingProxyType({_text(name): each for name, each in dict(value).items()})


def _dependencies(value: Any) -> tuple[Any, ...]:
    if isinstance(value, str | Mapping | TaskHandle | int):
        return (value,)
    return tuple(value)


def _named(default: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        return _text(value) or default

    return read


@dataclass(frozen=True)
class _Rule:
    """How a field is read, what error tells who gave something else, and whether children inherit it."""

    read: Callable[[Any], Any]
    expects: str
    inherited: bool = False


_WHOLE: Final = "a whole number"
_SECONDS: Final = "seconds, or a text such as 1h30m"
_TEXT: Final = "a text in UTF-8"
_PATH: Final = "a path in UTF-8"

RULES: Final[Mapping[str, _Rule]] = MappingProxyType(
    {
        "name": _Rule(_text, _TEXT),
        "pattern": _Rule(_named("generic"), "the name of a pattern"),
        "func": _Rule(_func, "a function, or its name as package.module:function"),
        "args": _Rule(_arguments, "a sequence"),
        "kwargs": _Rule(_mapping, "a mapping with texts as keys"),
        "dependencies": _Rule(_dependencies, "ids, futures or prototypes"),
        "parent": _Rule(lambda value: value, "an id, a future or a prototype"),
        "priority": _Rule(_priority, _WHOLE, inherited=True),
        "cpus": _Rule(Cpus.parse, "2, 0.5 or /4", inherited=True),
        "memory": _Rule(parse_memory, "512M, 8MB or 1.5GiB", inherited=True),
        "queue": _Rule(_named("default"), "the name of a queue", inherited=True),
        "host": _Rule(_words, "globs", inherited=True),
        "platform": _Rule(_text, "a platform as in sys.platform", inherited=True),
        "tags": _Rule(_words, "names", inherited=True),
        "io_paths": _Rule(_texts, "paths"),
        "duration": _Rule(parse_duration, _SECONDS),
        "cwd": _Rule(_cwd, _PATH, inherited=True),
        "environ": _Rule(_environ, "a mapping of texts", inherited=True),
        "user": _Rule(_text, "the name of an account", inherited=True),
        "group": _Rule(_text, "the name of a group", inherited=True),
        "interpreter": _Rule(_text, _PATH, inherited=True),
        "stdin": _Rule(_text, _PATH),
        "stdout": _Rule(_text, _PATH),
        "stderr": _Rule(_text, _PATH),
        "stdin_value": _Rule(_content, "bytes or a text"),
        "retries": _Rule(_count, "a whole number from 0 to 32767", inherited=True),
        "retry_delay": _Rule(parse_duration, _SECONDS, inherited=True),
        "timeout": _Rule(parse_duration, _SECONDS, inherited=True),
        "run_at": _Rule(_moment, "a time, such as 2030-01-31T18:00"),
        "key": _Rule(_text, _TEXT),
        "hold": _Rule(bool, "true or false"),
    }
)
"""How each field is read."""

_NESTED: Final = {
    "requirements": {"cpu": "cpus", "cpus": "cpus", "mem": "memory", "memory": "memory"},
    "hints": {"paths": "io_paths", "io_paths": "io_paths", "duration": "duration"},
}


def local_defaults() -> Mapping[str, Any]:
    """What a task takes over from the process that submits it: folder, environment, account and interpreter."""
    return {"cwd": os.getcwd(), "environ": dict(os.environ), "user": account(), "interpreter": sys.executable}  # noqa: PTH109


@cache
def account() -> str:
    """The name of this process's account, or its number where it has no name."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


_ONE_CPU: Final = Cpus()


@dataclass(frozen=True, kw_only=True)
class Prototype:
    """What a user asks for, read and complete. Times in seconds, memory in bytes."""

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
    io_paths: tuple[str, ...] | None = None
    duration: float = 0.0
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
    hold: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, given: Mapping[str, Any], *fallbacks: Mapping[str, Any]) -> Prototype:
        """From a mapping of fields; what it lacks, or gives as None, is taken from the first fallback that has it.

        Raises UsageError that names the field and what it should be.
        """
        flat = _flatten(given)
        chosen: dict[str, Any] = {}
        for layer in (*reversed(fallbacks), flat):
            chosen.update((name, value) for name, value in layer.items() if name in RULES and value is not None)
        values = {name: _read(name, value) for name, value in chosen.items()}
        if values.get("stdin") is not None and values.get("stdin_value") is not None:
            raise UsageError("give stdin or stdin_value, not both")
        return cls(**values, extra={name: each for name, each in flat.items() if name not in RULES})

    def inheritable(self) -> dict[str, Any]:
        """The fields that a child takes over where it has none of its own."""
        return {name: getattr(self, name) for name, rule in RULES.items() if rule.inherited}


def _read(name: str, value: Any) -> Any:
    try:
        return RULES[name].read(value)
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from None
    except (TypeError, ValueError, OverflowError):
        raise UsageError(f"{name}: {value!r} is not {RULES[name].expects}") from None


def _flatten(given: Mapping[str, Any]) -> dict[str, Any]:
    """The nested forms `requirements` and `hints`, made flat."""
    flat = {name: value for name, value in given.items() if name not in _NESTED}
    for nest, names in _NESTED.items():
        for name, value in dict(given.get(nest) or {}).items():
            if name not in names:
                raise UsageError(f"{nest}: no such field: {name!r} (known: {', '.join(names)})")
            flat.setdefault(names[name], value)
    return flat
