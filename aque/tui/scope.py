"""What a list of tasks is about: a filter, and an order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from ..core.filter import Node, parse
from ..core.selection import Selection
from ..core.sorting import NEWEST, Key, Sort, parse_sort


@dataclass(frozen=True, slots=True)
class Scope:
    """A filter as its user wrote it, and an order."""

    text: str = ""
    filter: Node | None = None
    sort: Sort = NEWEST

    def narrowed(self, text: str) -> Scope:
        """With another filter; an empty one is for all. Raises FilterError."""
        return replace(self, text=text.strip(), filter=parse(text) if text.strip() else None)

    def sorted(self, names: str) -> Scope:
        """In another order, such as `-priority,id`. Raises UsageError."""
        return replace(self, sort=parse_sort(names))

    def inverted(self) -> Scope:
        """In the opposite order."""
        return replace(self, sort=tuple(Key(key.field, not key.is_descending) for key in self.sort))

    @property
    def selection(self) -> Selection:
        """The tasks that it is about."""
        return Selection(filter=self.filter)


EVERYTHING: Final = Scope()
"""All tasks, the newest first."""
