"""What a task wrote, as lines that can be shown."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ..core.queries.output import OutputPiece
from ..core.text import clean

_LONGEST: Final = 4000  # characters; a longer line goes on in the next one
_MISSING: Final = "… what came before is not shown here"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text, and the stream that it came from: 1 stdout, 2 stderr, 0 neither."""

    text: str
    stream: int = 1


class Transcript:
    """Lines of both streams in the order in which they came, from pieces that end anywhere."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.next_seq = 0
        self._open = ""  # the last line as it came, while it has no end yet
        self._decoders = {stream: _decoder() for stream in (1, 2)}

    def add(self, pieces: Iterable[OutputPiece]) -> None:
        """Take the next pieces."""
        for piece in pieces:
            if piece.seq > self.next_seq:
                self._add(f"{_MISSING}\n", 0)
            self._add(self._decoders[piece.stream].decode(piece.data), piece.stream)
            self.next_seq = piece.seq + 1

    def _add(self, text: str, stream: int) -> None:
        if not text:
            return
        if self._open and self.lines[-1].stream == stream:
            text = self._open + text
            self.lines.pop()
        *ended, self._open = (part for line in text.split("\n") for part in _parts(line))
        shown = [*ended, self._open] if self._open else ended
        self.lines += [Line(_shown(each), stream) for each in shown]


def _decoder() -> io.IncrementalNewlineDecoder:
    return io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("backslashreplace"), translate=True)


def _parts(line: str) -> list[str]:
    return [line[start : start + _LONGEST] for start in range(0, len(line), _LONGEST)] or [""]


def _shown(text: str) -> str:
    return clean(text.expandtabs(8))
