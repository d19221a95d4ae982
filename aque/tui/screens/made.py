"""How the screens of `places` are made, by their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .events import EventsScreen
from .groups import GroupsScreen
from .place import PlaceScreen
from .pulse import PulseScreen
from .tasks import TasksScreen
from .tree import TreeScreen
from .workers import WorkersScreen

SCREENS: Final[Mapping[str, type[PlaceScreen]]] = {
    "tasks": TasksScreen,
    "tree": TreeScreen,
    "workers": WorkersScreen,
    "groups": GroupsScreen,
    "pulse": PulseScreen,
    "events": EventsScreen,
}
