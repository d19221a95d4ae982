"""What a task wrote, as lines that can be shown."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ..core.queries.tasks import OutputPiece
from ..core.text import clean

_LONGEST: Final = 10_000  # characters of a line; what has no ends of lines is cut


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text, and the stream that it came from: 1 stdout, 2 stderr."""

    text: str
    stream: int = 1


class Transcript:
    """Lines of both streams in the order in which they came, from pieces that end anywhere."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.next_seq = 0
        self._decoders = {stream: codecs.getincrementaldecoder("utf-8")("backslashreplace") for stream in (1, 2)}
        self._is_open = False

    def add(self, pieces: Iterable[OutputPiece]) -> None:
        """Take the next pieces."""
        for piece in pieces:
            self._add(self._decoders[piece.stream].decode(piece.data), piece.stream)
            self.next_seq = piece.seq + 1

    def _add(self, text: str, stream: int) -> None:
        if not text:
            return
        first, *others = text.replace("\r\n", "\n").split("\n")
        if self._is_open and self.lines[-1].stream == stream:
            first = self.lines.pop().text + _shown(first)
        else:
            first = _shown(first)
        found = [first, *map(_shown, others)]
        self._is_open = bool(found[-1])
        self.lines += [Line(each[:_LONGEST], stream) for each in (found if self._is_open else found[:-1])]


def _shown(text: str) -> str:
    return clean(text.expandtabs(8))
