"""How it is shown: the order, the columns, and views that are kept."""

from __future__ import annotations

from functools import partial
from typing import Final

from ...core.errors import AqueError, UsageError
from ...core.fields import BY_NAME, FIELDS
from ..commands import Command, deed
from ..dialogs.ask import AskText, Choose, Select
from ..errands import tell
from ..listing import COLUMNS
from ..memory import Look
from ..stage import Scoped


def order_by(screen: Scoped, name: str | None) -> None:
    """Sort by a field; by the one that it is sorted by, the other way."""
    if name is None:
        return
    key = screen.session.scope.sort[0]
    screen.table.hold()
    if key.field.name == name:
        screen.rescope(screen.session.scope.inverted())
    else:
        screen.rescope(screen.session.scope.sorted(f"-{name}" if _is_largest_first(name) else name))


def _is_largest_first(name: str) -> bool:
    kind = BY_NAME[name].kind
    return kind.is_number or kind.name == "moment"


def _ask_order(screen: Scoped) -> None:
    options = [(each.name, f"{each.name:<12} {each.meaning}") for each in FIELDS if each.sorts and each.is_listed]
    question = Choose("Sort by", options, screen.session.scope.sort[0].field.name)
    screen.app.push_screen(question, partial(order_by, screen))


def _order_beside(screen: Scoped, step: int) -> None:
    """Sort by the next column that sorts."""
    names = [each.sort for each in screen.table.columns if each.sort]
    now = screen.session.scope.sort[0].field.name
    place = names.index(now) + step if now in names else 0
    order_by(screen, names[place % len(names)])


def _invert(screen: Scoped) -> None:
    screen.table.hold()
    screen.rescope(screen.session.scope.inverted())


def _ask_columns(screen: Scoped) -> None:
    meanings = {"time": "how long it runs or ran, or waits"} | {each.name: each.meaning for each in FIELDS}
    options = [(name, f"{name:<17} {meanings[name]}") for name in COLUMNS]
    question = Select("Columns", options, [each.name for each in screen.table.columns])
    screen.app.push_screen(question, lambda names: _take_columns(screen, names) if names else None)


def _take_columns(screen: Scoped, names: tuple[str, ...]) -> None:
    _keep(screen, lambda: screen.session.memory.keep_columns(names))
    screen.show()


def _ask_view(screen: Scoped) -> None:
    views = screen.session.memory.views
    if not views:
        tell(screen, "no view is kept yet: V keeps this one")
        return
    options = [(name, f"{name:<16} {look.filter or 'all tasks'}  by {look.sort}") for name, look in views.items()]
    screen.app.push_screen(Choose("Views", options), partial(_take_view, screen))


def _take_view(screen: Scoped, name: str | None) -> None:
    if name is not None:
        try:
            screen.session.look(screen.session.memory.view(name))
        except AqueError as error:
            tell(screen, str(error), "error")
        screen.rescope(screen.session.scope)


def _keep_view(screen: Scoped) -> None:
    scope = screen.session.scope
    columns = tuple(each.name for each in screen.table.columns)
    look = Look(scope.text, ",".join(map(str, scope.sort)), columns)

    def keep(name: str | None) -> None:
        if name and _keep(screen, lambda: screen.session.memory.keep_view(name.strip(), look)):
            tell(screen, f"view {name.strip()} is kept: v opens it, and so does aque top --view")

    hint = "filter, order and columns are kept under this name"
    screen.app.push_screen(AskText("Keep this view as", "", hint, _check_name), keep)


def _check_name(name: str) -> None:
    if not name.strip():
        raise UsageError("a view has a name")


def _keep(screen: Scoped, write: partial[None] | object) -> bool:
    try:
        write()  # type: ignore[operator]
    except AqueError as error:
        tell(screen, str(error), "warning")
        return False
    return True


COMMANDS: Final[tuple[Command, ...]] = (
    deed("sort", _ask_order, "f6,s", "Sort", "Sort by a field", "Shape", True),
    deed(
        "sort_left",
        partial(_order_beside, step=-1),
        "less_than_sign",
        "Sort left",
        "Sort by the column before",
        "Shape",
    ),
    deed(
        "sort_right",
        partial(_order_beside, step=1),
        "greater_than_sign",
        "Sort right",
        "Sort by the next column",
        "Shape",
    ),
    deed("invert", _invert, "I", "Invert", "The opposite order", "Shape"),
    deed("columns", _ask_columns, "f2", "Columns", "Choose the columns", "Shape"),
    deed("views", _ask_view, "v", "Views", "Open a view that was kept", "Shape"),
    deed("keep_view", _keep_view, "V", "Keep view", "Keep filter, order and columns", "Shape"),
)
