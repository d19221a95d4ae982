"""Following tasks from a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import click

from ..core.broker import Broker
from ..core.errors import BrokerUnavailable
from ..core.queries import output
from ..core.queries.output import BATCH, GAP, STREAMS, Place
from ..core.queries.tasks import Ending
from ..core.waiting import Waiter
from .sinks import Sink

_SOON: Final = 0.05  # seconds between two looks for output while there is some
_LATER: Final = 0.15  # and while there is none
_TOGETHER: Final = 500  # tasks whose output is read together
_AWAY: Final = 0.5  # and while the broker is away
_MOMENT: Final = 1.0  # seconds until someone is told that there is no worker
_LOST: Final = 30.0  # seconds after which a silent worker's tasks are given away


@dataclass
class Reader:
    """Copies the output of tasks into a sink, each from its place on, with one query for all of them."""

    broker: Broker
    sink: Sink
    places: dict[int, Place]
    streams: tuple[int, ...] = (GAP, *STREAMS)
    last: int | None = None
    """The attempt after which nothing is shown."""

    def copy(self) -> bool:
        """Show what there is now; whether there was anything."""
        found = self._next()
        more = found
        while len(more) == BATCH:
            more = self._next()
        return bool(found)

    def copy_in_order(self, begin: Mapping[int, int]) -> int:
        """Show what there is of tasks, from the beginning of an attempt each, one task after the other; returns 0."""
        ids = list(begin)
        for start in range(0, len(ids), _TOGETHER):
            self.places = {task: Place(begin[task]) for task in ids[start : start + _TOGETHER]}
            while self.places:
                found = self.broker.read(output.in_order, self.places, streams=self.streams, last=self.last)
                for piece in found:
                    self._end_before(piece.id)
                    self.sink.put(piece)
                    self.places[piece.id] = Place.after(piece)
                if len(found) < BATCH:
                    self._end_before(None)
        return 0

    def _end_before(self, task: int | None) -> None:
        """Those that stand before a task are shown; before None all."""
        while self.places and (first := next(iter(self.places))) != task:
            self.end(first)

    def end(self, task: int) -> None:
        """Read no more of a task."""
        self.sink.end(task)
        self.places.pop(task, None)

    def _next(self) -> list[output.OutputPiece]:
        found = self.broker.read(output.pieces, self.places, streams=self.streams, last=self.last)
        for piece in found:
            self.sink.put(piece)
            self.places[piece.id] = Place.after(piece)
        return found


@dataclass
class Follower:
    """Follows tasks until they are complete; survives a broker that goes away and comes back."""

    reader: Reader
    each_turn: Callable[[], None] = lambda: None
    is_away: bool = field(default=False, init=False)

    def run(self) -> list[Ending]:
        """How they ended, in the order in which they did."""
        endings: list[Ending] = []
        with Waiter(self.reader.broker, self.reader.places) as waiter:
            pause = 0.0
            ended: list[Ending] = []
            while waiter.open or ended:
                ended += waiter.wait(pause)
                try:
                    pause = _SOON if self.reader.copy() else _LATER
                    self.each_turn()
                except BrokerUnavailable as error:
                    self._wait_for(error)
                    continue
                for each in ended:
                    self.reader.end(each.id)
                endings += ended
                ended = []
                self.is_away = False
        return endings

    def _wait_for(self, error: BrokerUnavailable) -> None:
        if not self.is_away:
            click.echo(f"aque: {error}; trying again", err=True)
        self.is_away = True
        time.sleep(_AWAY)


def note_if_nobody_works(broker: Broker, who: str) -> Callable[[], None]:
    """To be called again and again: says once, after a moment, that no worker lives, and `who` waits for one."""
    due = time.monotonic() + _MOMENT

    def note() -> None:
        nonlocal due
        if time.monotonic() < due:
            return
        due = float("inf")
        with suppress(BrokerUnavailable):
            if any(worker.silent_for <= _LOST for worker in broker.workers()):
                return
            click.echo(f"aque: no worker is alive; {who} for one (start it with `aque worker`)", err=True)

    return note


def watch(broker: Broker, task: int, sink: Sink) -> Ending:
    """Show what a task writes until it ends. Ctrl-C ends the watching alone, and says so."""
    try:
        reader = Reader(broker, sink, {task: Place(0)})
        return Follower(reader, note_if_nobody_works(broker, f"task {task} waits")).run()[0]
    except KeyboardInterrupt:
        click.echo(
            f"\naque: task {task} goes on: `aque output -w {task}` follows it, `aque kill {task}` stops it", err=True
        )
        raise
