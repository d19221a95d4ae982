"""The screens that can be gone to, each declared once: its key, its tab, and how it is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from .commands import Command
from .screens.events import EventsScreen
from .screens.fed import FedScreen
from .screens.groups import GroupsScreen
from .screens.pulse import PulseScreen
from .screens.tasks import TasksScreen
from .screens.tree import TreeScreen
from .screens.workers import WorkersScreen
from .session import Session


@dataclass(frozen=True, slots=True)
class Place:
    """A screen under a key."""

    key: str
    name: str
    title: str
    help: str
    make: Callable[[Session], FedScreen]

    @property
    def command(self) -> Command:
        """What goes there."""
        return Command(f"go('{self.name}')", self.key, self.title, self.help, "View")


PLACES: Final = (
    Place("1", "tasks", "Tasks", "The list of tasks", TasksScreen),
    Place("2", "tree", "Tree", "Tasks with what they depend on", TreeScreen),
    Place("3", "workers", "Workers", "What the workers do", WorkersScreen),
    Place("4", "groups", "Groups", "How far tasks with children are", GroupsScreen),
    Place("5", "pulse", "Pulse", "The last hour in charts", PulseScreen),
    Place("6", "events", "Events", "Who did what to whom", EventsScreen),
)
