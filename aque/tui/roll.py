"""The tasks of a selection as a source: a first page at once, all ids behind it."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from ..core.monitor import Monitor
from ..core.rows import TaskRow
from ..core.selection import Selection
from ..core.sorting import NEWEST, Sort
from .keys import Ids, Keys, Ranked
from .pace import SHARE, Paced

_TAIL: Final = 1000  # ids that are looked at each time: what is submitted late may have an id lower than the highest
_SELDOM: Final = 4 * SHARE  # where tasks leave by being removed alone: what is new is in the tail


class _Order(Protocol):
    """Ids of a selection in an order, read as often as it is cheap."""

    def keys(self) -> Keys: ...

    def refresh(self) -> Keys: ...

    def expire(self) -> None: ...


class Roll:
    """Tasks of a selection in the order of their ids: the latest of them at each look, all now and then."""

    def __init__(self, monitor: Monitor, selection: Selection, newest_first: bool) -> None:
        self._monitor = monitor
        self._selection = selection
        self._newest_first = newest_first
        self._all = Paced(lambda: monitor.ids(selection), SHARE if selection.filter else _SELDOM)
        self._keys = Ids(newest_first=newest_first)
        self._ids: array[int] = array("q")

    def keys(self) -> Keys:
        """The ids as they were read last."""
        return self._keys

    def refresh(self) -> Keys:
        """The ids as they are now; the same object as before, where nothing changed."""
        found = self._read()
        if found is not self._ids and found != self._ids:
            self._ids, self._keys = found, Ids(found, self._newest_first)
        return self._keys

    def expire(self) -> None:
        """Have all ids read at the next refresh."""
        self._all.expire()

    def _read(self) -> array[int]:
        if not self._ids:
            return self._monitor.ids(self._selection, NEWEST, _TAIL)[::-1]
        found = self._all()
        return self._joined() if found is None else found

    def _joined(self) -> array[int]:
        if len(self._ids) <= _TAIL:
            return self._monitor.ids(self._selection)
        tail = self._monitor.ids(self._selection, since=self._ids[-_TAIL - 1] + 1)
        if tail == self._ids[-_TAIL:]:
            return self._ids  # as it is: to join a million, or to compare them, takes longer than to read these
        return self._ids[:-_TAIL] + tail


class Ranking:
    """Tasks of a selection in another order: a first page, and then all, now and then."""

    def __init__(self, monitor: Monitor, selection: Selection, sort: Sort) -> None:
        self._monitor = monitor
        self._question = selection, sort
        self._all = Paced(lambda: monitor.ids(selection, sort))
        self._keys = Ranked()

    def keys(self) -> Keys:
        """The ids as they were read last."""
        return self._keys

    def refresh(self) -> Keys:
        """The ids in the order of late."""
        found = self._all() if len(self._keys) else self._monitor.ids(*self._question, _TAIL)
        self._keys = self._keys if found is None else Ranked(found)
        return self._keys

    def expire(self) -> None:
        """Have all ids read at the next refresh."""
        self._all.expire()


class TaskSource:
    """The tasks of a selection in an order, in rows."""

    def __init__(self, monitor: Monitor, selection: Selection, sort: Sort) -> None:
        self._monitor = monitor
        first = sort[0]
        self._order: _Order = (
            Roll(monitor, selection, first.is_descending)
            if first.field.name == "id"
            else Ranking(monitor, selection, sort)
        )

    def keys(self) -> Keys:
        """The ids as they were read last."""
        return self._order.keys()

    def refresh(self) -> Keys:
        """The ids as they are, or were of late where there are very many."""
        return self._order.refresh()

    def expire(self) -> None:
        """Have all ids read at the next refresh."""
        self._order.expire()

    def rows(self, keys: Sequence[int]) -> Mapping[int, TaskRow]:
        """The tasks of these ids."""
        return {row.id: row for row in self._monitor.rows(keys)}
