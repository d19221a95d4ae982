"""What a worker does between its turns: it waits until there is something to do."""

from __future__ import annotations

import time
from typing import Final

from ..alarm import Alarm, wait_ready
from ..listener import Event
from .crew import Crew
from .exchange import Exchange
from .ledger import Ledger
from .pace import Pace
from .patience import Patience
from .pulse import Pulse
from .session import Session

_POOLED: Final = 0.5  # seconds between two looks for work behind a pooler, which lets no notification through


class Rest:
    """Waits for runner, broker, alarm and times. `is_asked`: somebody may want something of the runs here."""

    def __init__(
        self,
        alarm: Alarm,
        session: Session,
        crew: Crew,
        ledger: Ledger,
        pace: Pace,
        exchange: Exchange,
        pulse: Pulse,
        patience: Patience,
    ) -> None:
        self._alarm = alarm
        self._session = session
        self._crew = crew
        self._ledger = ledger
        self._pace = pace
        self._exchange = exchange
        self._pulse = pulse
        self._patience = patience
        self._turned_at = self._looked_at = 0.0
        self._has_news = self.is_asked = False

    def turned(self) -> None:
        """A turn is over."""
        self._turned_at = time.monotonic()

    def hear(self, event: Event) -> None:
        """Somebody tells of work, or asks something of the runs of one worker."""
        if event.topic == "work" and event.is_for(self._session.worker):
            self._has_news = True
            self.is_asked = self.is_asked or bool(event.payload)

    def heed(self) -> None:
        """There may be work, or something asked of the runs here."""
        self._pace.is_hungry = self.is_asked = True

    def sleep(self) -> None:
        """Wait until there is something to do."""
        readable = [self._alarm.fileno(), *([] if self._ledger.is_full else [self._crew.fileno()])]
        watched = [self._session.wire.fileno()] if self._is_connected and self._take_in() else []
        ready = wait_ready([*readable, *watched], self._time(), [self._crew.fileno()] if self._crew.wants_write else [])
        self._hear(ready)
        if not ready.isdisjoint(watched):
            self._take_in()
        if self._pulse.is_due:
            self._pulse.beat_at = 0.0
        if time.monotonic() >= self._looks_at:
            self._looked_at = time.monotonic()
            self.heed()

    def gather(self) -> None:
        """Let what the runner says come together for a while: it is the turns that cost, not what is in them."""
        until = min(self._turned_at + self._pace.rest(self._ledger), self._pulse.beat_at)
        while (left := until - time.monotonic()) > 0 and self._is_connected and not self.is_asked:
            if not self._take_in():
                return
            self._hear(wait_ready([self._alarm.fileno(), self._session.wire.fileno()], left))

    def _take_in(self) -> bool:
        """Take in what the broker tells; False where the connection has ended: then the heartbeat sees to it, now."""
        if not self._session.wire.hear():
            self._pulse.beat_at = 0.0
            return False
        self._pace.is_hungry = self._pace.is_hungry or self._has_news
        self._has_news = False
        return True

    @property
    def _is_connected(self) -> bool:
        """Whether the broker was there at the last try."""
        return self._session.wire.is_open and not self._patience.is_tried

    @property
    def _looks_at(self) -> float:
        """When to look for work of which nothing is told."""
        return self._looked_at + _POOLED if self._session.wire.is_deaf else float("inf")

    def _time(self) -> float:
        """Seconds to sleep at most."""
        has_work = self._ledger.is_owing or (self._pace.is_hungry and self._pace.ask(self._ledger))
        if (has_work or self.is_asked) and self._is_connected:
            return 0.0
        due_at = min(self._pulse.next_at, self._exchange.tell_at, self._looks_at)
        wakes_at = self._patience.try_at if self._patience.is_tried else due_at
        return max(0.0, min(wakes_at, self._pace.ends_at) - time.monotonic())

    def _hear(self, ready: set[int]) -> None:
        if self._alarm.fileno() in ready:
            self._alarm.hush()
            self._pace.is_hungry = True
