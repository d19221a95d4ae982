"""Whom a verb is for: the marked tasks, or else the one under the cursor, or those of a worker or a group."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..core.filter import parse
from ..core.selection import Selection
from ..core.view import View
from .marks import Marks


@dataclass(frozen=True, slots=True)
class Whom:
    """One task, or what is marked, or all of a `filter`, which are called `name`."""

    task: int | None = None
    marks: Marks = field(default_factory=Marks)
    filter: str = ""
    name: str = "the marked tasks"

    def resolve(self, view: View) -> list[int]:
        """The ids as they are now, ascending."""
        if self.filter:
            return view.ids(Selection(filter=parse(self.filter)))
        return self.marks.resolve(view) if self.task is None else [self.task]

    def __str__(self) -> str:
        return self.name if self.task is None else f"task {self.task}"
