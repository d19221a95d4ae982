"""The values of options, each read into what the options before it said."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from . import delimiter
from .limits import Limits
from .refusal import Refused
from .settings import Options

_LARGEST: Final = sys.maxsize
Warn: TypeAlias = Callable[[str], None]


@dataclass(frozen=True)
class Reading:
    """An option's value on its way into the options that were read before it."""

    so_far: Options
    name: str
    value: str
    limits: Limits
    warn: Warn

    def with_(self, **changes: object) -> Options:
        return replace(self.so_far, **changes)  # type: ignore[arg-type]

    def number(self, low: int, high: int = _LARGEST) -> int:
        """A whole number within bounds; raises Refused."""
        number = self._read()
        if number < low:
            raise Refused(self._bound(">=", low), hint=True)
        if number > high:
            raise Refused(self._bound("<=", high), hint=True)
        return number

    def clamped(self, low: int, high: int) -> int:
        """A whole number, brought within bounds with a warning; raises Refused for what is no number."""
        number = self._read()
        if number < low:
            self.warn(self._bound(">=", low))
        if number > high:
            self.warn(self._bound("<=", high))
        return min(max(number, low), high)

    def _read(self) -> int:
        digits = self.value.lstrip(" \t\n\v\f\r")
        if not digits.removeprefix(digits[:1] if digits[:1] in ("+", "-") else "").isdecimal() or not digits.isascii():
            raise Refused(f'invalid number "{self.value}" for -{self.name} option', hint=True)
        return min(max(int(digits[:40]), -_LARGEST - 1), _LARGEST)

    def _bound(self, sign: str, bound: int) -> str:
        return f"value {self.value} for -{self.name} option should be {sign} {bound}"

    def exclusive(self, by: str, **changes: object) -> Options:
        """Options of which only the last counts."""
        for attribute, name in _EXCLUSIVE.items():
            if getattr(self.so_far, attribute) not in (0, None) and attribute not in changes:
                self.warn(
                    f"warning: options --{name} and {by} are mutually exclusive, ignoring previous --{name} value"
                )
        return self.with_(**{"max_args": 0, "max_lines": 0, "replace": None, **changes})


_EXCLUSIVE: Final = {"max_args": "max-args", "max_lines": "max-lines", "replace": "replace"}


def read_null(read: Reading) -> Options:
    return read.with_(delimiter=b"\0")


def read_procs(read: Reading) -> Options:
    return read.with_(procs=read.number(0, 2**31 - 1))


def read_max_chars(read: Reading) -> Options:
    return read.with_(max_chars=read.clamped(1, read.limits.most))


def read_delimiter(read: Reading) -> Options:
    try:
        return read.with_(delimiter=delimiter.read_delimiter(os.fsencode(read.value)))
    except ValueError as error:
        raise Refused(str(error)) from None


def read_eof(read: Reading) -> Options:
    return read.with_(eof=os.fsencode(read.value) or None)


def read_replace(read: Reading) -> Options:
    pattern = os.fsencode(read.value or "{}") if read.name == "i" else os.fsencode(read.value)
    return read.exclusive("--replace/-I/-i", replace=pattern)


def read_max_args(read: Reading) -> Options:
    number = read.number(1)
    if number == 1 and read.so_far.replace is not None:
        return read.so_far
    return read.exclusive("--max-args/-n", max_args=number)


def read_max_lines(read: Reading) -> Options:
    by = "-L" if read.name == "L" else "--max-lines/-l"
    return read.exclusive(by, max_lines=read.number(1))


def read_slot(read: Reading) -> Options:
    if "=" in read.value:
        raise Refused("option --process-slot-var may not be set to a value which includes `='")
    return read.with_(slot_variable=read.value)


def sets(**changes: object) -> Callable[[Reading], Options]:
    return lambda read: read.with_(**changes)
