"""What a list of tasks is about: a filter, and an order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from ..core.filter import All, Node, parse, show
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

    def toggled(self, term: str) -> Scope:
        """With a term, or without it where it is there."""
        node = parse(term)
        parts = self.filter.parts if isinstance(self.filter, All) else (self.filter,) if self.filter else ()
        kept = tuple(each for each in parts if each != node)
        wanted = kept if len(kept) < len(parts) else (*parts, node)
        return self.narrowed(show(All(wanted) if len(wanted) > 1 else wanted[0]) if wanted else "")

    @property
    def selection(self) -> Selection:
        """The tasks that it is about."""
        return Selection(filter=self.filter)


EVERYTHING: Final = Scope()
"""All tasks, the newest first."""
