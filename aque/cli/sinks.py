"""Where followed output goes: raw as it came, or line by line with its task before it, or as JSON."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol, TypeAlias

from .options import echo_json

if TYPE_CHECKING:
    from ..core.queries.output import OutputPiece

STREAMS: Final = {1: "stdout", 2: "stderr"}
_LONGEST: Final = 1 << 20  # bytes of a line that are held back until it ends
Source: TypeAlias = tuple[int, int, int]  # task, attempt, stream
Show: TypeAlias = Callable[[Source, bytes], None]


class Sink(Protocol):
    """Takes pieces of output."""

    def put(self, piece: OutputPiece) -> None:
        """Show a piece, now or when its line is whole."""

    def end(self, task: int) -> None:
        """Show what is left of a task."""


class Raw:
    """The bytes as they came: stdout's on stdout and stderr's on stderr, or `together` on stdout."""

    def __init__(self, *, together: bool) -> None:
        self._together = together
        self._last = b"\n"

    def put(self, piece: OutputPiece) -> None:
        if piece.left_out:
            self._mark(piece.left_out)
        else:
            _write(_stream(1 if self._together else piece.stream), piece.data)
        self._last = piece.data[-1:]

    def _mark(self, left_out: int) -> None:
        """A line of its own, on stdout: whoever keeps that is to know."""
        from ..core.queries.output import gap_line

        _write(_stream(1), (b"" if self._last == b"\n" else b"\n") + gap_line(left_out))

    def end(self, task: int) -> None:
        del task


class Lines:
    """Whole lines, each shown with the task that it comes from."""

    def __init__(self, show: Show, mark: Callable[[OutputPiece], None]) -> None:
        self._show = show
        self._mark = mark
        self._begun: dict[Source, bytes] = {}

    def put(self, piece: OutputPiece) -> None:
        if piece.left_out:
            self.end(piece.id)
            self._mark(piece)
            return
        source = (piece.id, piece.attempt, piece.stream)
        *lines, rest = (self._begun.pop(source, b"") + piece.data).split(b"\n")
        for line in lines:
            self._show(source, line)
        if len(rest) > _LONGEST:
            self._show(source, rest)
        elif rest:
            self._begun[source] = rest

    def end(self, task: int) -> None:
        for source in [each for each in self._begun if each[0] == task]:
            self._show(source, self._begun.pop(source))


def sink(*, as_json: bool, merged: bool, together: bool) -> Sink:
    """The sink that commands ask for; `merged`: several tasks at once."""
    if as_json:
        return Lines(_as_json, _gap_as_json)
    return Lines(_prefixed(together), _prefixed_gap) if merged else Raw(together=together)


def _as_json(source: Source, line: bytes) -> None:
    task, attempt, stream = source
    text = line.decode("utf-8", "replace")
    echo_json({"id": task, "attempt": attempt, "stream": STREAMS[stream], "text": text})


def _gap_as_json(piece: OutputPiece) -> None:
    echo_json({"id": piece.id, "attempt": piece.attempt, "left_out": piece.left_out})


def _prefixed_gap(piece: OutputPiece) -> None:
    from ..core.queries.output import gap_line

    _write(_stream(1), b"[%d] %s" % (piece.id, gap_line(piece.left_out)))


def _prefixed(together: bool) -> Show:
    def show(source: Source, line: bytes) -> None:
        _write(_stream(1 if together else source[2]), b"[%d] %s\n" % (source[0], line))

    return show


def _stream(number: int) -> BinaryIO:
    return sys.stdout.buffer if number == 1 else sys.stderr.buffer


def _write(stream: BinaryIO, data: bytes) -> None:
    stream.write(data)
    stream.flush()
