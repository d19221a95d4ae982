"""What tasks wrote, of any length: a window of pieces, and the lines in it."""

from __future__ import annotations

import codecs
import heapq
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import IO, Final

from ..core.broker import Broker
from ..core.queries import reading
from ..core.queries.output import GAP, gap_line
from ..core.queries.reading import Extent, TimedPiece
from .files import new_file
from .sgr import plain

STEP: Final = 16  # pieces, each of 64 KiB at most, that are read at once, of all tasks together
MOST: Final = 4 * STEP  # pieces that are held
_LONGEST: Final = 4000  # characters; a longer line goes on in the next one


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line as it came; stream 0 is a mark. `key` stays the same when the window moves: task, piece, line in it."""

    key: tuple[int, int, int]
    stream: int
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Window:
    """Pieces of one attempt that follow each other, from number `first` on."""

    task: int
    extent: Extent
    pieces: tuple[TimedPiece, ...] = ()

    @property
    def first(self) -> int:
        """The number of the first piece."""
        return self.pieces[0].seq if self.pieces else self.extent.pieces

    @property
    def next(self) -> int:
        """The number of the piece that follows."""
        return self.pieces[-1].seq + 1 if self.pieces else self.first


@dataclass(frozen=True, slots=True)
class Log:
    """A window for each task, and how they are moved; every method but `lines` reads, and may raise AqueError."""

    broker: Broker
    windows: tuple[Window, ...] = ()
    step: int = STEP

    @classmethod
    def of(cls, broker: Broker, tasks: Sequence[int]) -> Log:
        """The end of what tasks wrote; those that are gone are left out."""
        found = [(task, broker.read(reading.extent, task)) for task in tasks]
        windows = tuple(Window(task, extent) for task, extent in found if extent)
        return cls(broker, windows, max(1, STEP // max(1, len(windows)))).at_end()

    def at_end(self) -> Log:
        """The last pieces."""
        return self._each(lambda each: self._before(replace(each, pieces=()), _END))

    def at_start(self) -> Log:
        """The first pieces."""
        return self._each(lambda each: self._from(replace(each, pieces=()), 0))

    def later(self) -> Log:
        """With the pieces that follow, and those of a new attempt in place of the old one's."""
        return self._each(self._later)

    def earlier(self) -> Log:
        """With the pieces before."""
        return self._each(lambda each: self._before(each, each.first) if each.first else each)

    def found(self, sought: Callable[[str], bool], backwards: bool, advance: Callable[[int], object]) -> Log | None:
        """The next window beyond this one with a line that is sought; only the first task is looked through."""
        log = replace(self, windows=self.windows[:1])
        while log.windows and (log.windows[0].first > 0 if backwards else log.windows[0].next < log.total):
            here = log.windows[0]
            # the piece at the edge again, for a line that goes over it
            moved = log._before(replace(here, pieces=()), here.first + 1) if backwards else log._onwards(here)
            advance(max(1, len(moved.pieces) - 1))
            if moved.pieces == here.pieces or (backwards and moved.first == here.first):
                return None
            log = replace(log, windows=(moved,))
            if any(sought(plain(each.text)) for each in log.lines()):
                return replace(log, windows=(moved, *self.windows[1:]))
        return None

    def _onwards(self, here: Window) -> Window:
        found = self._from(replace(here, pieces=()), max(0, here.next - 1))
        return found if found.next > here.next else here

    @property
    def total(self) -> int:
        """How many pieces there are."""
        return sum(each.extent.pieces for each in self.windows)

    @property
    def is_whole(self) -> bool:
        """Whether all that there is, as it was read last, is held up to its end."""
        return all(each.next >= each.extent.pieces for each in self.windows)

    def lines(self) -> list[LogLine]:
        """All lines of the windows: of one task in order, of several in the order of time."""
        return list(heapq.merge(*(_lines(each) for each in self.windows), key=attrgetter("at")))

    def save(self, path: Path) -> int:
        """Write all that they wrote, as it came, to a new file; how many bytes. Nothing is left of half a file."""
        with new_file(path, "xb") as file:
            return sum(self._save(each, file) for each in self.windows)

    def _save(self, window: Window, file: IO[bytes]) -> int:
        seq = count = 0
        while pieces := self._read(reading.forwards, window, seq, MOST):
            count += sum(file.write(gap_line(each.left_out) if each.stream == GAP else each.data) for each in pieces)
            seq = pieces[-1].seq + 1
        return count

    def _each(self, move: Callable[[Window], Window]) -> Log:
        return replace(self, windows=tuple(map(move, self.windows)))

    def _later(self, window: Window) -> Window:
        extent = self.broker.read(reading.extent, window.task) or window.extent
        if extent.attempt != window.extent.attempt:
            window = replace(window, pieces=())
        fresh = replace(window, extent=extent)
        return (
            self._from(fresh, fresh.next if fresh.pieces else 0)
            if fresh.next < extent.pieces or not fresh.pieces
            else fresh
        )

    def _from(self, window: Window, seq: int) -> Window:
        found = self._read(reading.forwards, window, seq, self.step)
        return replace(window, pieces=(*window.pieces, *found)[-MOST:])

    def _before(self, window: Window, seq: int) -> Window:
        found = self._read(reading.backwards, window, seq, self.step)
        return replace(window, pieces=(*found, *window.pieces)[:MOST])

    def _read(self, query: reading.Query, window: Window, seq: int, limit: int) -> list[TimedPiece]:
        return self.broker.read(query, window.task, window.extent.attempt, seq, limit)


_END: Final = 2**31 - 1


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


def _lines(window: Window) -> Iterator[LogLine]:
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
            yield LogLine(each.key, stream, last, each.text)


def _ended(piece: TimedPiece, stream: _Stream) -> Iterable[LogLine]:
    parts = stream.decoder.decode(piece.data).split("\n")
    for number, part in enumerate(parts):
        stream.text += part
        if stream.key is None and (part or number < len(parts) - 1):
            stream.key = (piece.id, piece.seq, number)
        is_ended = number < len(parts) - 1
        while len(stream.text) > _LONGEST or is_ended:
            assert stream.key
            yield LogLine(stream.key, piece.stream, piece.at, stream.text[:_LONGEST].expandtabs(8))
            stream.text = stream.text[_LONGEST:]
            if is_ended and not stream.text:
                stream.key = None
                break
