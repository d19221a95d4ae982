"""What all screens have."""

from __future__ import annotations

from typing import ClassVar

from textual.screen import Screen

from .commands import Command, withheld
from .session import Session


class CommandScreen(Screen[None]):
    """A screen whose commands are declared; those that change tasks are not there in a session that is read-only.

    Nor are those that write files where the screen is in a browser: they would be files of another host.
    """

    commands: ClassVar[tuple[Command, ...]] = ()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action is to be had."""
        whole = f"{action}('{parameters[0]}')" if parameters else action
        return whole not in withheld(self.commands, changing=self.session.read_only, filing=self.app.is_web)

    def action_do(self, name: str) -> None:
        """Do what a command of this name says."""
        for each in self.commands:
            if each.name == name and each.run:
                each.run(self)
                return
