"""What all screens have."""

from __future__ import annotations

from typing import ClassVar

from textual.screen import Screen

from ..commands import Command, changing
from ..session import Session


class CommandScreen(Screen[None]):
    """A screen whose commands are declared; those that change tasks are not there in a session that is read-only."""

    commands: ClassVar[tuple[Command, ...]] = ()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action is to be had."""
        del parameters
        return not (self.session.read_only and action in changing(self.commands))
