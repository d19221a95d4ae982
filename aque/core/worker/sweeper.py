"""What a worker does for the broker beside its work: it removes tasks whose time is over."""

from __future__ import annotations

import time
from typing import Final

from ..queries import retention
from .session import Session

_EVERY: Final = 30.0  # seconds from one round to the next
_MOST: Final = 500  # tasks at once
_BUSY: Final = 0.1  # seconds for all that is done at a time, so that no task waits for it


class Sweeper:
    """Removes as many tasks at a time as can be removed in a moment; some have much output."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._size = 50
        self._due_at = 0.0

    def sweep(self) -> None:
        """Go on with what is due, for a moment. Raises BrokerUnavailable; less is tried at once then."""
        began = time.monotonic()
        if began < self._due_at:
            return
        self._due_at = began + _EVERY
        while time.monotonic() - began < _BUSY:
            if not self._remove_some():
                self._session.read(retention.tidy, _MOST)
                return
        self._due_at = 0.0  # there is more

    def _remove_some(self) -> bool:
        """Whether there may be more."""
        began, size = time.monotonic(), self._size
        self._size = max(size // 4, 1)  # unless it goes well
        found = self._session.read(retention.expire, size)
        is_quick = time.monotonic() - began < _BUSY / 2
        self._size = min(size * 2, _MOST) if is_quick else max(size // 2, 1)
        return bool(found and found.is_more)
