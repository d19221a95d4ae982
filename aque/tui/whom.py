"""Whom a verb is for: the marked tasks, or else the one under the cursor."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..core.view import View
from .marks import Marks


@dataclass(frozen=True, slots=True)
class Whom:
    """One task, or what is marked."""

    task: int | None = None
    marks: Marks = field(default_factory=Marks)

    def resolve(self, view: View) -> list[int]:
        """The ids as they are now, ascending."""
        return self.marks.resolve(view) if self.task is None else [self.task]

    def __str__(self) -> str:
        return "the marked tasks" if self.task is None else f"task {self.task}"
