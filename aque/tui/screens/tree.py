"""Tasks as a tree: below each what it depends on, or what depends on it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from ...core.queries.lists import Branch
from ...core.rows import TaskRow
from ...core.text import clean
from ..commands import bindings, deed
from ..listing import row
from ..session import Session
from ..tree import Fold, TreeSource, Twig
from ..widgets.column import Column, Row
from .tasklist import TaskListScreen

_TREE: Final = Column("tree", "TASK", 30, grow=3)
_HIDDEN: Final = frozenset({"name"})  # it stands in the tree
_CONDITIONS: Final = {"success": "", "failure": "on failure: ", "complete": "after: "}
_OTHERWISE: Final = {"fail": "", "cancel": " [else cancelled]", "wait": " [else waits]"}


FOLDING: Final = (
    deed("open", lambda screen: screen.fold(Fold.OPEN), "plus,right,l", "Unfold", "Show what is below", "Shape", True),
    deed("close", lambda screen: screen.close(), "minus,left,h", "Fold", "Hide it, or go to the one above", "Shape"),
    deed("whole", lambda screen: screen.fold(Fold.WHOLE), "asterisk", "Unfold all", "Show all below it", "Shape"),
    deed("turn", lambda screen: screen.turn(), "T", "Turn", "Below: what it needs, or what needs it", "Shape"),
    deed("list", lambda screen: screen.app.action_go("tasks"), "f5,t", "List", "Back to the list", "Shape"),
)


class TreeScreen(TaskListScreen):
    """The ends of the graph, or all tasks of a filter, and below them what they are tied to, read as it is unfolded."""

    commands = (*FOLDING, *TaskListScreen.commands)
    BINDINGS = bindings(commands)

    def __init__(self, session: Session) -> None:
        self._upwards = False
        super().__init__(session)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The tree, and the columns that were chosen."""
        return (_TREE, *(each for each in super().columns if each.name not in _HIDDEN))

    @property
    def task_id(self) -> int | None:
        """The task of the line under the cursor."""
        return self.here.id if self.here else None

    @property
    def here(self) -> TaskRow | None:
        """It, as it was read last."""
        twig: Twig | None = self.thing(self.table.cursor_key)
        return twig.task if twig else None

    def source(self) -> TreeSource:
        """The tree of the scope; a filter's tasks are all roots, for what is above them may not match."""
        scope = self.session.scope
        selection = scope.selection if scope.filter else replace(scope.selection, ends=self._end())
        return TreeSource(self.session.feeder.monitor, selection, scope.sort, upwards=self._upwards)

    def _end(self) -> Any:
        return "first" if self._upwards else "last"

    def row(self, key: int, thing: Twig) -> Row:
        """The line of a task, with its place in the tree."""
        plain = row(thing.task, self.time, self.columns[1:], self.session.marks.has(thing.task, self.time))
        return replace(plain, cells={"tree": told(thing), **plain.cells})

    def fold(self, how: Fold) -> None:
        """Do something to the line under the cursor."""
        source = self.twigs
        if (key := self.table.cursor_key) is not None:
            self.table.hold()
            source.fold(how, key)
            self.ask()

    def close(self) -> None:
        """Fold the line, or go to the one above."""
        key = self.table.cursor_key
        twig: Twig | None = self.thing(key)
        above = self.twigs.parent(key) if key is not None else None
        if twig and twig.is_open:
            self.fold(Fold.CLOSE)
        elif above is not None:
            self.table.go(self.table.keys.find(above, self.table.cursor))

    def turn(self) -> None:
        """Look from the other end."""
        self._upwards = not self._upwards
        self.renew()

    @property
    def twigs(self) -> TreeSource:
        """What the lines are read from."""
        source = self.wish.source
        assert isinstance(source, TreeSource)
        return source

    def remarks(self) -> dict[str, bool]:
        """Which way the tree grows."""
        way = "dependents below" if self._upwards else "dependencies below"
        return {way: True, **super().remarks()}


def told(twig: Twig) -> str:
    """A place in the tree, a name, and how it is tied to the one above, where that is not the usual way."""
    sign = ("▾ " if twig.is_open else "▸ ") if twig.branches else "  "
    before, after = tied(twig.branch) if twig.branch else ("", "")
    return f"{twig.trail}{sign}{before}{clean(twig.task.name)}{after}"


def tied(branch: Branch) -> tuple[str, str]:
    """What an edge asks for, and what becomes of who needs it where that does not come."""
    return "child: " if branch.is_child else _CONDITIONS[branch.condition], _OTHERWISE[branch.otherwise]
