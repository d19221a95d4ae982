"""How each field of a prototype is read."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from .child.names import name_of
from .environment import environ
from .errors import UsageError
from .units import Cpus, parse_duration, parse_memory


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
        raise ValueError("out of range")
    return number


def _count(value: Any) -> int:
    if not 0 <= (number := _integer(value)) < 2**15:
        raise ValueError("a whole number from 0 to 32767")
    return number


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(_text(each) for each in ([value] if isinstance(value, str | os.PathLike) else value))


def _words(value: Any) -> tuple[str, ...]:
    return _texts(value.replace(",", " ").split() if isinstance(value, str) else value)


def _limits(value: Any) -> Mapping[str, int]:
    given = value.replace(",", " ").split() if isinstance(value, str) else value
    pairs = list(given.items() if isinstance(given, Mapping) else map(_units, given))
    if len(found := {limit_name(name): _amount(amount) for name, amount in pairs}) < len(pairs):
        raise ValueError("a limit is named twice")
    return MappingProxyType(dict(sorted(found.items())))


def _units(text: str) -> tuple[str, str | int]:
    name, equals, amount = _text(text).partition("=")
    return name, amount if equals else 1


def limit_name(value: Any) -> str:
    """The name of a limit; raises ValueError for what can be none."""
    if not re.fullmatch(r"[^\s,=]+", text := _text(value)):
        raise ValueError("a name without spaces, commas and =")
    return text


def _amount(value: Any) -> int:
    if not 1 <= (number := _integer(value)) < 2**31:
        raise ValueError("a whole number from 1 on")
    return number


def _environ(value: Any) -> Mapping[str, str]:
    if value is environ():  # that of the system is as it must be
        return environ()
    return MappingProxyType({_variable(name): _system_text(text) for name, text in dict(value).items()})


def _variable(name: Any) -> str:
    if not (text := _system_text(name)) or "=" in text:
        raise ValueError("names of variables without =")
    return text


def _read_moment(text: str) -> datetime:
    """A date, with a time or without; or a time of day, which means the next one."""
    if not re.match(r"\d\d:", text, re.ASCII):
        return datetime.fromisoformat(text)
    of_day = time.fromisoformat(text)
    now = datetime.now(of_day.tzinfo)
    moment = datetime.combine(now, of_day)
    return moment if moment > now else moment + timedelta(days=1)


def _moment(value: Any) -> datetime:
    moment = _read_moment(value) if isinstance(value, str) else value
    if isinstance(moment, int | float):
        moment = datetime.fromtimestamp(moment, UTC)
    if not isinstance(moment, datetime):
        raise ValueError(_TIME)
    return moment.astimezone()  # a time without a zone is local time


def _content(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(memoryview(value))


def _arguments(value: Any) -> tuple[Any, ...] | str:
    return value if isinstance(value, str) else tuple(value)


def _pattern(value: Any) -> str:
    return name_of(value) if callable(value) else _text(value) or "generic"


def _func(value: Any) -> Any:
    if not callable(value) and not (isinstance(value, str) and re.fullmatch(r".+:[^:]+", value)):
        raise ValueError("a function, or its name as package.module:function")
    return value


def _cwd(value: Any) -> str:
    return str(Path(_text(value)).absolute())


def _mapping(value: Any) -> Mapping[str, Any]:
    return MappingProxyType({_text(name): each for name, each in dict(value).items()})


def _dependencies(value: Any) -> tuple[Any, ...]:
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        return (value,)
    return tuple(value)


def _isolation(value: Any) -> str:
    if value not in ISOLATIONS:
        raise ValueError
    return str(value)


def check_queue(name: str) -> None:
    """Raise UsageError for what cannot be the name of a queue."""
    if not name or "\0" in name:
        raise UsageError("a queue has a name")


def _named(default: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        return _text(value) or default

    return read


@dataclass(frozen=True)
class Rule:
    """How a field is read, what error tells who gave something else, and whether children inherit it."""

    read: Callable[[Any], Any]
    expects: str
    inherited: bool = False


ISOLATIONS: Final = ("process", "shared")
"""What a function shares its process with: nothing, or others of the same surroundings."""
_PRIORITY: Final = "a whole number from -2147483648 to 2147483647"
_TIME: Final = "a time, such as 18:00 or 2030-01-31T18:00"
_SECONDS: Final = "seconds, or a text such as 1h30m"
_TEXT: Final = "a text in UTF-8"
_PATH: Final = "a path in UTF-8"

RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "name": Rule(_text, _TEXT),
        "pattern": Rule(_pattern, "the name of a pattern, or one that can be found by name"),
        "func": Rule(_func, "a function, or its name as package.module:function"),
        "args": Rule(_arguments, "a sequence"),
        "kwargs": Rule(_mapping, "a mapping with texts as keys"),
        "dependencies": Rule(_dependencies, "ids, futures or prototypes"),
        "parent": Rule(lambda value: value, "an id, a future or a prototype"),
        "priority": Rule(_priority, _PRIORITY, inherited=True),
        "cpus": Rule(Cpus.parse, "2, 0.5 or /4", inherited=True),
        "memory": Rule(parse_memory, "512M, 8MB or 1.5GiB", inherited=True),
        "queue": Rule(_named("default"), "the name of a queue", inherited=True),
        "host": Rule(_words, "globs", inherited=True),
        "platform": Rule(_text, "a platform as in sys.platform", inherited=True),
        "tags": Rule(_words, "names", inherited=True),
        "limits": Rule(_limits, "names of limits, or units by name, such as licence=2", inherited=True),
        "io_paths": Rule(_texts, "paths"),
        "duration": Rule(parse_duration, _SECONDS),
        "cwd": Rule(_cwd, _PATH, inherited=True),
        "environ": Rule(_environ, "a mapping of texts", inherited=True),
        "user": Rule(_text, "the name of an account", inherited=True),
        "group": Rule(_text, "the name of a group", inherited=True),
        "interpreter": Rule(_text, _PATH, inherited=True),
        "stdin": Rule(_text, _PATH),
        "stdout": Rule(_text, _PATH),
        "stderr": Rule(_text, _PATH),
        "stdin_value": Rule(_content, "bytes or a text"),
        "retries": Rule(_count, "a whole number from 0 to 32767", inherited=True),
        "retry_delay": Rule(parse_duration, _SECONDS, inherited=True),
        "timeout": Rule(parse_duration, _SECONDS, inherited=True),
        "run_at": Rule(_moment, _TIME),
        "key": Rule(_text, _TEXT),
        "isolation": Rule(_isolation, " or ".join(ISOLATIONS), inherited=True),
        "hold": Rule(bool, "true or false"),
    }
)
"""How each field is read."""
