"""The order of a list, and the place where its next page begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from .fields import BY_NAME, Field, find
from .rows import TaskRow


@dataclass(frozen=True)
class Key:
    """A field to sort by. Tasks that lack it come last in both directions."""

    field: Field
    is_descending: bool = False

    def __str__(self) -> str:
        return f"-{self.field.name}" if self.is_descending else self.field.name


Sort = tuple[Key, ...]
_ID: Final = BY_NAME["id"]
NEWEST: Final[Sort] = (Key(_ID, True),)
OLDEST: Final[Sort] = (Key(_ID),)


def parse_sort(text: str) -> Sort:
    """From names with commas between, `-` before those that descend, such as `-priority,id`; raises UsageError.

    The id is added at the end, so that no two tasks are equal.
    """
    keys = tuple(_key(name.strip()) for name in text.split(","))
    return keys if any(key.field is _ID for key in keys) else (*keys, Key(_ID))


def _key(name: str) -> Key:
    return Key(find(name.removeprefix("-"), lambda field: field.sorts), name.startswith("-"))


def place(sort: Sort, row: TaskRow, now: datetime) -> tuple[Any, ...]:
    """Where a row stands in an order: the values of its keys, as far as its id, which decides."""
    return tuple(key.field.read(row, now) for key in sort)
