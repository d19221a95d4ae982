"""Lists of tasks: a selection in an order, a page at a time; counts; edges.

Every function takes the server's time `now`, so that what is older than an hour on one page is so on the next.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg import sql
from psycopg.rows import class_row

from ..db.source import Connection
from ..db.statements import statements
from ..filter.condition import condition
from ..rows import TaskRow
from ..selection import Selection
from ..sorting import NEWEST, OLDEST, Sort
from ..states import State
from . import ordering
from .in_order import in_order

_SQL: Final = {name: sql.SQL(text) for name, text in statements(__name__).items()}
_NAMES: Final = TaskRow._fields
_LONG: Final = ("args", "command")
_COLUMNS: Final = sql.SQL(", ").join(sql.Identifier("r", name) for name in _NAMES)
_SHORT: Final = sql.SQL(", ").join(
    _SQL["beginning"].format(name=sql.Identifier(name)) if name in _LONG else sql.Identifier("r", name)
    for name in _NAMES
)
_SOURCE: Final = _SQL["source"].format(wait=sql.SQL("true"))
_SHOWN: Final = _SQL["shown"]
_ROWS, _ASKED = (
    _SQL["source"].format(wait=_SQL["some_wait"].format(shown=shown)) for shown in (_SHOWN, sql.Placeholder("ids"))
)
_AND: Final = sql.SQL(" and ")


@dataclass(frozen=True, slots=True)
class Edge:
    """One dependency of `dependent`, which has `total` of them."""

    dependent: int
    id: int
    condition: str
    otherwise: str
    is_child: bool
    total: int


def page(
    conn: Connection,
    selection: Selection,
    now: datetime,
    sort: Sort = NEWEST,
    limit: int | None = None,
    after: Sequence[Any] | None = None,
) -> list[TaskRow]:
    """The rows of a selection in an order, those `after` a place in it (see sorting.place); all without a limit."""
    where, parameters = _where(selection, now, sort, after)
    query = _SQL["page"].format(
        columns=_COLUMNS, source=_SOURCE, rows=_ROWS, shown=_SHOWN, where=where, order=ordering.order(sort)
    )
    with conn.cursor(row_factory=in_order(TaskRow._make)) as cursor:
        return cursor.execute(query, {**parameters, "limit": limit}, prepare=False).fetchall()


def rows(conn: Connection, wanted: Sequence[int], now: datetime) -> list[TaskRow]:
    """Rows in the order of these ids; those that are gone are left out."""
    return _rows(conn, _COLUMNS, wanted, now)


def brief(conn: Connection, wanted: Sequence[int], now: datetime) -> list[TaskRow]:
    """The same with the beginning of `args` and `command`."""
    return _rows(conn, _SHORT, wanted, now)


def _rows(conn: Connection, columns: sql.Composable, wanted: Sequence[int], now: datetime) -> list[TaskRow]:
    query = _SQL["rows"].format(columns=columns, rows=_ASKED)
    with conn.cursor(row_factory=in_order(TaskRow._make)) as cursor:
        found = {row.id: row for row in cursor.execute(query, {"ids": list(wanted), "now": now})}
    return [found[each] for each in wanted if each in found]


def packed(
    conn: Connection,
    selection: Selection,
    now: datetime,
    sort: Sort = OLDEST,
    limit: int | None = None,
    after: Sequence[Any] | None = None,
) -> array[int]:
    """The ids of a selection in an order: all, the first `limit`, or those `after` a place in it."""
    where, parameters = _where(selection, now, sort, after)
    source = _SQL["bare"] if selection.filter is None and sort in (NEWEST, OLDEST) else _SOURCE
    query = _SQL["packed"].format(source=source, where=where, order=ordering.order(sort))
    row = conn.execute(query, {**parameters, "limit": limit}, prepare=False, binary=True).fetchone()
    assert row
    found = array("q", row[0])
    if sys.byteorder == "little":
        found.byteswap()
    return found


def ids(conn: Connection, selection: Selection, now: datetime, limit: int, after: int | None = None) -> list[int]:
    """The ids of a selection in ascending order, those after an id."""
    where, parameters = _where(selection, now, OLDEST, None if after is None else [after])
    query = _SQL["ids"].format(source=_SOURCE, where=where)
    return [row[0] for row in conn.execute(query, {**parameters, "limit": limit}, prepare=False)]


def counts(conn: Connection, selection: Selection, now: datetime) -> dict[State, int]:
    """How many tasks of a selection are in each state; states with none are left out."""
    where, parameters = _where(selection, now)
    query = _SQL["counts"].format(source=_SOURCE, where=where)
    return {State(row[0]): row[1] for row in conn.execute(query, parameters, prepare=False)}


def candidates(
    conn: Connection, selection: Selection, now: datetime, sort: Sort, limit: int, after: Sequence[Any] | None
) -> list[tuple[int, bool]]:
    """The ids of a page, each with whether a task of the selection depends on it."""
    where, parameters = _where(selection, now, sort, after)
    dependent, _ = _where(selection, now)
    query = _SQL["candidates"].format(source=_SOURCE, where=where, dependent=dependent, order=ordering.order(sort))
    return [(row[0], row[1]) for row in conn.execute(query, {**parameters, "limit": limit}, prepare=False)]


def edges(conn: Connection, among: Sequence[int], width: int | None, bound: int) -> list[Edge]:
    """What tasks depend on: of each the first `width`; totals are counted up to `bound`."""
    with conn.cursor(row_factory=class_row(Edge)) as cursor:
        parameters = {"among": list(among), "width": width, "bound": bound}
        return cursor.execute(_SQL["edges"], parameters).fetchall()


def links(conn: Connection, among: Sequence[int]) -> list[tuple[int, int, bool]]:
    """All edges of tasks: the task, the other end, and whether the task depends on that."""
    return [(row[0], row[1], row[2]) for row in conn.execute(_SQL["links"], {"among": list(among)})]


def _where(
    selection: Selection, now: datetime, sort: Sort = NEWEST, after: Sequence[Any] | None = None
) -> tuple[sql.Composable, dict[str, Any]]:
    parts: list[sql.Composable] = []
    parameters: dict[str, Any] = {"now": now}
    if selection.ids is not None:
        parts.append(_SQL["selected_ids"])
        parameters["ids"] = list(selection.ids)
    if selection.filter is not None:
        filtered, values = condition(selection.filter)
        parts.append(filtered)
        parameters.update(values)
    if selection.ends is not None:
        parts.append(_SQL[selection.ends])
    if after is not None:
        parts.append(ordering.after(sort, after))
        parameters.update(ordering.parameters(after))
    return _SQL["all_of"].format(parts=_AND.join(parts)) if parts else sql.SQL("true"), parameters
