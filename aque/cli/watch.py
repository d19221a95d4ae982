"""Following tasks from a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable
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


def note_if_nobody_works(broker: Broker, task: int) -> Callable[[], None]:
    """To be called again and again: says once, after a moment, that no worker lives."""
    due = time.monotonic() + _MOMENT

    def note() -> None:
        nonlocal due
        if time.monotonic() < due:
            return
        due = float("inf")
        if all(worker.silent_for > _LOST for worker in broker.workers()):
            click.echo(f"aque: no worker is alive; task {task} waits for one (start it with `aque worker`)", err=True)

    return note


def watch(broker: Broker, task: int, sink: Sink) -> Ending:
    """Show what a task writes until it ends. Ctrl-C ends the watching alone, and says so."""
    try:
        reader = Reader(broker, sink, {task: Place(0)})
        return Follower(reader, note_if_nobody_works(broker, task)).run()[0]
    except KeyboardInterrupt:
        click.echo(
            f"\naque: task {task} goes on: `aque output -w {task}` follows it, `aque kill {task}` stops it", err=True
        )
        raise
