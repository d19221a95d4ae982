"""Rows that are made when they are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

from .widgets.column import Row

Thing = TypeVar("Thing")


class Made(Mapping[int, Row | None], Generic[Thing]):
    """Rows of things by key, each made once, when it is first asked for: most that are held are out of sight."""

    def __init__(self, things: Mapping[int, Thing | None], make: Callable[[int, Thing], Row]) -> None:
        self._things = things
        self._make = make
        self._made: dict[int, Row | None] = {}

    def __getitem__(self, key: int) -> Row | None:
        if key not in self._made:
            thing = self._things[key]
            self._made[key] = None if thing is None else self._make(key, thing)
        return self._made[key]

    def __contains__(self, key: object) -> bool:
        return key in self._things

    def __iter__(self) -> Iterator[int]:
        return iter(self._things)

    def __len__(self) -> int:
        return len(self._things)
