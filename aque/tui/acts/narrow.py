"""What is shown: the filter, and what is sought in it."""

from __future__ import annotations

from functools import partial
from typing import Final

from ...core.filter import parse
from ...core.rows import TaskRow
from ...core.sorting import place
from ...core.view import View
from ..commands import Command, deed
from ..errands import errand, tell
from ..stage import Scoped

FILTER: Final = "filter"
FIND: Final = "find"


def open_bar(screen: Scoped, purpose: str) -> None:
    """Let the user write a filter; what there is to complete with is read meanwhile."""
    bar = screen.filter_bar
    bar.open(purpose, screen.session.scope.text if purpose == FILTER else "")
    errand(screen, screen.session.monitor.vocabulary, partial(setattr, bar, "vocabulary"), lambda _: None)


def narrow(screen: Scoped, text: str) -> None:
    """Show the tasks of a filter."""
    if text.strip() != screen.session.scope.text:
        screen.rescope(screen.session.scope.narrowed(text))


def seek(screen: Scoped, text: str) -> None:
    """Go to the next task of a filter."""
    if text.strip():
        screen.session.sought = parse(text)
        find(screen)


def find(screen: Scoped, backwards: bool = False) -> None:
    """Go to the next task, or the previous one, of what was sought last; from the end on to the beginning."""
    session, here = screen.session, screen.here
    if session.sought is None:
        open_bar(screen, FIND)
        return
    selection = session.scope.selection.where(session.sought)
    scope = session.scope.inverted() if backwards else session.scope

    def look() -> TaskRow | None:
        view = View(session.broker)
        after = place(scope.sort, here, view.now) if here else None
        rows = view.page(selection, scope.sort, 1, after).rows or view.page(selection, scope.sort, 1).rows
        return rows[0] if rows else None

    def go(found: TaskRow | None) -> None:
        if found is None:
            tell(screen, "no task here matches", "warning")
        else:
            screen.go_to(found.id)

    errand(screen, look, go)


def _toggle(screen: Scoped, term: str) -> None:
    screen.rescope(screen.session.scope.toggled(term))


COMMANDS: Final[tuple[Command, ...]] = (
    deed(
        "filter", partial(open_bar, purpose=FILTER), "slash", "Filter", "Show only what matches a filter", "Find", True
    ),
    deed("mine", partial(_toggle, term="user:me"), "u", "Mine", "Only my tasks, or everybody's", "Find"),
    deed(
        "failures",
        partial(_toggle, term="state:failed"),
        "exclamation_mark",
        "Failures",
        "Only what failed, or all",
        "Find",
    ),
    deed("find", partial(open_bar, purpose=FIND), "f3", "Find", "Go to what matches a filter", "Find"),
    deed("find_next", find, "n", "Next", "Go to the next that matches", "Find"),
    deed("find_previous", partial(find, backwards=True), "N", "Previous", "Go to the previous that matches", "Find"),
)
