"""The keys of all lines of a table, of which a table holds only some rows."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import Protocol


class Keys(Protocol):
    """The keys of all lines in their order. Never changed: a new order is a new object."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> int: ...

    def find(self, key: int) -> int:
        """The index of a key; where it would stand, if it is not there."""
        ...


class Ids:
    """The ids of tasks, ascending or newest first. The packed array is shared and must not be changed."""

    __slots__ = ("_packed", "newest_first")

    def __init__(self, packed: array[int] | None = None, newest_first: bool = True) -> None:
        self._packed = packed if packed is not None else array("q")
        self.newest_first = newest_first

    def __len__(self) -> int:
        return len(self._packed)

    def __getitem__(self, index: int) -> int:
        return self._packed[-1 - index if self.newest_first else index]

    def __iter__(self) -> Iterator[int]:
        return reversed(self._packed) if self.newest_first else iter(self._packed)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ids) and (self.newest_first, self._packed) == (other.newest_first, other._packed)

    __hash__ = None  # type: ignore[assignment]

    def find(self, key: int) -> int:
        """The index of an id, or of the first one after it in this order."""
        if not self.newest_first:
            return bisect_left(self._packed, key)
        place = bisect_left(self._packed, key + 1)
        return len(self._packed) - place

    def part(self, start: int, count: int) -> list[int]:
        """The ids from an index on."""
        start = max(0, start)
        return [self[index] for index in range(start, min(start + count, len(self)))]
