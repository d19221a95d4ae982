"""What a worker does between its turns: it waits until there is something to do."""

from __future__ import annotations

import time

from ..alarm import Alarm, wait_ready
from ..listener import Event
from .crew import Crew
from .exchange import Exchange
from .ledger import Ledger
from .pace import Pace
from .patience import Patience
from .pulse import Pulse
from .session import Session


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
        self._turned_at = 0.0
        self.is_asked = False

    def turned(self) -> None:
        """A turn is over."""
        self._turned_at = time.monotonic()

    def hear(self, event: Event) -> None:
        """Somebody tells of work, or asks something of the runs of one worker. Called on the listener's thread."""
        is_own = event.sender and event.sender == self._session.backend  # what it told of, it looked for itself
        if is_own or not event.is_for(self._session.worker):
            return
        if event.resync or event.payload:
            self.is_asked = True
        self._alarm.ring()

    def heed(self) -> None:
        """There may be work, or something asked of the runs here."""
        self._pace.is_hungry = self.is_asked = True

    def sleep(self) -> None:
        """Wait until there is something to do."""
        readable = [self._alarm.fileno(), *([] if self._ledger.is_full else [self._crew.fileno()])]
        watched = [self._session.fileno()] if self._is_connected else []
        ready = wait_ready([*readable, *watched], self._time(), [self._crew.fileno()] if self._crew.wants_write else [])
        self._hear(ready)
        if self._pulse.is_due or not ready.isdisjoint(watched):
            self._pulse.beat_at = 0.0

    def gather(self) -> None:
        """Let what the runner says come together for a while: it is the turns that cost, not what is in them."""
        until = min(self._turned_at + self._pace.rest(self._ledger), self._pulse.beat_at)
        while (left := until - time.monotonic()) > 0 and self._is_connected and not self.is_asked:
            ready = wait_ready([self._alarm.fileno(), self._session.fileno()], left)
            self._hear(ready)
            if self._session.fileno() in ready:  # the connection has ended
                return

    @property
    def _is_connected(self) -> bool:
        """Whether the broker was there at the last try."""
        return self._session.is_open and not self._patience.is_tried

    def _time(self) -> float:
        """Seconds to sleep at most."""
        has_work = self._ledger.is_owing or (self._pace.is_hungry and self._pace.ask(self._ledger))
        if has_work and self._is_connected:
            return 0.0
        due_at = min(self._pulse.next_at, self._exchange.tell_at)
        wakes_at = self._patience.try_at if self._patience.is_tried else due_at
        return max(0.0, min(wakes_at, self._pace.ends_at) - time.monotonic())

    def _hear(self, ready: set[int]) -> None:
        if self._alarm.fileno() in ready:
            self._alarm.hush()
            self._pace.is_hungry = True
