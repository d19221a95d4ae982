"""Who looks dead is looked at again before it is buried: a worker that lost its connection has time to come back."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final

from ..queries.registry import Suspect

_APART: Final = 1.9  # seconds for which a worker has to look dead
_STALE: Final = 5.0  # seconds after which an earlier look says nothing any more


class Suspects:
    """The workers whose session was gone when one looked last, and since when."""

    def __init__(self) -> None:
        self._since: dict[Suspect, float] = {}
        self._looked_at = float("-inf")

    def convict(self, found: Iterable[Suspect]) -> list[int]:
        """Those of the suspects found now that are dead: for certain, or seen before without a sign of life since."""
        now = time.monotonic()
        before = self._since if now - self._looked_at < _STALE else {}
        self._since = {each: before.get(each, now) for each in found}
        self._looked_at = now
        return [each.id for each, since in self._since.items() if each.certain or now - since >= _APART]
