"""The one thread that reads for the lists of all screens, and what it hands over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, Generic, TypeVar

from textual.message import Message

from ..core.errors import AqueError
from ..core.listener import Event
from ..core.monitor import Monitor
from .keys import Keys, part
from .mailbox import PERIOD, Mailbox, Wish
from .source import Source
from .vitals import Vitals, VitalSigns

Thing = TypeVar("Thing")
_FIRST_PAUSE: Final = 1.0  # seconds before the next try of a broker that is lost
_LONGEST_PAUSE: Final = 8.0
_REST: Final = 0.9 * PERIOD  # seconds between two looks at the sums, which are no rows
_FAREWELL: Final = 1.0  # seconds to wait for the thread


@dataclass(frozen=True, slots=True)
class Picture(Generic[Thing]):
    """What was read of a source in one look. `rows` has None for a key that is gone."""

    source: Source[Thing]
    keys: Keys
    rows: Mapping[int, Thing | None]


class Seen(Message):
    """A new picture."""

    def __init__(self, picture: Picture[Any]) -> None:
        super().__init__()
        self.picture = picture

    def can_replace(self, message: Message) -> bool:
        """A later picture is the better one."""
        return isinstance(message, Seen)


class Felt(Message):
    """The sums of the whole broker as they are now."""

    def __init__(self, vitals: Vitals) -> None:
        super().__init__()
        self.vitals = vitals

    def can_replace(self, message: Message) -> bool:
        """Later sums are the better ones."""
        return isinstance(message, Felt)


class Lost(Message):
    """The broker cannot be read; the next try is in so many seconds."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__()
        self.reason = reason
        self.seconds = seconds


class Failed(Message):
    """A mistake in the program keeps the feeder from reading."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


class Feeder:
    """Serves the latest wish of all screens from `start` to `stop`; posts Seen and Felt, or Lost, or Failed.

    `period` is the seconds between two looks. What it shows first is rows; sums are read behind them.
    """

    def __init__(self, monitor: Monitor, now: Callable[[], datetime], period: float = PERIOD) -> None:
        self.monitor = monitor
        """What it looks through; for sources."""
        self._mailbox = Mailbox(period)
        self._signs = VitalSigns(monitor, now)
        self._pause = _FIRST_PAUSE
        self._asked_at: float | None = None
        self._is_bound = False
        self._felt_at = 0.0
        self._felt_by: object = None
        self._thread = threading.Thread(target=self._run, name="aque-feeder", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def wish(self, wish: Wish, *, anew: bool = False) -> None:
        """Serve this from now on; read it `anew` where something was done."""
        self._mailbox.put(wish, anew=anew)

    def nudge(self) -> None:
        """Look again soon: something was done."""
        self._mailbox.nudge()

    def silence(self) -> float:
        """For how many seconds the broker has not answered what it is being asked."""
        asked_at = self._asked_at
        return 0.0 if asked_at is None else time.monotonic() - asked_at

    def stop(self) -> None:
        """End, and cancel what is being asked."""
        self._mailbox.close()
        if self._is_bound:
            self.monitor.broker.unbind("task_status", self._hear)
        if self._asked_at is not None:
            self.monitor.cancel()
        if self._thread.is_alive():
            self._thread.join(_FAREWELL)

    def _run(self) -> None:
        while (wish := self._mailbox.take()) is not None:
            try:
                self._serve(wish, is_brief=self._mailbox.is_brief)
                self._pause = _FIRST_PAUSE
            except AqueError as error:
                wish.post(Lost(str(error), self._pause))
                self._mailbox.pause(self._pause)
                self._pause = min(2 * self._pause, _LONGEST_PAUSE)
            except Exception as error:  # else the screen would show for ever what it has
                wish.post(Failed(error))
        self.monitor.close()

    def _serve(self, wish: Wish, *, is_brief: bool) -> None:
        wish.post(Seen(self._timed(partial(_look, wish, is_brief=is_brief))))
        if not is_brief and self._is_to_feel(wish):
            wish.post(Felt(self._timed(self._signs.latest if wish.frozen else self._feel)))

    def _is_to_feel(self, wish: Wish) -> bool:
        """Whoever wishes that gets the sums at once; then they come no more often than twice a second."""
        now = time.monotonic()
        if now < self._felt_at + _REST and wish.post == self._felt_by:
            return False
        self._felt_at, self._felt_by = now, wish.post
        return True

    def _timed(self, read: Callable[[], Thing]) -> Thing:
        self._asked_at = time.monotonic()
        try:
            return read()
        finally:
            self._asked_at = None

    def _feel(self) -> Vitals:
        self._listen()
        return self._signs.refresh()

    def _listen(self) -> None:
        if not self._is_bound:
            self.monitor.broker.bind("task_status", self._hear)
            self._is_bound = True

    def _hear(self, _: Event) -> None:
        self._mailbox.nudge()


def _look(wish: Wish, *, is_brief: bool) -> Picture[Any]:
    known = wish.source.keys()
    keys = known if wish.frozen or (is_brief and len(known)) else wish.source.refresh()
    wanted = part(keys, 0 if wish.anchor is None else keys.find(wish.anchor, wish.near), wish.count)
    found = wish.source.rows(wanted)
    return Picture(wish.source, keys, {each: found.get(each) for each in wanted})
