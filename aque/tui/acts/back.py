"""Taking back what was done: what would come of it is told before, what came of it after."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ...core.acts import describe
from ...core.errors import AqueError, CannotUndo
from ...core.outcomes import count_undone, undone, undone_parts
from ...core.text import clean
from ...core.undo import Undone
from ..commands import Command, deed
from ..dialogs.ask import Confirm
from ..errands import errand, tell
from ..stage import Changing


def undo(screen: Changing, event: int | None = None) -> None:
    """Take an act back, by its number, or the last of this user's, after a question."""
    session = screen.session

    def look() -> Undone:
        with session.work.doing("looking at what was done"):
            return session.steering.undo(event, dry=True)

    def perform(act: int) -> Undone:
        with session.work.doing(f"undoing event {act}"):
            return session.steering.undo(act)

    def report(done: Undone) -> None:
        tell(screen, undone(done), "information" if count_undone(done) else "warning")
        screen.hurry()

    def ask(seen: Undone) -> None:
        if not count_undone(seen):
            tell(screen, undone(seen), "warning")
            return
        title = clean(f"Undo event {seen.event.id}, {seen.event.action} by {seen.event.who}?")
        question = Confirm(title, lines(seen), "Undo", "primary")
        act = seen.event.id
        screen.app.push_screen(question, lambda yes: errand(screen, lambda: perform(act), report) if yes else None)

    errand(screen, look, ask, lambda error: tell(screen, f"{error}{instead(error)}", "warning"))


def instead(error: AqueError) -> str:
    """What can be done where this one cannot be undone."""
    if not isinstance(error, CannotUndo):
        return ""
    if error.rather:
        return ", which can be undone in Events"
    return ": what others did can be undone in Events" if error.is_own else ""


def lines(seen: Undone) -> Iterator[str]:
    """What was done, and what would come of it."""
    yield clean(describe(seen.event))
    yield f"undoes it for: {', '.join(undone_parts(seen))}"


UNDO: Final[Command] = deed("undo", undo, "z", "Undo", "Take back what you did last", "Act", changes=True)
