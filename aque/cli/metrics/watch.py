"""Looks at a broker for all who ask, no more often than it changes, and never waits long for one that is gone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from math import inf
from typing import Final

from ...core.errors import AqueError
from ...core.metrics import Meter, Reading

_FRESH: Final = 1.0  # seconds for which one look serves all
_PATIENCE: Final = 5.0  # seconds; who scrapes gives up after ten


@dataclass(frozen=True)
class Look:
    """What a look found, or why it found nothing; `status` is that of a command which has nothing else to tell."""

    reading: Reading | None
    complaint: str = ""
    status: int = 0
    is_recent: bool = False


class Watch:
    """Looks from one thread of its own. `tell` hears of a broker that was lost, and of one that is back."""

    def __init__(self, meter: Meter, tell: Callable[[str], object] = lambda _: None) -> None:
        self.tell = tell
        self._meter = meter
        self._turn = threading.Lock()
        self._thread = ThreadPoolExecutor(1, "aque-metrics")
        self._asked: Future[Reading] | None = None
        self._look = Look(None)
        self._looked_at = -inf
        self._complaint = ""

    def look(self) -> Look:
        """What there is now. May be called from any thread."""
        with self._turn:
            if time.monotonic() - self._looked_at > _FRESH:
                self._look = self._ask(self._meter.read)
                self._looked_at = time.monotonic()
                self._note(self._look.complaint)
            return self._look

    def recent(self) -> Look:
        """What there is now, and what ended in the last minutes."""
        found = self._ask(self._meter.recent)
        return Look(found.reading, found.complaint, found.status, is_recent=True)

    def _ask(self, read: Callable[[], Reading]) -> Look:
        """A question that is not answered in time stands; the answer comes with a later look."""
        asked = self._asked = self._asked or self._thread.submit(read)
        if not wait([asked], _PATIENCE).done:
            return Look(None, f"the broker has not answered for {_PATIENCE:g} s", 3)
        self._asked = None
        try:
            return Look(asked.result())
        except AqueError as error:
            return Look(None, " ".join(str(error).split()), error.exit_code)

    def _note(self, complaint: str) -> None:
        if bool(complaint) != bool(self._complaint):
            self.tell(complaint or "the broker is back")
        self._complaint = complaint
