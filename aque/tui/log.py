"""What tasks wrote, of any length: a window of pieces, and the lines in it."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import IO, Final

from ..core.broker import Broker
from ..core.queries import reading
from ..core.queries.output import GAP, gap_line
from .files import new_file
from .loglines import LogLine, lines
from .sought import Sought
from .window import ROOM, STEP, Reader, Window

_MOVES: Final = 2  # of a window, of which four fill it


@dataclass(frozen=True, slots=True)
class Log:
    """A window for each task, and how they are moved; every method but `lines` reads, and may raise AqueError.

    Several are moved together: of what is held, lines are there only from the time on from which all are known, and up
    to the time up to which all are, so that none appears between others later on.
    """

    reader: Reader
    windows: tuple[Window, ...] = ()

    @classmethod
    def of(cls, broker: Broker, tasks: Sequence[int], streams: Iterable[int] = reading.ALL) -> Log:
        """The end of what tasks wrote; those that are gone are left out."""
        found = [(task, broker.read(reading.extent, task)) for task in tasks]
        windows = tuple(Window(task, extent) for task, extent in found if extent)
        step = max(1, STEP // max(1, len(windows)))
        return cls(Reader(broker, tuple(streams), step, step * ROOM // STEP), windows).at_end()

    def at_end(self) -> Log:
        """The last pieces."""
        return self._each(self.reader.at_end)

    def at_start(self) -> Log:
        """The first pieces."""
        return self._each(self.reader.at_start)

    def of_streams(self, streams: Iterable[int]) -> Log:
        """The same place, of other streams."""
        log = replace(self, reader=replace(self.reader, streams=tuple(streams)))
        return log._each(log.reader.near)

    def later(self) -> Log:
        """With what follows, and a new attempt in place of the old one."""
        return self._each(self.reader.renewed)._moved(backwards=False)

    def earlier(self) -> Log:
        """With what was before."""
        return self._moved(backwards=True)

    def found(self, sought: Sought, backwards: bool, go_on: Callable[[int], bool]) -> tuple[Log, LogLine] | None:
        """The next line beyond those that are here that is sought, in the order of time, and a log around it.

        `go_on` is told of how many more pieces were read, and says whether to read on.
        """
        log, known = self, set(self.lines())
        while (index := log._outermost(backwards)) is not None:
            window = log.windows[index]
            reader = log.reader.paced(window)
            log = log._with(index, reader.beyond(window, backwards))
            if log._may_have(sought):
                lines = log.lines()
                for line in reversed(lines) if backwards else lines:
                    if line not in known and sought.is_in(line.text):
                        return log, line
                known = set(lines)
            if not go_on(reader.step):
                break
        return None

    @property
    def total(self) -> int:
        """How many pieces there are."""
        return sum(each.extent.pieces for each in self.windows)

    @property
    def is_whole(self) -> bool:
        """Whether all that there is, as it was read last, is held up to its end."""
        return not any(each.has_after for each in self.windows)

    @property
    def has_before(self) -> bool:
        """Whether there may be more before what is held."""
        return any(each.has_before for each in self.windows)

    def lines(self) -> list[LogLine]:
        """All lines of the windows: of one task in order, of several in the order of time."""
        merged = heapq.merge(*(lines(each) for each in self.windows), key=attrgetter("at"))
        if len(self.windows) == 1:
            return list(merged)
        start = max((_start(each) for each in self.windows if each.has_before), default=_EVER)
        end = min((_end(each) for each in self.windows if each.has_after), default=_NEVER)
        return [each for each in merged if start <= each.at <= end]

    def save(self, path: Path) -> int:
        """Write all that they wrote, as it came, to a new file; how many bytes. Nothing is left of half a file."""
        with new_file(path, "xb") as file:
            return sum(self._save(each, file) for each in self.windows)

    def _save(self, window: Window, file: IO[bytes]) -> int:
        seq = count = 0
        while pieces := self.reader.read_all(window, seq):
            count += sum(file.write(gap_line(each.left_out) if each.stream == GAP else each.data) for each in pieces)
            seq = pieces[-1].seq + 1
        return count

    def _each(self, move: Callable[[Window], Window]) -> Log:
        return replace(self, windows=tuple(map(move, self.windows)))

    def _with(self, index: int, window: Window) -> Log:
        return replace(self, windows=(*self.windows[:index], window, *self.windows[index + 1 :]))

    def _moved(self, backwards: bool) -> Log:
        """Moved where least is known, as long as something of what is held stays in each window."""
        log, move = self, self.reader.before if backwards else self.reader.after
        moves: Counter[int] = Counter()
        while (index := log._outermost(backwards)) is not None and moves[index] < _MOVES:
            log = log._with(index, move(log.windows[index]))
            moves[index] += 1
        return log

    def _outermost(self, backwards: bool) -> int | None:
        """The window whose edge keeps the lines of the others back; None where there is no more to read."""
        more = [index for index, each in enumerate(self.windows) if (each.has_before if backwards else each.has_after)]
        if backwards:
            return max(more, key=lambda index: _start(self.windows[index]), default=None)
        return min(more, key=lambda index: _end(self.windows[index]), default=None)

    def _may_have(self, sought: Sought) -> bool:
        return any(
            sought.may_be_in(piece.data for piece in each.pieces if piece.stream == stream)
            for each in self.windows
            for stream in self.reader.streams
        )


_EVER: Final = datetime.min.replace(tzinfo=UTC)
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


def _start(window: Window) -> datetime:
    """From when on all that the task wrote is held; never, before something was read."""
    return window.pieces[0].at if window.pieces else _NEVER


def _end(window: Window) -> datetime:
    return window.pieces[-1].at if window.pieces else _EVER
