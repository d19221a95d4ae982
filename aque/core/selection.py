"""Which tasks a verb is about: ids, a filter, or both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from .filter import All, Node, parse


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
        return cls(unique, None if text is None else parse(text))

    def where(self, node: Node) -> Selection:
        """Those of the selection that match another filter too."""
        return replace(self, filter=node if self.filter is None else All((self.filter, node)))
