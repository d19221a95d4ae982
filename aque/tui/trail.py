"""The audit trail as a source: the latest acts, each read again only where it changed."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..core.acts import change, whom
from ..core.monitor import Monitor
from ..core.queries import events
from ..core.queries.events import EventRow, Standing
from ..core.text import clean
from .keys import Ids, Keys

MOST: Final = 10_000  # acts that can be scrolled through


@dataclass(frozen=True, slots=True)
class Entry:
    """An act, and what it was about, in words."""

    event: EventRow
    whom: str
    change: str

    @property
    def standing(self) -> Standing:
        """What of it may change."""
        return Standing(self.event.tasks, self.event.undone_by)


class Trail:
    """The latest acts, newest first."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor
        self._keys = Ids()
        self._entries: dict[int, Entry] = {}

    def keys(self) -> Keys:
        """Their numbers as they were read last."""
        return self._keys

    def refresh(self) -> Keys:
        """Their numbers as they are now."""
        found = Ids(array("q", self._monitor.read(events.numbers, MOST)))
        self._keys = self._keys if found == self._keys else found
        return self._keys

    def expire(self) -> None:
        """All is read at each refresh."""

    def rows(self, keys: Sequence[int]) -> Mapping[int, Entry]:
        """The acts of these numbers."""
        if not keys:
            return {}
        stands = self._monitor.read(events.standing, keys)
        stale = [key for key, now in stands.items() if key not in self._entries or self._entries[key].standing != now]
        read = {each.id: _entry(each) for each in (self._monitor.read(events.some, stale) if stale else ())}
        self._entries = {key: read.get(key) or self._entries[key] for key in stands if key in read or key not in stale}
        return self._entries


def _entry(event: EventRow) -> Entry:
    return Entry(event, clean(whom(event)), clean(change(event)))
