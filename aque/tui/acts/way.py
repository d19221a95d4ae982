"""The way back: to the screen from which another one was opened, with what that was about; or to all tasks."""

from __future__ import annotations

from typing import Final

from ..commands import Command, deed
from ..scope import Scope
from ..stage import Leaving, Stage


def leave_for(screen: Stage, place: str, scope: Scope | None = None) -> None:
    """Go to another screen, from where Esc leads back; there with another scope, where one is given."""
    session = screen.session
    session.way.append((screen.app.current_mode, session.scope))
    session.scope = scope or session.scope
    screen.app.switch_mode(place)


def back(screen: Leaving) -> None:
    """Go to where this screen was opened from, or else do what leaving means here."""
    session = screen.session
    if session.way:
        place, session.scope = session.way.pop()
        screen.app.switch_mode(place)
    else:
        screen.leave()


BACK: Final[Command] = deed("back", back, "escape", "Back", "To where you came from, or to all tasks", "View")
