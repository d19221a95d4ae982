"""Marked tasks: by their ids, and by filters that catch tasks to come as well."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from ..core.filter import AnyOf, Node, show
from ..core.filter.predicate import Context, predicate
from ..core.rows import TaskRow
from ..core.selection import Selection
from ..core.text import clean
from ..core.view import View

EVERY: Final = "id>0"
"""The filter of all tasks."""


@dataclass(frozen=True, slots=True)
class Query:
    """All tasks of a filter; `context` has the edges that it asks for."""

    filter: Node
    context: Context

    def matches(self, task: TaskRow, now: datetime) -> bool:
        """Whether a task is one of them."""
        return predicate(self.filter, replace(self.context, now=now))(task)


@dataclass(frozen=True, slots=True)
class Marks:
    """What is marked; `spared` are those that no query marks."""

    ids: frozenset[int] = frozenset()
    queries: tuple[Query, ...] = ()
    spared: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.ids or self.queries)

    def has(self, task: TaskRow, now: datetime) -> bool:
        """Whether a task is marked."""
        return task.id in self.ids or (
            task.id not in self.spared and any(each.matches(task, now) for each in self.queries)
        )

    def turned(self, task: TaskRow, now: datetime) -> Marks:
        """With the mark of a task set or taken away."""
        one = frozenset({task.id})
        if not self.has(task, now):
            return replace(self, ids=self.ids | one, spared=self.spared - one)
        return replace(self, ids=self.ids - one, spared=self.spared | one if self.queries else self.spared)

    def joined(self, ids: Iterable[int]) -> Marks:
        """With more tasks."""
        more = frozenset(ids)
        return replace(self, ids=self.ids | more, spared=self.spared - more)

    def catching(self, query: Query) -> Marks:
        """With all of a filter."""
        return replace(self, queries=(*(each for each in self.queries if each != query), query), spared=frozenset())

    def resolve(self, view: View) -> list[int]:
        """The ids of those that are marked and there, ascending."""
        filters = tuple(each.filter for each in self.queries)
        caught = view.ids(Selection(filter=AnyOf(filters))) if filters else []
        chosen = view.ids(Selection(filter=None, ids=tuple(self.ids))) if self.ids else []
        return sorted({*(each for each in caught if each not in self.spared), *chosen})

    def __str__(self) -> str:
        texts = [show(each.filter) for each in self.queries]
        parts = ["all tasks" if each == EVERY else f"all of {clean(each)}" for each in texts]
        return ", ".join([*parts, *([f"{len(self.ids):,}"] if self.ids else [])])
