"""The palette, made from the commands that are there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from textual.command import DiscoveryHit, Hit, Hits, Provider

from .commands import Command, available
from .screens.scoped import ScopedScreen


class Commands(Provider):
    """The commands of the screen, and of what has the focus on it."""

    async def discover(self) -> Hits:
        """All of them, while nothing is typed."""
        for command, call in self._found():
            yield DiscoveryHit(_title(command), call, help=command.help)

    async def search(self, query: str) -> Hits:
        """Those that match."""
        if query.isdecimal() and isinstance(self.screen, ScopedScreen):
            yield Hit(100.0, f"Go to task {query}", partial(self.screen.go_to, int(query)), help="The task of this id")
        matcher = self.matcher(query)
        for command, call in self._found():
            if (score := matcher.match(_title(command))) > 0:
                yield Hit(score, matcher.highlight(_title(command)), call, help=command.help)

    def _found(self) -> Iterator[tuple[Command, partial[Any]]]:
        for home, command in available(self.screen):
            yield command, partial(self.app.run_action, command.action, home)


def _title(command: Command) -> str:
    return f"{command.label}  {command.key_names()[0]}"
