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
        whole = f"{action}('{parameters[0]}')" if parameters else action
        return not (self.session.read_only and whole in changing(self.commands))

    def action_do(self, name: str) -> None:
        """Do what a command of this name says."""
        for each in self.commands:
            if each.name == name and each.run:
                each.run(self)
                return
