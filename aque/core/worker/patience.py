"""What a worker does about a broker that is lost, or refuses: it tries again, and ends only where that is of no use."""

from __future__ import annotations

import logging
import time
from typing import Final

from ..errors import BrokerError, SchemaError
from .session import Session

_log: Final = logging.getLogger("aque.worker")
_LONGEST_PAUSE: Final = 0.5  # seconds between two tries to reach the broker


class Patience:
    """When to try again: `try_at`, by the steady clock."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._pause = 0.0
        self.try_at = 0.0

    @property
    def is_tried(self) -> bool:
        """Whether the last try failed."""
        return self._pause > 0

    @property
    def is_due(self) -> bool:
        """Whether to try now."""
        return time.monotonic() >= self.try_at

    def rest(self) -> None:
        """A try went well."""
        self._pause = self.try_at = 0.0

    def put_off(self, error: BrokerError) -> None:
        """Try again soon."""
        _log.log(logging.DEBUG if self._pause else logging.WARNING, "trying again: %s", error)
        self._pause = min(max(self._pause * 2, 0.05), _LONGEST_PAUSE)
        self.try_at = time.monotonic() + self._pause

    def doubt(self, error: SchemaError) -> None:
        """Raise SchemaError if somebody has upgraded the broker: this program does not know what is there now."""
        try:
            is_outdated = self._session.is_outdated()
        except BrokerError:
            is_outdated = False
        if is_outdated:
            raise SchemaError("the broker was upgraded to a newer schema: upgrade aque here") from error
        self._session.wire.close()
        self.put_off(error)
