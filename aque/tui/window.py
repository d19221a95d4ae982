"""A window of pieces of what a task wrote, and how it is moved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, takewhile
from typing import Final

from ..core.broker import Broker
from ..core.queries import reading
from ..core.queries.reading import Extent, TimedPiece

STEP: Final = 16  # pieces, each of 64 KiB at most, that are read at once, of all tasks together
ROOM: Final = 4 * STEP << 16  # bytes that are held, of all tasks together
_PIECE: Final = 1024  # bytes that a piece takes beside its data
_FULL: Final = 1 << 16  # bytes of a piece that is full
_END: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Window:
    """The pieces of one attempt, of some streams, from number `first` on up to `next`."""

    task: int
    extent: Extent
    pieces: tuple[TimedPiece, ...] = ()
    first: int = 0
    next: int = 0

    @property
    def has_before(self) -> bool:
        """Whether there may be more before."""
        return self.first > 0

    @property
    def has_after(self) -> bool:
        """Whether there may be more behind, as it was read last."""
        return self.next < self.extent.pieces


@dataclass(frozen=True, slots=True)
class Reader:
    """Moves windows by `step` pieces of some streams, and keeps what has `room` in each; may raise AqueError."""

    broker: Broker
    streams: tuple[int, ...] = reading.ALL
    step: int = STEP
    room: int = ROOM

    def renewed(self, window: Window) -> Window:
        """With as much as there is to read by now; another attempt is read from its start."""
        extent = self.broker.read(reading.extent, window.task) or window.extent
        if extent.attempt != window.extent.attempt:
            return Window(window.task, extent)
        return replace(window, extent=extent)

    def at_start(self, window: Window) -> Window:
        """The first pieces."""
        return self.after(Window(window.task, window.extent))

    def at_end(self, window: Window) -> Window:
        """The last pieces."""
        fresh = self.renewed(window)
        return self.before(Window(window.task, fresh.extent, (), fresh.extent.pieces, fresh.extent.pieces))

    def near(self, window: Window) -> Window:
        """The same place, of these streams."""
        return self.before(self.after(Window(window.task, window.extent, (), window.first, window.first)))

    def after(self, window: Window) -> Window:
        """With the pieces that follow."""
        found = self._read(reading.forwards, window, window.next)
        pieces = (*window.pieces, *found)
        kept = pieces[len(pieces) - self._fitting(reversed(pieces)) :]
        after = found[-1].seq + 1 if found else 0
        after = after if len(found) == self.step else max(after, window.next, window.extent.pieces)
        first = window.first if len(kept) == len(pieces) else kept[0].seq
        return replace(window, pieces=kept, first=first, next=after)

    def before(self, window: Window) -> Window:
        """With the pieces before."""
        found = self._read(reading.backwards, window, window.first)
        pieces = (*found, *window.pieces)
        kept = pieces[: self._fitting(pieces)]
        first = found[0].seq if len(found) == self.step else 0
        after = window.next if len(kept) == len(pieces) else kept[-1].seq + 1
        return replace(window, pieces=kept, first=first, next=after)

    def beyond(self, window: Window, backwards: bool) -> Window:
        """The pieces behind or before in place of these, and those at the edge, for a line that goes over it."""
        edge = _edge(window.pieces, backwards)
        if backwards:
            return self.before(replace(window, pieces=edge, next=edge[-1].seq + 1 if edge else window.next))
        return self.after(replace(window, pieces=edge, first=edge[0].seq if edge else window.first))

    def paced(self, window: Window) -> Reader:
        """One that reads more pieces at once where those that follow are likely to be small, as those here are.

        No more than there is room for should they all be full: what is read is held, for who looks at each.
        """
        size = sum(len(each.data) for each in window.pieces) // max(1, len(window.pieces))
        most = self.room // (_FULL + _PIECE)
        return replace(self, step=max(self.step, min(most, self.step * _FULL // max(1, size))))

    def _fitting(self, pieces: Iterable[TimedPiece]) -> int:
        """How many of the first ones there is room for."""
        taken = accumulate(len(each.data) + _PIECE for each in pieces)
        return sum(1 for _ in takewhile(lambda size: size <= self.room, taken))

    def read_all(self, window: Window, seq: int) -> list[TimedPiece]:
        """Some pieces of all streams, from a place on."""
        return self.broker.read(reading.forwards, window.task, window.extent.attempt, seq, STEP)

    def _read(self, query: reading.Query, window: Window, seq: int) -> list[TimedPiece]:
        return self.broker.read(query, window.task, window.extent.attempt, seq, self.step, self.streams)


def _edge(pieces: Sequence[TimedPiece], backwards: bool) -> tuple[TimedPiece, ...]:
    """As many pieces at an end as have the outermost of each stream."""
    order = range(len(pieces)) if backwards else range(len(pieces) - 1, -1, -1)
    outermost: dict[int, int] = {}
    for index in order:
        outermost.setdefault(pieces[index].stream, index)
    if not outermost:
        return ()
    return tuple(pieces[: max(outermost.values()) + 1] if backwards else pieces[min(outermost.values()) :])
