"""Which tasks a verb is about: ids, a filter, or both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from .filter import Node


@dataclass(frozen=True)
class Selection:
    """Tasks of these ids that match the filter; None leaves a side open. Empty ids select nothing.

    `ends`: only those at an end of the graph: `last`, which nothing depends on, or `first`, which depend on nothing.
    """

    ids: tuple[int, ...] | None = None
    filter: Node | None = None
    ends: Literal["first", "last"] | None = None

    @classmethod
    def of(cls, ids: Iterable[int] | None = None, text: str | None = None) -> Selection:
        """From ids and the text of a filter; raises FilterError."""
        unique = None if ids is None else tuple(dict.fromkeys(ids))
        if text is None:
            return cls(unique)
        from .filter import parse  # who selects by ids does without the language

        return cls(unique, parse(text))

    def where(self, node: Node) -> Selection:
        """Those of the selection that match another filter too."""
        if self.filter is None:
            return replace(self, filter=node)
        from .filter import All

        return replace(self, filter=All((self.filter, node)))
