"""How far tasks are, read from what they write: lines on a descriptor of their own, or OSC 9;4 in their output."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

NAME = "AQUE_PROGRESS_FD"
LONGEST = 4096  # bytes of a line; longer ones tell nothing
LINE = re.compile(rb"\s*(\d{1,15}(?:\.\d{1,15})?)\s*(?:(%)|/\s*(\d{1,15}(?:\.\d{1,15})?))?(?:\s+(.*?))?\s*", re.DOTALL)
OSC = re.compile(rb"\x1b\]9;4;([124]);(\d{1,3})(?:\x07|\x1b\\)")
REST = len(b"\x1b]9;4;1;100\x1b\\") - 1  # bytes at the end that may be the beginning of one
STATES = {b"1": None, b"2": "error", b"4": "paused"}


class Progress(NamedTuple):
    """`done` of `total`, and in what."""

    done: float
    total: float | None
    message: str | None

    def body(self) -> bytes:
        """As functions tell it on their message pipe."""
        return json.dumps({"type": "progress", **self._asdict()}).encode()


class Lines:
    """Reads `3/10 frame 3`, `45%` or `7`, each on a line."""

    __slots__ = ("_begun",)

    def __init__(self) -> None:
        """Nothing read yet."""
        self._begun = b""

    def feed(self, data: bytes) -> Progress | None:
        """The last that is told by the lines that are whole now."""
        *lines, rest = (self._begun + data).split(b"\n")
        # Of a line that is too long, one byte too many is kept, so that it still is.
        self._begun = rest[: LONGEST + 1]
        return next(filter(None, map(read_line, reversed(lines))), None)


class Osc:
    """Finds the progress that terminals show, `ESC ] 9 ; 4 ; state ; percent`, in output that comes in any pieces."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        """Nothing read yet."""
        self._rest = b""

    def feed(self, data: bytes) -> Progress | None:
        """The last that is told by sequences that are whole now."""
        if not self._rest and b"\x1b" not in data:
            return None
        told, end = None, 0
        read = self._rest + data
        for told in OSC.finditer(read):
            end = told.end()
        begun = read[max(end, len(read) - REST) :]
        self._rest = begun[begun.index(b"\x1b") :] if b"\x1b" in begun else b""
        return Progress(min(100.0, float(told[2])), 100.0, STATES[told[1]]) if told else None


def read_line(line: bytes) -> Progress | None:
    """What a line tells; None where it is no such line."""
    found = LINE.fullmatch(line) if len(line) <= LONGEST else None
    if found is None:
        return None
    done, percent, total, message = found.groups()
    text = message.decode("utf-8", "replace") if message else None
    return Progress(float(done), 100.0 if percent else float(total) if total else None, text)


def is_wanted(argv: list[str], environ: dict[str, str]) -> bool:
    """Whether a task is to have the descriptor: others shall not pay for it."""
    return NAME in environ or any(NAME in word for word in argv)


@cache
def slot() -> int:
    """The number of the descriptor in the tasks, reserved here: one digit, for some shells redirect to no other."""
    return os.open(os.devnull, os.O_RDONLY)


@contextmanager
def lent(descriptor: int) -> Iterator[int]:
    """Give the writing end of a pipe the number that it is to have in a task, for the time of its start."""
    nothing = os.dup(slot())
    try:
        yield os.dup2(descriptor, slot(), inheritable=False)
    finally:
        os.dup2(nothing, slot(), inheritable=False)
        os.close(nothing)
