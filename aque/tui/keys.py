"""The keys of all lines of a table, of which a table holds only some rows."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final, Protocol

_NEIGHBOURS: Final = 200  # lines to look at before all are


class Keys(Protocol):
    """The keys of all lines in their order. Never changed: a new order is a new object."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> int: ...

    def find(self, key: int, near: int = 0) -> int:
        """The index of a key, which was last seen `near` an index; where it would stand, if it is not there."""
        ...


def part(keys: Keys, start: int, count: int) -> list[int]:
    """The keys from an index on."""
    start = max(0, start)
    return [keys[index] for index in range(start, min(start + count, len(keys)))]


def flat(keys: Keys) -> array[int]:
    """All keys in their order, in an array of one's own."""
    return keys.packed() if isinstance(keys, Ids | Ranked) else array("q", (keys[each] for each in range(len(keys))))


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

    def packed(self) -> array[int]:
        """A copy in this order."""
        return self._packed[::-1] if self.newest_first else self._packed[:]

    def find(self, key: int, near: int = 0) -> int:
        """The index of an id, or of the first one after it in this order."""
        del near
        if not self.newest_first:
            return bisect_left(self._packed, key)
        place = bisect_left(self._packed, key + 1)
        return len(self._packed) - place


class Ranked:
    """Keys in an order that does not show in them. The packed array is shared and must not be changed."""

    __slots__ = ("_packed",)

    def __init__(self, packed: array[int] | None = None) -> None:
        self._packed = packed if packed is not None else array("q")

    def __len__(self) -> int:
        return len(self._packed)

    def __getitem__(self, index: int) -> int:
        return self._packed[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ranked) and self._packed == other._packed

    __hash__ = None  # type: ignore[assignment]

    def packed(self) -> array[int]:
        """A copy."""
        return self._packed[:]

    def find(self, key: int, near: int = 0) -> int:
        """The index of a key; where it is gone, the line where it was, or the last."""
        for start, stop in ((max(0, near - _NEIGHBOURS), near + _NEIGHBOURS), (0, len(self._packed))):
            try:
                return self._packed.index(key, start, stop)
            except ValueError:
                continue
        return min(near, max(0, len(self._packed) - 1))
