"""The one thread that reads for the screen, and what it hands over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from textual.message import Message

from ..core.errors import AqueError
from ..core.listener import Event
from ..core.monitor import Monitor
from ..core.queries.lists import Farm, ListedTask
from ..core.states import State
from .keys import Ids
from .mailbox import Mailbox, Wish
from .roll import Paced, Roll

_FIRST_PAUSE: Final = 1.0  # seconds before the next try of a broker that is lost
_LONGEST_PAUSE: Final = 8.0
_FAREWELL: Final = 1.0  # seconds to wait for the thread


@dataclass(frozen=True, slots=True)
class Picture:
    """What was read in one look. `rows` has None for a task that is gone."""

    keys: Ids
    rows: Mapping[int, ListedTask | None]
    counts: Mapping[State, int]
    farm: Farm


class Seen(Message):
    """A new picture."""

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        self.picture = picture

    def can_replace(self, message: Message) -> bool:
        """A later picture is the better one."""
        return isinstance(message, Seen)


class Lost(Message):
    """The broker cannot be read; the next try is in so many seconds."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__()
        self.reason = reason
        self.seconds = seconds


class Feeder:
    """Serves the latest wish, at least once a second, from `start` to `stop`; posts Seen or Lost."""

    def __init__(self, monitor: Monitor, post: Callable[[Message], object]) -> None:
        self._monitor = monitor
        self._post = post
        self._mailbox = Mailbox()
        self._roll = Roll(monitor)
        self._read_counts = Paced(monitor.counts)
        self._counts: Mapping[State, int] = {}
        self._farm = Farm(0, 0.0, 0.0, 0, 0)
        self._pause = _FIRST_PAUSE
        self._asked_at: float | None = None
        self._is_bound = False
        self._thread = threading.Thread(target=self._run, name="aque-feeder", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def wish(self, wish: Wish) -> None:
        """Serve this from now on."""
        self._mailbox.put(wish)

    def silence(self) -> float:
        """For how many seconds the broker has not answered what it is being asked."""
        asked_at = self._asked_at
        return 0.0 if asked_at is None else time.monotonic() - asked_at

    def stop(self) -> None:
        """End, and cancel what is being asked."""
        self._mailbox.close()
        if self._is_bound:
            self._monitor.broker.unbind("task_status", self._hear)
        if self._asked_at is not None:
            self._monitor.cancel()
        self._thread.join(_FAREWELL)

    def _run(self) -> None:
        while (wish := self._mailbox.take()) is not None:
            self._asked_at = time.monotonic()
            try:
                picture = self._look(wish)
                self._pause = _FIRST_PAUSE
                self._asked_at = None
                self._post(Seen(picture))
            except AqueError as error:
                self._asked_at = None
                self._post(Lost(str(error), self._pause))
                self._mailbox.pause(self._pause)
                self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        self._monitor.close()

    def _look(self, wish: Wish) -> Picture:
        if not wish.frozen:
            self._refresh()
        keys = Ids(self._roll.ids, wish.newest_first)
        wanted = keys.part(0 if wish.anchor is None else keys.find(wish.anchor), wish.count)
        found = {row.id: row for row in self._monitor.rows(wanted)}
        return Picture(keys, {each: found.get(each) for each in wanted}, self._counts, self._farm)

    def _refresh(self) -> None:
        self._listen()
        self._roll.refresh()
        counts = self._read_counts()
        self._counts = self._counts if counts is None else counts
        self._farm = self._monitor.farm()

    def _listen(self) -> None:
        if not self._is_bound:
            self._monitor.broker.bind("task_status", self._hear)
            self._is_bound = True

    def _hear(self, _: Event) -> None:
        self._mailbox.nudge()
