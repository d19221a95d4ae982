"""The commands that are queued and whose output has not been shown in full, in their order."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice, takewhile
from operator import attrgetter

from ...core.listener import Event
from .job import Job


@dataclass(slots=True)
class Flight:
    """One of them: its task, how people know it, and its number among those that run.

    `job` is what it is, where that will be needed.
    """

    id: int
    job: Job | None
    name: str
    slot: int
    is_over: bool = False


_is_over = attrgetter("is_over")


class Window:
    """Holds little: the output waits in the broker until its turn comes."""

    def __init__(self) -> None:
        self._flights: dict[int, Flight] = {}
        self._free: list[int] = []  # a heap
        self.flying = 0
        self.bytes = 0
        """That are held, nearly, but for a little for each."""

    def __len__(self) -> int:
        return len(self._flights)

    def __getitem__(self, task: int) -> Flight:
        return self._flights[task]

    def is_open(self, task: int) -> bool:
        """Whether it is one of them, and has not ended."""
        return task in self._flights and not self._flights[task].is_over

    def next_slot(self) -> int:
        """The lowest number that no command has which is under way."""
        slot = heapq.heappop(self._free) if self._free else self.flying
        self.flying += 1
        return slot

    def add(self, flight: Flight) -> None:
        """Take one in, behind all others."""
        self._flights[flight.id] = flight
        self.bytes += flight.job.size if flight.job else 0

    def unfinished(self) -> list[int]:
        """The ids of those that have not ended."""
        return [flight.id for flight in self._flights.values() if not flight.is_over]

    def heard(self, event: Event) -> list[int]:
        """Those of them of which an event tells."""
        return [each for span in event.ids for each in self._among(span)]

    def _among(self, span: range) -> Iterable[int]:
        if len(span) > len(self._flights):
            return [each for each in self._flights if each in span]
        return [each for each in span if each in self._flights]

    def end(self, ids: Iterable[int]) -> list[Flight]:
        """Note that these have ended; those of which it was not known."""
        found = [flight for each in ids if (flight := self._flights.get(each)) and not flight.is_over]
        for flight in found:
            flight.is_over = True
            heapq.heappush(self._free, flight.slot)
        self.flying -= len(found)
        return found

    def clear(self) -> None:
        """Forget all of them."""
        self._flights.clear()
        self._free.clear()
        self.flying = self.bytes = 0

    def first(self, limit: int) -> tuple[list[int], list[int]]:
        """Up to `limit` ids at the front that have ended, and those with the next, which may be running."""
        over = [flight.id for flight in takewhile(_is_over, islice(self._flights.values(), limit))]
        return over, list(islice(self._flights, len(over) + 1))

    def forget(self, ids: Iterable[int]) -> None:
        """Drop those whose output has been shown."""
        for each in ids:
            gone = self._flights.pop(each)
            self.bytes -= gone.job.size if gone.job else 0
