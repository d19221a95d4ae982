"""What xargs is told: its options, read in their order, later ones against earlier ones."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from . import getopt
from .delimiter import read_delimiter
from .getopt import Option, Value
from .limits import Limits

NAME: Final = "aque-xargs"
_LARGEST: Final = sys.maxsize


class Refused(Exception):
    """Options or input that xargs cannot go on with: it says so and exits with 1."""

    def __init__(self, message: str, *, hint: bool = False) -> None:
        super().__init__(f"{message}\nTry '{NAME} --help' for more information." if hint else message)


@dataclass(frozen=True)
class Options:
    """All that xargs was told. Texts of the input and of commands are bytes; sizes count bytes with their NULs."""

    max_chars: int
    delimiter: bytes | None = None
    """None: words, with quotes and backslashes."""
    eof: bytes | None = None
    replace: bytes | None = None
    max_args: int = 0
    max_lines: int = 0
    exit_if_exceeded: bool = False
    run_if_empty: bool = True
    procs: int = 1
    """0: without limit."""
    trace: bool = False
    interactive: bool = False
    open_tty: bool = False
    arg_file: str | None = None
    slot_variable: str | None = None
    show_limits: bool = False
    asks_for: str = ""
    """`help` or `version`, instead of all else."""
    shell: bool = False
    detach: bool = False
    broker: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    """Fields of the tasks, as they were given."""
    command: tuple[bytes, ...] = (b"echo",)


_Warn: TypeAlias = Callable[[str], None]


@dataclass(frozen=True)
class _Reading:
    """An option's value on its way into the options that were read before it."""

    so_far: Options
    name: str
    value: str
    limits: Limits
    warn: _Warn

    def with_(self, **changes: object) -> Options:
        return replace(self.so_far, **changes)  # type: ignore[arg-type]

    def number(self, low: int, high: int = _LARGEST) -> int:
        """A whole number within bounds; raises Refused."""
        number = self._read()
        if number < low:
            raise Refused(self._bound(number, ">=", low), hint=True)
        if number > high:
            raise Refused(self._bound(number, "<=", high), hint=True)
        return number

    def clamped(self, low: int, high: int) -> int:
        """A whole number, brought within bounds with a warning; raises Refused for what is no number."""
        number = self._read()
        if number < low:
            self.warn(self._bound(number, ">=", low))
        if number > high:
            self.warn(self._bound(number, "<=", high))
        return min(max(number, low), high)

    def _read(self) -> int:
        digits = self.value.lstrip(" \t\n\v\f\r")
        if not digits.removeprefix(digits[:1] if digits[:1] in ("+", "-") else "").isdecimal() or not digits.isascii():
            raise Refused(f'invalid number "{self.value}" for -{self.name} option', hint=True)
        return min(max(int(digits[:40]), -_LARGEST - 1), _LARGEST)

    def _bound(self, number: int, sign: str, bound: int) -> str:
        return f"value {number} for -{self.name} option should be {sign} {bound}"

    def exclusive(self, by: str, **changes: object) -> Options:
        """Options of which only the last counts."""
        for attribute, name in _EXCLUSIVE.items():
            if getattr(self.so_far, attribute) and attribute not in changes:
                self.warn(
                    f"warning: options --{name} and {by} are mutually exclusive, ignoring previous --{name} value"
                )
        return self.with_(**{"max_args": 0, "max_lines": 0, "replace": None, **changes})


_EXCLUSIVE: Final = {"max_args": "max-args", "max_lines": "max-lines", "replace": "replace"}


def _null(read: _Reading) -> Options:
    return read.with_(delimiter=b"\0")


def _delimiter(read: _Reading) -> Options:
    try:
        return read.with_(delimiter=read_delimiter(os.fsencode(read.value)))
    except ValueError as error:
        raise Refused(str(error)) from None


def _eof(read: _Reading) -> Options:
    return read.with_(eof=os.fsencode(read.value) or None)


def _replace(read: _Reading) -> Options:
    pattern = os.fsencode(read.value or "{}") if read.name == "i" else os.fsencode(read.value)
    return read.exclusive("--replace/-I/-i", replace=pattern)


def _max_args(read: _Reading) -> Options:
    number = read.number(1)
    if number == 1 and read.so_far.replace is not None:
        return read.so_far
    return read.exclusive("--max-args/-n", max_args=number)


def _max_lines(read: _Reading) -> Options:
    by = "-L" if read.name == "L" else "--max-lines/-l"
    return read.exclusive(by, max_lines=read.number(1))


def _slot(read: _Reading) -> Options:
    if "=" in read.value:
        raise Refused("option --process-slot-var may not be set to a value which includes `='")
    return read.with_(slot_variable=read.value)


def _sets(**changes: object) -> Callable[[_Reading], Options]:
    return lambda read: read.with_(**changes)


def _field(read: _Reading) -> Options:
    return read.with_(fields={**read.so_far.fields, read.name: read.value})


def _limit(read: _Reading) -> Options:
    so_far = read.so_far.fields.get("limits")
    return read.with_(fields={**read.so_far.fields, "limits": f"{so_far},{read.value}" if so_far else read.value})


_TABLE: Final[Sequence[tuple[Option, Callable[[_Reading], Options]]]] = (
    (Option("0", short="0", long="null"), _null),
    (Option("a", Value.REQUIRED, "a", "arg-file"), lambda read: read.with_(arg_file=read.value)),
    (Option("d", Value.REQUIRED, "d", "delimiter"), _delimiter),
    (Option("E", Value.REQUIRED, "E"), _eof),
    (Option("e", Value.OPTIONAL, "e", "eof"), _eof),
    (Option("I", Value.REQUIRED, "I"), _replace),
    (Option("i", Value.OPTIONAL, "i", "replace"), _replace),
    (Option("L", Value.REQUIRED, "L"), _max_lines),
    (Option("l", Value.OPTIONAL, "l", "max-lines"), _max_lines),
    (Option("n", Value.REQUIRED, "n", "max-args"), _max_args),
    (Option("o", short="o", long="open-tty"), _sets(open_tty=True)),
    (Option("p", short="p", long="interactive"), _sets(interactive=True, trace=True)),
    (Option("r", short="r", long="no-run-if-empty"), _sets(run_if_empty=False)),
    (
        Option("s", Value.REQUIRED, "s", "max-chars"),
        lambda read: read.with_(max_chars=read.clamped(1, read.limits.most)),
    ),
    (Option("t", short="t", long="verbose"), _sets(trace=True)),
    (Option("show-limits", long="show-limits"), _sets(show_limits=True)),
    (Option("x", short="x", long="exit"), _sets(exit_if_exceeded=True)),
    (
        Option("P", Value.REQUIRED, "P", "max-procs"),
        lambda read: read.with_(procs=read.number(0, 2**31 - 1)),
    ),
    (Option("process-slot-var", Value.REQUIRED, long="process-slot-var"), _slot),
    (Option("version", long="version"), _sets(asks_for="version")),
    (Option("help", long="help"), _sets(asks_for="help")),
    (Option("shell", long="shell", exact=True), _sets(shell=True)),
    (Option("detach", long="detach", exact=True), _sets(detach=True)),
    (
        Option("broker", Value.REQUIRED, long="broker", exact=True),
        lambda read: read.with_(broker=read.value),
    ),
    (Option("limit", Value.REQUIRED, long="limit", exact=True), _limit),
    *(
        (Option(name, Value.REQUIRED, long=name, exact=True), _field)
        for name in ("priority", "cpus", "memory", "queue", "name")
    ),
)
_READERS: Final = {option.key: read for option, read in _TABLE}
_ABSENT: Final = {"l": "1"}


def parse(words: Sequence[str], limits: Limits, warn: _Warn) -> Options:
    """The options in `words`. Warnings are told as they come up; raises Refused."""
    found = Options(max_chars=limits.usual)
    try:
        for each in getopt.parse([option for option, _ in _TABLE], words):
            if isinstance(each, list):
                found = replace(found, command=tuple(map(os.fsencode, each)) or found.command)
                break
            value = _ABSENT.get(each.option.key, "") if each.value is None else each.value
            found = _READERS[each.option.key](_Reading(found, each.option.key, value, limits, warn))
            if found.asks_for:
                return found
    except getopt.BadOption as error:
        raise Refused(str(error), hint=True) from None
    if found.max_lines or found.replace is not None:
        found = replace(found, exit_if_exceeded=True)
    if found.eof is not None and found.delimiter is not None:
        warn("warning: the -E option has no effect if -0 or -d is used.\n")
        found = replace(found, eof=None)
    return found
