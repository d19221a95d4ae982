"""The lines in a window of pieces of output."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ..core.queries.output import GAP, gap_line
from ..core.queries.reading import TimedPiece
from .window import Window

LONGEST: Final = 4000
"""Characters; a longer line goes on in the next one."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line as it came; stream 0 is a mark. `key` stays the same when the window moves: task, piece, line in it."""

    key: tuple[int, int, int]
    stream: int
    at: datetime
    text: str


@dataclass(slots=True)
class _Stream:
    """A line that has not ended yet."""

    decoder: io.IncrementalNewlineDecoder = field(
        default_factory=lambda: io.IncrementalNewlineDecoder(
            codecs.getincrementaldecoder("utf-8")("backslashreplace"), translate=True
        )
    )
    text: str = ""
    key: tuple[int, int, int] | None = None
    at: datetime | None = None


def lines(window: Window) -> Iterator[LogLine]:
    """The lines of one task: those of a stream go on over pieces of the other one."""
    streams: Mapping[int, _Stream] = {1: _Stream(), 2: _Stream()}
    for piece in window.pieces:
        if piece.stream == GAP:
            mark = gap_line(piece.left_out).decode().strip()
            yield LogLine((piece.id, piece.seq, 0), 0, piece.at, mark)
        else:
            yield from _ended(piece, streams[piece.stream])
    last = window.pieces[-1].at if window.pieces else None
    for stream, each in streams.items():
        if each.text and each.key and last:
            yield LogLine(each.key, stream, last, each.text.expandtabs(8))


def _ended(piece: TimedPiece, stream: _Stream) -> Iterable[LogLine]:
    parts = stream.decoder.decode(piece.data).split("\n")
    for number, part in enumerate(parts):
        stream.text += part
        if stream.key is None and (part or number < len(parts) - 1):
            stream.key = (piece.id, piece.seq, number)
        is_ended = number < len(parts) - 1
        while len(stream.text) > LONGEST or is_ended:
            assert stream.key
            yield LogLine(stream.key, piece.stream, piece.at, stream.text[:LONGEST].expandtabs(8))
            stream.text = stream.text[LONGEST:]
            if is_ended and not stream.text:
                stream.key = None
                break
