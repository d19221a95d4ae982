"""The screens that can be gone to, each declared once: its key, its tab, and what it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .commands import Command


@dataclass(frozen=True, slots=True)
class Place:
    """A screen under a key."""

    key: str
    name: str
    title: str
    help: str

    @property
    def command(self) -> Command:
        """What goes there."""
        return Command(f"go('{self.name}')", self.key, self.title, self.help, "View")


PLACES: Final = (
    Place("1", "tasks", "Tasks", "The list of tasks"),
    Place("2", "tree", "Tree", "Tasks with what they depend on"),
    Place("3", "workers", "Workers", "What the workers do"),
    Place("4", "groups", "Groups", "How far tasks with children are"),
    Place("5", "pulse", "Pulse", "The last hour in charts"),
    Place("6", "events", "Events", "Who did what to whom"),
)
