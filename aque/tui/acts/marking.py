"""Marks: what the verbs are for, if there are any."""

from __future__ import annotations

from typing import Final

from ...core.filter import parse
from ...core.queries import kill
from ...core.view import View
from ..commands import Command, deed
from ..errands import errand
from ..marks import EVERY, Marks, Query
from ..stage import Listed


def _turn(screen: Listed) -> None:
    if screen.here:
        screen.mark(screen.session.marks.turned(screen.here, screen.time))
        screen.table.action_move(1)


def _mark_subtree(screen: Listed) -> None:
    if (key := screen.task_id) is None:
        return

    def look() -> list[int]:
        with screen.session.work.doing("looking for what needs it"):
            return screen.session.broker.read(kill.reach, [key], dependencies=False, dependents=True)

    errand(screen, look, lambda ids: screen.mark(screen.session.marks.joined(ids)))


def _mark_all(screen: Listed) -> None:
    node = screen.session.scope.filter or parse(EVERY)

    errand(
        screen,
        lambda: View(screen.session.broker).context(node),
        lambda context: screen.mark(screen.session.marks.catching(Query(node, context))),
    )


def _unmark(screen: Listed) -> None:
    screen.mark(Marks())


COMMANDS: Final[tuple[Command, ...]] = (
    deed("mark", _turn, "space", "Mark", "Mark this task, or unmark it", "Mark", footer=True),
    deed("mark_subtree", _mark_subtree, "c", "Subtree", "Mark it, and all that need it", "Mark"),
    deed("mark_all", _mark_all, "a", "All", "Mark all of the filter, also to come", "Mark"),
    deed("unmark", _unmark, "U", "Unmark", "Take all marks away", "Mark"),
)
